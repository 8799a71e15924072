#include "io/uring_ring.hpp"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "io/system_error.hpp"

namespace lockkeeper::io {
namespace {

// What one turn submits, at most, in one system call; more takes two.
constexpr unsigned submissions = 512;
// Completions that fit before the kernel has to keep them aside: a turn of thousands of clients.
constexpr unsigned completions = 4096;
// Each is in use for a turn at most, so this many receives complete at once; further ones are asked for again. A power
// of 2.
constexpr unsigned buffer_count = 64;

std::size_t buffer_ring_bytes() noexcept { return buffer_count * sizeof(io_uring_buf); }

IoError refused(int error) {
  std::string why;
  switch (error) {
    case EPERM:
    case EACCES: why = "forbidden here (by a container's seccomp profile or kernel.io_uring_disabled)"; break;
    case ENOSYS: why = "this kernel has none"; break;
    case EINVAL: why = "this kernel's is too old; it takes Linux 6.1"; break;
    case ENOMEM: why = "no memory that may be locked; raise its limit (ulimit -l)"; break;
    default: why = words_of(error); break;
  }
  return {reason_of(error), "io_uring cannot be used: " + why + "; the epoll backend needs nothing of that"};
}

}  // namespace

std::expected<std::unique_ptr<UringRing>, IoError> UringRing::open(std::size_t buffer_size) {
  std::unique_ptr<UringRing> ring(new UringRing(buffer_size));
  int error = ring->set_up();
  if (error == 0) error = ring->set_up_buffers();
  if (error != 0) return std::unexpected(refused(error));
  return ring;
}

// Completions are worked off by the one issuer, when it asks. That came with Linux 6.1, and so did telling how much of
// a send was done before it failed: before, UringLoop::send_at_once would send some bytes twice.
int UringRing::set_up() noexcept {
  io_uring_params parameters{};
  parameters.flags = IORING_SETUP_CQSIZE | IORING_SETUP_R_DISABLED | IORING_SETUP_SUBMIT_ALL |
                     IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN;
  parameters.cq_entries = completions;
  const int error = -io_uring_queue_init_params(submissions, &ring_, &parameters);
  made_ = error == 0;
  // Waiting with a time limit in the same system call.
  if (made_ && (parameters.features & IORING_FEAT_EXT_ARG) == 0) return EINVAL;
  return error;
}

int UringRing::set_up_buffers() {
  void* memory = ::mmap(nullptr, buffer_ring_bytes(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return errno;
  buffer_ring_ = static_cast<io_uring_buf_ring*>(memory);
  io_uring_buf_ring_init(buffer_ring_);
  io_uring_buf_reg registration{};
  registration.ring_addr = reinterpret_cast<std::uintptr_t>(memory);
  registration.ring_entries = buffer_count;
  registration.bgid = group;
  if (const int result = io_uring_register_buf_ring(&ring_, &registration, 0); result != 0) return -result;
  buffers_ = std::make_unique_for_overwrite<std::byte[]>(buffer_count * buffer_size_);
  for (unsigned id = 0; id < buffer_count; ++id) give_back(id);
  publish();
  return 0;
}

UringRing::~UringRing() {
  if (made_) io_uring_queue_exit(&ring_);
  if (buffer_ring_ != nullptr) ::munmap(buffer_ring_, buffer_ring_bytes());
}

void UringRing::begin() {
  if (!enabled_) {
    // Not every build of liburing exports its own function for it.
    ::syscall(SYS_io_uring_register, ring_.ring_fd, IORING_REGISTER_ENABLE_RINGS, nullptr, 0);
    issuer_ = std::this_thread::get_id();
    enabled_ = true;
  }
  io_uring_register_ring_fd(&ring_);  // Saves looking up the descriptor at each call; works without.
  submit_early();
}

// In their order: what cancels must not overtake what it cancels.
void UringRing::submit_early() {
  while (!early_.empty()) {
    io_uring_sqe* entry = entry_or_null();
    if (entry == nullptr) return;
    *entry = early_.front();
    early_.pop_front();
  }
}

void UringRing::end() {
  io_uring_submit(&ring_);
  io_uring_unregister_ring_fd(&ring_);
}

io_uring_sqe* UringRing::entry_or_null() noexcept {
  if (!enabled_) return nullptr;
  io_uring_sqe* entry = io_uring_get_sqe(&ring_);
  if (entry != nullptr || !is_mine()) return entry;
  io_uring_submit(&ring_);
  return io_uring_get_sqe(&ring_);
}

io_uring_sqe& UringRing::next() {
  if (early_.empty()) {
    if (io_uring_sqe* entry = entry_or_null()) return *entry;
  }
  // Nobody may submit now: before the loop runs, after it has run on a thread that is gone, or the kernel is overrun.
  return early_.emplace_back();
}

void UringRing::give_back(unsigned id) noexcept {
  io_uring_buf_ring_add(buffer_ring_, buffers_.get() + id * buffer_size_, static_cast<unsigned>(buffer_size_),
                        static_cast<unsigned short>(id), io_uring_buf_ring_mask(buffer_count), returned_++);
}

void UringRing::publish() noexcept {
  if (returned_ != 0) io_uring_buf_ring_advance(buffer_ring_, returned_);
  returned_ = 0;
}

}  // namespace lockkeeper::io
