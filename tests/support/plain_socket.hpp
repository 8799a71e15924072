// A TCP connection to loopback that knows no protocol: bytes as a test wants them.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "support/servers.hpp"

namespace lockkeeper::testing {

/// Used from one thread. Throws std::runtime_error where a test cannot go on.
class PlainSocket {
 public:
  explicit PlainSocket(std::uint16_t port);
  PlainSocket(const PlainSocket&) = delete;
  PlainSocket& operator=(const PlainSocket&) = delete;
  ~PlainSocket();

  /// What cannot be sent any more is forgotten.
  void send(std::string_view bytes);
  /// Until at least so many bytes have come in all; these.
  const std::string& read(std::size_t bytes, std::chrono::milliseconds patience = default_patience);
  /// Until the other side has ended the connection, in whatever way: all that has come.
  const std::string& read_to_end(std::chrono::milliseconds patience = default_patience);
  void reset();  ///< RST.

 private:
  /// False: it has ended.
  bool receive(std::chrono::steady_clock::time_point deadline);

  int socket_ = -1;
  std::string received_;
};

}  // namespace lockkeeper::testing
