// A stream over epoll, edge-triggered: what the kernel has told is remembered until it is used up.
#pragma once

#include "io/stream.hpp"

namespace lockkeeper::io {

class EpollLoop;

/// Whatever an epoll descriptor points to.
class EpollTarget {
 public:
  virtual void event(std::uint32_t events) noexcept = 0;

 protected:
  ~EpollTarget() = default;
};

class EpollSocket final : public Stream, public EpollTarget {
 public:
  EpollSocket(EpollLoop& loop, StreamState state);
  ~EpollSocket() override;

  void event(std::uint32_t events) noexcept override;
  /// What flush() would send by one system call; nothing where it takes more, or none.
  [[nodiscard]] Bytes to_flush() const noexcept;
  [[nodiscard]] int descriptor() const noexcept { return state_.descriptor; }
  /// That has been sent instead of flush(): bytes taken, or -errno.
  void flushed(ssize_t answer);
  void begin_to_leave() override;
  [[nodiscard]] bool has_left() noexcept override { return core_ == nullptr; }

 private:
  [[nodiscard]] EpollLoop& loop() const noexcept;
  [[nodiscard]] Bytes receive_raw() override;
  [[nodiscard]] bool may_have_news() const noexcept override { return readable_; }
  void send_queued() override;
  void close() noexcept override;
  void sent(Sending how) noexcept;
  void want_writable(bool on) noexcept;

  bool readable_ = false;
  bool blocked_ = false;         // The kernel took no more; it tells when it does.
  bool write_wanted_ = false;    // Of a Unix socket: epoll was asked for room.
  bool transport_over_ = false;  // Its end has been received.
};

}  // namespace lockkeeper::io
