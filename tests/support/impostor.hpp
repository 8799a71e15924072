// A listener that is no PostgreSQL server.
#pragma once

#include <cstdint>
#include <string>
#include <thread>

#include "support/loopback.hpp"

namespace lockkeeper::testing {

/// Accepts connections on a loopback port and says `greeting` to each one's first bytes, or at once.
class Impostor {
 public:
  enum class Manner {
    greets_at_once,  ///< Sends its greeting on accept, as MySQL does.
    answers,         ///< Sends it after the client has spoken, as HTTP servers do, and closes.
    stays_silent,    ///< Never accepts; the kernel completes the connection.
    closes_at_once,
  };

  Impostor(Manner manner, std::string greeting = "");
  Impostor(const Impostor&) = delete;
  Impostor& operator=(const Impostor&) = delete;
  ~Impostor();

  [[nodiscard]] std::uint16_t port() const noexcept { return listener_.port(); }
  [[nodiscard]] std::string url() const {
    return "postgresql://user:top-secret@127.0.0.1:" + std::to_string(port()) + "/db";
  }

 private:
  void serve();

  Manner manner_;
  std::string greeting_;
  LoopbackListener listener_;
  std::thread thread_;
};

}  // namespace lockkeeper::testing
