// Bytes to and from a real server, without any library in between.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "support/servers.hpp"
#include "wire/transcript.hpp"

namespace lockkeeper::testing {

/// A TCP connection on loopback. Throws std::runtime_error when something takes longer than default_patience.
class RawConnection {
 public:
  explicit RawConnection(std::uint16_t port);
  RawConnection(const RawConnection&) = delete;
  RawConnection& operator=(const RawConnection&) = delete;
  ~RawConnection();

  void send(std::string_view bytes);

  /// The next message, by src/wire's framing and the table's layout. Throws where the connection has ended.
  Message receive();

  /// The server's next message is its one-byte answer to SSLRequest.
  void expect_answer() { finder_.expect_answers(1); }

  /// Whether the server has closed the connection, once it has sent all that is left: waits for either.
  bool ended();

 private:
  bool read_more(std::chrono::milliseconds patience);

  int socket_ = -1;
  std::string bytes_;
  MessageFinder finder_{Side::backend, false};
};

}  // namespace lockkeeper::testing
