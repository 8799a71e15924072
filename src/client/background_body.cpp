#include "client/background_body.hpp"

#include <fmt/format.h>
#include <lockkeeper/unit_of_work.hpp>

#include <utility>

#include "client/pool_shell.hpp"
#include "client/texts.hpp"
#include "client/transaction_texts.hpp"

namespace lockkeeper::client {
namespace {

using Clock = std::chrono::steady_clock;

constexpr unsigned most_threads = 1'000;
constexpr std::size_t most_waiting = 10'000'000;

void check(const BackgroundSettings& settings) {
  std::string wrong;
  if (settings.threads < 1 || settings.threads > most_threads) {
    wrong += fmt::format("\n  threads is {}; 1 to {} are possible", settings.threads, most_threads);
  }
  if (settings.queue < 1 || settings.queue > most_waiting) {
    wrong += fmt::format("\n  queue is {}; 1 to {} are possible", settings.queue, most_waiting);
  }
  if (settings.stop_timeout < std::chrono::milliseconds(0) || settings.stop_timeout > std::chrono::days(365)) {
    wrong += fmt::format("\n  stop_timeout is {} ms; 0 to 365 days are possible", settings.stop_timeout.count());
  }
  if (wrong.empty()) return;
  throw Failure(
      {ErrorCode::configuration, "", fmt::format("background \"{}\":{}", settings.name, wrong), Blast::statement});
}

}  // namespace

BackgroundBody::BackgroundBody(Database& db, BackgroundSettings settings) : db_(db), settings_(std::move(settings)) {
  check(settings_);
  try {
    for (unsigned i = 0; i < settings_.threads; ++i) threads_.emplace_back([this] { work(); });
  } catch (...) {  // No thread: those that have begun are ended first.
    end();
    throw;
  }
}

void BackgroundBody::refuse(const std::source_location& where) {
  if (!stopping_ && queue_.size() < settings_.queue) return;
  ++refused_;
  if (stopping_) {
    throw Failure(
        {ErrorCode::pool_closed, "",
         fmt::format("background \"{}\" has been stopped; the job from {} is not taken", settings_.name, place(where)),
         Blast::statement});
  }
  std::string text = fmt::format(
      "background \"{}\": {} jobs are waiting already, as many as may; the one from {} is "
      "not taken. {} are running",
      settings_.name, queue_.size(), place(where), running_.size());
  for (const BackgroundRecord& each : running_) text += fmt::format("\n  from {}", place(each.submitted_at));
  throw Failure({ErrorCode::pool_timeout, "", std::move(text), Blast::statement});
}

void BackgroundBody::submit(std::unique_ptr<detail::BackgroundJob> job, const std::source_location& where) {
  {
    const base::Guard guard(mutex_);
    refuse(where);
    queue_.push_back({std::move(job), {where, Clock::now()}});
  }
  changed_.notify_one();
}

void BackgroundBody::work() noexcept {
  base::Guard guard(mutex_);
  for (;;) {
    while (queue_.empty() && !stopping_) changed_.wait(guard);
    if (queue_.empty()) return;
    Waiting next = std::move(queue_.front());
    queue_.pop_front();
    const auto record = running_.insert(running_.end(), next.record);
    guard.unlock();
    const bool well = perform(next);
    guard.lock();
    running_.erase(record);
    ++(well ? done_ : failed_);
    idle_.notify_all();
  }
}

bool BackgroundBody::perform(Waiting& waiting) noexcept {
  try {
    const UnitOfWork unit("background job from " + place(waiting.record.submitted_at));
    // With its arguments, whose end is part of the job.
    const std::unique_ptr<detail::BackgroundJob> job = std::move(waiting.job);
    job->run(db_);
    return true;
  } catch (...) {
    tell_failed(waiting.record.submitted_at);
    return false;
  }
}

BackgroundLeft BackgroundBody::stop(Deadline deadline) {
  std::deque<Waiting> dropped;
  BackgroundLeft left;
  {
    base::Guard guard(mutex_);
    stopping_ = true;
    changed_.notify_all();
    while (!queue_.empty() || !running_.empty()) {
      if (idle_.wait_until(guard, deadline) == std::cv_status::timeout) break;
    }
    dropped.swap(queue_);
    left.running.assign(running_.begin(), running_.end());
  }
  for (const Waiting& each : dropped) left.not_started.push_back(each.record);
  if (!left.not_started.empty()) tell_dropped(left.not_started);
  return left;
}

void BackgroundBody::end() noexcept {
  stop(Clock::now() + settings_.stop_timeout);
  for (std::thread& thread : threads_) thread.join();
}

BackgroundMetrics BackgroundBody::metrics() const {
  const base::Guard guard(mutex_);
  return {.waiting = queue_.size(), .running = running_.size(), .done = done_, .failed = failed_, .refused = refused_};
}

void BackgroundBody::tell_failed(const std::source_location& where) noexcept {
  const std::string text = text_of_current_exception();
  std::optional<Error> error;
  try {
    throw;
  } catch (const Failure& failure) {
    error = failure.error();
  } catch (...) {
    // Its text has to do.
  }
  PoolShell::of(db_.pool())
      .tell(EventKind::callback_failed, fmt::format("the background job from {} failed: {}", place(where), text), {},
            {}, std::move(error));
}

void BackgroundBody::tell_dropped(const std::vector<BackgroundRecord>& dropped) noexcept {
  constexpr std::size_t most = 20;
  std::string text =
      fmt::format("background \"{}\" was stopped, and {} jobs were not started", settings_.name, dropped.size());
  for (std::size_t i = 0; i < dropped.size() && i < most; ++i) {
    text += fmt::format("\n  from {}", place(dropped[i].submitted_at));
  }
  if (dropped.size() > most) text += fmt::format("\n  and {} more", dropped.size() - most);
  PoolShell::of(db_.pool()).tell(EventKind::callback_failed, std::move(text));
}

}  // namespace lockkeeper::client
