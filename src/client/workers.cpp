#include "client/workers.hpp"

#include <utility>

namespace lockkeeper::client {

void Workers::post(std::function<void()> job) {
  base::Guard guard(mutex_);
  if (stopping_) {
    guard.unlock();
    return job();
  }
  jobs_.push_back(std::move(job));
  if (jobs_.size() > unoccupied_ && threads_.size() < most_) threads_.emplace_back([this] { work(); });
  changed_.notify_one();
}

void Workers::work() {
  base::Guard guard(mutex_);
  for (;;) {
    ++unoccupied_;
    while (jobs_.empty() && !stopping_) changed_.wait(guard);
    --unoccupied_;
    if (jobs_.empty()) return;
    const std::function<void()> job = std::move(jobs_.front());
    jobs_.pop_front();
    guard.unlock();
    job();
    guard.lock();
  }
}

void Workers::stop() {
  std::vector<std::thread> threads;
  {
    const base::Guard guard(mutex_);
    stopping_ = true;
    threads.swap(threads_);
  }
  changed_.notify_all();
  for (std::thread& thread : threads) thread.join();
}

}  // namespace lockkeeper::client
