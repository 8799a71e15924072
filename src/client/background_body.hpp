// The threads and the queue of a Background.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <thread>
#include <vector>

#include <lockkeeper/background.hpp>

#include "base/mutex.hpp"

namespace lockkeeper::client {

class BackgroundBody {
 public:
  BackgroundBody(Database& db, BackgroundSettings settings);
  BackgroundBody(const BackgroundBody&) = delete;
  BackgroundBody& operator=(const BackgroundBody&) = delete;

  void submit(std::unique_ptr<detail::BackgroundJob> job, const std::source_location& where);
  BackgroundLeft stop(Deadline deadline);
  /// Stops within the timeout, and waits for what runs.
  void end() noexcept;
  [[nodiscard]] BackgroundMetrics metrics() const;

 private:
  struct Waiting {
    std::unique_ptr<detail::BackgroundJob> job;
    BackgroundRecord record;
  };

  void work() noexcept;
  [[nodiscard]] bool perform(Waiting& waiting) noexcept;
  void refuse(const std::source_location& where) LK_REQUIRES(mutex_);
  void tell_failed(const std::source_location& where) noexcept;
  void tell_dropped(const std::vector<BackgroundRecord>& dropped) noexcept;

  Database& db_;
  const BackgroundSettings settings_;
  mutable base::Mutex mutex_;
  std::condition_variable_any changed_;  // A job, or the end.
  std::condition_variable_any idle_;     // A job has ended.
  std::deque<Waiting> queue_ LK_GUARDED_BY(mutex_);
  std::list<BackgroundRecord> running_ LK_GUARDED_BY(mutex_);
  bool stopping_ LK_GUARDED_BY(mutex_) = false;
  std::uint64_t done_ LK_GUARDED_BY(mutex_) = 0;
  std::uint64_t failed_ LK_GUARDED_BY(mutex_) = 0;
  std::uint64_t refused_ LK_GUARDED_BY(mutex_) = 0;
  std::vector<std::thread> threads_;
};

}  // namespace lockkeeper::client
