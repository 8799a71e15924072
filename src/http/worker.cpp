#include "http/worker.hpp"

#include <utility>

namespace lockkeeper::http {

Worker::Worker(std::size_t most_waiting) : most_waiting_(most_waiting), thread_([this] { run(); }) {}

Worker::~Worker() { stop(); }

bool Worker::submit(std::function<void()> job) {
  {
    const base::Guard guard(mutex_);
    if (stopped_ || jobs_.size() >= most_waiting_) return false;
    jobs_.push_back(std::move(job));
  }
  changed_.notify_one();
  return true;
}

void Worker::stop() {
  std::deque<std::function<void()>> dropped;  // destroyed without the lock
  {
    const base::Guard guard(mutex_);
    stopped_ = true;
    dropped.swap(jobs_);
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Worker::run() {
  base::Guard guard(mutex_);
  for (;;) {
    // Woken by every job and by stop; it has nothing else to do.
    while (jobs_.empty() && !stopped_) changed_.wait(guard);
    if (stopped_) return;
    const auto job = std::move(jobs_.front());
    jobs_.pop_front();
    guard.unlock();
    job();
    guard.lock();
  }
}

}  // namespace lockkeeper::http
