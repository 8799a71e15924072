// A listener that plays a server's part in a conversation, and remembers what was said to it.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "support/loopback.hpp"

namespace lockkeeper::testing {

/// Accepts one connection; says each line and waits for something to come before the next; then stays silent.
class ScriptedServer {
 public:
  explicit ScriptedServer(std::vector<std::string> lines);
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;
  ~ScriptedServer();

  [[nodiscard]] std::uint16_t port() const noexcept { return listener_.port(); }
  [[nodiscard]] std::string heard();

 private:
  void play();

  std::vector<std::string> lines_;
  LoopbackListener listener_;
  std::mutex mutex_;
  std::string heard_;  // Guarded by the mutex.
  int client_ = -1;    // Guarded by the mutex.
  std::thread thread_;
};

/// One packet of the MySQL protocol.
[[nodiscard]] std::string mysql_packet(int sequence, const std::string& payload);

/// A greeting as MariaDB 10.11 sends it.
[[nodiscard]] std::string mysql_greeting(bool with_tls);

}  // namespace lockkeeper::testing
