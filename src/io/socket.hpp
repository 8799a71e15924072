// One connected stream socket of a loop, as bytes: plain, or TLS once a handshake has been made.
//
// Nothing here blocks, nothing throws. The owner is signalled through its Wakeup and then asks:
//   receive()  what has come, at most a buffer full. Empty: nothing now. Asking is what makes the loop read on: an
//   owner
//              that does not ask (its other side is slow) leaves the bytes in the kernel, and the peer is slowed down.
//   send()     takes everything. What the kernel does not take at once is kept; `unsent` says how much, and whoever
//              feeds this socket stops at its own limit. All sends of one turn leave in one system call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "io/error.hpp"

namespace lockkeeper::io {

class Wakeup;
class TlsContext;

using Bytes = std::span<const std::byte>;

/// What the kernel knows about a connection's two ends: "127.0.0.1:5432", "[::1]:5432", "unix:/run/.s.PGSQL.5432".
struct Endpoints {
  std::string local;
  std::string remote;
  bool loopback = false;  ///< The peer is this machine: 127/8, ::1, or a Unix socket.
};

/// Belongs to one loop's thread. Destroying it closes it at once; what is unsent is lost (see `close_when_sent`).
class Socket {
 public:
  virtual ~Socket() = default;

  /// Whom to signal: bytes came, the other side ended, an error, or `unsent` fell to 0 after having been more than 0
  /// (if the owner has looked at it meanwhile: nobody else can be waiting for that). A signal is a hint: there may be
  /// nothing. nullptr: nobody; then the next owner finds what has happened meanwhile. Signals at once if there is
  /// something already.
  virtual void wake(Wakeup* wakeup) noexcept = 0;

  /// The bytes that have come, valid until the next receive() of any socket of this loop or the task's next wait.
  /// Empty: nothing now, and the wakeup is signalled when there is.
  [[nodiscard]] virtual Bytes receive() = 0;
  /// The end of what the last receive() gave out, which its owner has no use for: it comes first again, or belongs to
  /// the TLS that is begun now. Not once TLS has begun.
  virtual void give_back(Bytes bytes) = 0;

  /// Dropped silently once the connection is broken, or after end_sending() or reset().
  virtual void send(Bytes bytes) = 0;
  [[nodiscard]] virtual std::size_t unsent() const noexcept = 0;

  /// All bytes have been received and no more will come: the peer has ended its side (reason closed), or the connection
  /// is broken. nullopt while it lives. Receive until empty first.
  [[nodiscard]] virtual const std::optional<IoError>& ended() const noexcept = 0;
  /// Notices that a peer has hung up though nobody reads what it had sent before (a client that leaves while its query
  /// runs).
  [[nodiscard]] virtual bool peer_gone() const noexcept = 0;

  /// No bytes will follow: FIN (and TLS close_notify) after what is unsent.
  virtual void end_sending() = 0;
  /// Cuts with RST: the peer must not take what it got for an orderly end.
  virtual void reset() = 0;

  /// Begins TLS on this connection, as server or client; bytes sent from now on are encrypted. `host`: the name to send
  /// (SNI) and, where the context verifies, to check. `ended` tells a failed handshake, `tls_established` a good one;
  /// the wakeup is signalled for both. Bytes that have come and were not given out belong to the TLS stream; what
  /// receive() has given out already does not: whoever begins TLS makes sure that there was nothing of that kind.
  virtual void start_tls(const TlsContext& context, const std::string& host) = 0;
  [[nodiscard]] virtual bool tls_established() const noexcept = 0;

  [[nodiscard]] virtual const Endpoints& endpoints() const noexcept = 0;

  /// Bytes received and sent since it was opened, as the owner saw them (before encryption).
  [[nodiscard]] virtual std::uint64_t received_bytes() const noexcept = 0;
  [[nodiscard]] virtual std::uint64_t sent_bytes() const noexcept = 0;
};

}  // namespace lockkeeper::io
