// One io_uring: set up, submission entries, and the buffers that the kernel takes for what it receives.
#pragma once

#include <liburing.h>

#include <deque>
#include <expected>
#include <memory>
#include <thread>

#include "io/error.hpp"
#include "io/socket.hpp"

namespace lockkeeper::io {

/// Entries may be prepared anywhere, but are submitted by one thread alone: the one that calls `begin`. The kernel then
/// needs no locks, and does a socket's work only when that thread comes to ask.
class UringRing {
 public:
  [[nodiscard]] static std::expected<std::unique_ptr<UringRing>, IoError> open(std::size_t buffer_size);
  UringRing(const UringRing&) = delete;
  UringRing& operator=(const UringRing&) = delete;
  ~UringRing();

  void begin();
  void end();
  /// This thread may submit.
  [[nodiscard]] bool is_mine() const noexcept { return issuer_ == std::this_thread::get_id(); }

  /// The next submission entry, cleared.
  [[nodiscard]] io_uring_sqe& next();
  /// Those that could not be submitted so far, if there are any.
  void submit_early();
  [[nodiscard]] io_uring* native() noexcept { return &ring_; }

  // --- buffers for receiving; all of one group ---
  static constexpr unsigned short group = 0;
  [[nodiscard]] Bytes buffer(unsigned id, std::size_t count) const noexcept {
    return {buffers_.get() + id * buffer_size_, count};
  }
  void give_back(unsigned id) noexcept;
  /// Tells the kernel of what was given back since.
  void publish() noexcept;

  /// Whether the kernel has taken everything that was prepared.
  [[nodiscard]] bool all_submitted() const noexcept { return early_.empty() && io_uring_sq_ready(&ring_) == 0; }

 private:
  explicit UringRing(std::size_t buffer_size) : buffer_size_(buffer_size) {}
  [[nodiscard]] int set_up() noexcept;
  [[nodiscard]] int set_up_buffers();
  [[nodiscard]] io_uring_sqe* entry_or_null() noexcept;

  io_uring ring_{};
  bool made_ = false;
  bool enabled_ = false;
  std::thread::id issuer_;
  std::deque<io_uring_sqe> early_;  // Prepared while nobody could submit.
  const std::size_t buffer_size_;
  io_uring_buf_ring* buffer_ring_ = nullptr;
  std::unique_ptr<std::byte[]> buffers_;
  int returned_ = 0;
};

}  // namespace lockkeeper::io
