#include "io/loop.hpp"

#include <utility>

#include "io/epoll_loop.hpp"
#include "io/uring_loop.hpp"

namespace lockkeeper::io {

std::expected<std::unique_ptr<Loop>, IoError> Loop::open(const LoopOptions& options) {
  if (options.backend == Backend::epoll) return EpollLoop::open(options);
  auto loop = UringLoop::open(options);
  if (loop || options.backend == Backend::io_uring) return loop;
  return EpollLoop::open(options);
}

Wakeup::~Wakeup() {
  if (listed_) loop_->forget(*this);
}

void Wakeup::signal() noexcept {
  signalled_ = true;
  // Who does not wait yet finds the flag.
  if (waiting_ && !listed_) loop_->resume_later(*this);
}

Timer::~Timer() {
  if (place_ != not_queued) loop_->forget(*this);
}

void Timer::set(TimePoint when) {
  when_ = when;
  if (when < queued_for_) loop_->set_timer(*this);
}

void Timer::clear() noexcept { when_ = TimePoint::max(); }

}  // namespace lockkeeper::io
