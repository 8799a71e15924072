#include "io/post_box.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

namespace lockkeeper::io {

PostBox::PostBox() : descriptor_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

PostBox::~PostBox() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void PostBox::post(std::function<void()> work) {
  bool first = false;
  {
    const base::Guard guard(mutex_);
    work_.push_back(std::move(work));
    first = !filled_.exchange(true, std::memory_order_acq_rel);
  }
  if (first) ring();
}

void PostBox::stop() noexcept {
  stopping_.store(true, std::memory_order_release);
  ring();
}

void PostBox::work() {
  if (empty()) return;
  {
    const base::Guard guard(mutex_);
    filled_.store(false, std::memory_order_release);
    at_work_.swap(work_);
  }
  for (auto& work : at_work_) {
    work();
    work = nullptr;  // Its captures go now, not with the last one's.
  }
  at_work_.clear();
}

void PostBox::discard() {
  std::vector<std::function<void()>> dropped;
  const base::Guard guard(mutex_);
  dropped.swap(work_);
}

// A full counter (EAGAIN) rings as well.
void PostBox::ring() noexcept {
  const int before = errno;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(descriptor_, &one, sizeof one);
  errno = before;
}

}  // namespace lockkeeper::io
