// Sends of several sockets by one system call, without io_uring: containers that forbid that one allow this.
#pragma once

#include <linux/aio_abi.h>
#include <signal.h>
#include <sys/types.h>

#include <array>
#include <cstddef>
#include <memory>
#include <span>

#include "io/socket.hpp"

namespace lockkeeper::io {

/// Over Linux AIO (io_submit(2)). On a socket that does not block, each operation is over before the system call is, so
/// nothing is ever under way; the answers are read where the kernel puts them, without asking.
///
/// Besides the calls it saves the switches between them: who is woken by a send often takes the processor of whoever
/// sent, and one call is left once.
class SendBatch {
 public:
  /// Sends of one batch.
  static constexpr std::size_t room = 64;

  /// nullptr where the kernel has none, or none to spare (fs.aio-max-nr), or it is forbidden.
  [[nodiscard]] static std::unique_ptr<SendBatch> open();
  SendBatch(const SendBatch&) = delete;
  SendBatch& operator=(const SendBatch&) = delete;
  ~SendBatch();  ///< Waits some ten milliseconds for the kernel.

  /// Of a socket that does not block, once in a batch; at most `room`. The bytes must live until `send` is over.
  void add(int descriptor, Bytes bytes) noexcept;
  /// For each that was added since the last time, in that order: bytes that were taken, or -errno; -EINTR also where
  /// the kernel has not tried. Valid until the next call. A broken connection raises SIGPIPE: see WithoutPipeSignal.
  [[nodiscard]] std::span<const ssize_t> send() noexcept;
  /// The kernel does not do this after all: a profile may allow one of its calls and forbid another.
  [[nodiscard]] bool refused() const noexcept { return refused_; }

 private:
  explicit SendBatch(aio_context_t context) noexcept : context_(context) {}
  [[nodiscard]] bool has_known_ring() const noexcept;
  void take_answers() noexcept;

  const aio_context_t context_;
  bool refused_ = false;
  std::size_t count_ = 0;
  std::array<iocb, room> requests_{};
  std::array<iocb*, room> pointers_{};
  std::array<ssize_t, room> answers_{};
};

/// As long as it lives, SIGPIPE does not reach this thread, and none that came meanwhile does afterwards. To be
/// destroyed on the thread that made it.
class WithoutPipeSignal {
 public:
  WithoutPipeSignal() noexcept;
  WithoutPipeSignal(const WithoutPipeSignal&) = delete;
  WithoutPipeSignal& operator=(const WithoutPipeSignal&) = delete;
  ~WithoutPipeSignal();

 private:
  bool was_blocked_ = false;
  bool was_pending_ = false;
};

}  // namespace lockkeeper::io
