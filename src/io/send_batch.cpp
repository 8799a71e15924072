#include "io/send_batch.hpp"

#include <pthread.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <utility>

namespace lockkeeper::io {
namespace {

// What io_setup() maps into the process: struct aio_ring of the kernel's fs/aio.c. The context is its address.
struct Ring {
  std::uint32_t id;
  std::uint32_t size;
  std::uint32_t head;  // Ours.
  std::uint32_t tail;  // The kernel's.
  std::uint32_t magic;
  std::uint32_t compatible_features;
  std::uint32_t incompatible_features;
  std::uint32_t header_size;
};
constexpr std::uint32_t ring_magic = 0xa10a10a1;

Ring& ring_of(aio_context_t context) noexcept { return *reinterpret_cast<Ring*>(context); }

sigset_t pipe_signal() noexcept {
  sigset_t set{};
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGPIPE);
  return set;
}

}  // namespace

std::unique_ptr<SendBatch> SendBatch::open() {
  aio_context_t context = 0;
  if (::syscall(SYS_io_setup, room, &context) != 0) return nullptr;
  std::unique_ptr<SendBatch> batch(new SendBatch(context));
  return batch->has_known_ring() ? std::move(batch) : nullptr;
}

SendBatch::~SendBatch() { ::syscall(SYS_io_destroy, context_); }

bool SendBatch::has_known_ring() const noexcept {
  const Ring& ring = ring_of(context_);
  return ring.magic == ring_magic && ring.incompatible_features == 0 && ring.header_size == sizeof(Ring);
}

void SendBatch::add(int descriptor, Bytes bytes) noexcept {
  iocb& request = requests_[count_];
  request = {};
  request.aio_data = count_;
  request.aio_lio_opcode = IOCB_CMD_PWRITE;
  request.aio_fildes = static_cast<std::uint32_t>(descriptor);
  request.aio_buf = reinterpret_cast<std::uintptr_t>(bytes.data());
  request.aio_nbytes = bytes.size();
  pointers_[count_] = &request;
  answers_[count_] = -EINTR;
  ++count_;
}

std::span<const ssize_t> SendBatch::send() noexcept {
  const std::size_t count = std::exchange(count_, 0);
  for (std::size_t done = 0; done < count;) {
    const long taken = ::syscall(SYS_io_submit, context_, count - done, pointers_.data() + done);
    if (taken > 0) {
      done += static_cast<std::size_t>(taken);
    } else if (taken < 0 && errno == EBADF) {
      ++done;  // The first of the rest: send() will say it again.
    } else {
      refused_ = taken == 0 || errno != EAGAIN;
      break;
    }
  }
  take_answers();
  return std::span(answers_).first(count);
}

void SendBatch::take_answers() noexcept {
  Ring& ring = ring_of(context_);
  const auto* events = reinterpret_cast<const io_event*>(&ring + 1);
  const std::uint32_t tail = std::atomic_ref(ring.tail).load(std::memory_order_acquire);
  std::uint32_t head = ring.head;
  for (; head != tail; head = head + 1 == ring.size ? 0 : head + 1)
    answers_[events[head].data] = static_cast<ssize_t>(events[head].res);
  std::atomic_ref(ring.head).store(head, std::memory_order_release);
}

WithoutPipeSignal::WithoutPipeSignal() noexcept {
  const sigset_t pipe = pipe_signal();
  sigset_t pending{};
  sigset_t blocked{};
  ::sigpending(&pending);
  ::pthread_sigmask(SIG_BLOCK, &pipe, &blocked);
  was_pending_ = ::sigismember(&pending, SIGPIPE) == 1;
  was_blocked_ = ::sigismember(&blocked, SIGPIPE) == 1;
}

WithoutPipeSignal::~WithoutPipeSignal() {
  const sigset_t pipe = pipe_signal();
  const timespec at_once{};
  if (!was_pending_) ::sigtimedwait(&pipe, nullptr, &at_once);
  if (!was_blocked_) ::pthread_sigmask(SIG_UNBLOCK, &pipe, nullptr);
}

}  // namespace lockkeeper::io
