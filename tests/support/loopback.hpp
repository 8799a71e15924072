// Plain TCP sockets on loopback, for the stand-ins and the clients that tests write by hand.
#pragma once

#include <cstdint>

namespace lockkeeper::testing {

/// A blocking, close-on-exec socket, which the caller closes. Throws std::system_error, which names the port, where
/// nobody listens. Thread-safe, as is the next.
[[nodiscard]] int connect_to_loopback(std::uint16_t port);
/// The same for who goes on without: -1 and errno.
[[nodiscard]] int try_connect_to_loopback(std::uint16_t port) noexcept;

/// Listens on a free port, on a blocking, close-on-exec socket that its destructor closes. Throws std::system_error.
/// Thread-safe, but no thread may use it any more when it is destroyed: shut it and join who accepts.
class LoopbackListener {
 public:
  explicit LoopbackListener(int backlog = 16);
  LoopbackListener(const LoopbackListener&) = delete;
  LoopbackListener& operator=(const LoopbackListener&) = delete;
  ~LoopbackListener();

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

  /// Waits for a connection: a blocking, close-on-exec socket, which the caller closes. -1 and errno: it was shut, or
  /// accepting failed.
  [[nodiscard]] int accept() const noexcept;
  /// Ends an accept that waits, and all later ones.
  void shut() const noexcept;

 private:
  int descriptor_;
  std::uint16_t port_ = 0;
};

}  // namespace lockkeeper::testing
