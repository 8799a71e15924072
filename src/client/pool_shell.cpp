#include "client/pool_shell.hpp"

#include <utility>

namespace lockkeeper::client {
namespace {

using std::chrono::milliseconds;

// While the constructor tries again to reach a server that is not there yet.
constexpr milliseconds pause_between_first_attempts{100};

bool may_pass(const Error& error) {
  return error.code == ErrorCode::unreachable || error.code == ErrorCode::not_ready ||
         error.code == ErrorCode::too_many_connections || error.code == ErrorCode::connection_lost ||
         error.code == ErrorCode::deadline;
}

}  // namespace

std::uint64_t next_number() noexcept {
  static std::atomic<std::uint64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

PoolShell::PoolShell(std::shared_ptr<Driver> driver, Target target, const PoolSettings& settings,
                     EventListener& listener)
    : id_(next_number()),
      name_(settings.name),
      driver_(std::move(driver)),
      target_(std::move(target)),
      listener_(listener),
      core_(settings, static_cast<std::uint64_t>(Clock::now().time_since_epoch().count()) + id_),
      queue_view_(core_) {
  adopt(settings);
}

PoolShell* PoolShell::make(std::shared_ptr<Driver> driver, Target target, const PoolSettings& settings,
                           EventListener& listener) {
  std::unique_ptr<PoolShell, void (*)(PoolShell*)> shell(
      new PoolShell(std::move(driver), std::move(target), settings, listener),
      [](PoolShell* unused) { delete unused; });
  if (settings.initial_failure == InitialFailure::refuse) shell->first_connection();
  LockWatch::instance().add(*shell);
  shell->housekeeper_ = std::thread([pool = shell.get()] { pool->keep_house(); });
  return shell.release();
}

PoolShell::~PoolShell() = default;

// The settings were checked; this is about the server. The connection that succeeds is the pool's first.
void PoolShell::first_connection() {
  const PoolSettings settings = this->settings();
  const Deadline last_attempt = Clock::now() + settings.initial_timeout;
  for (;;) {
    try {
      auto connection = driver_->connect(target_, Clock::now() + settings.connect_timeout);
      engine_ = connection->server().engine;
      PoolActions actions;
      {
        const base::Guard guard(mutex_);
        core_.adopt(std::move(connection), Clock::now(), actions);
      }
      perform(std::move(actions));
      counters_.connections_created.fetch_add(1, std::memory_order_relaxed);
      return;
    } catch (const Failure& failure) {
      if (!may_pass(failure.error()) || Clock::now() >= last_attempt) throw;
    }
    base::Parker pause;
    static_cast<void>(pause.park_until(std::min(last_attempt, Clock::now() + pause_between_first_attempts)));
  }
}

void PoolShell::adopt(const PoolSettings& settings) noexcept {
  fast_.acquire_timeout_ms = settings.acquire_timeout.count();
  fast_.validation_window_ms = settings.validation_window.count();
  fast_.validation_timeout_ms = settings.validation_timeout.count();
  fast_.rollback_timeout_ms = settings.rollback_timeout.count();
  fast_.connect_timeout_ms = settings.connect_timeout.count();
  fast_.statement_timeout_ms = settings.statement_timeout.count();
  fast_.leak_after_ms = settings.leak.after.count();
  fast_.leak_action = settings.leak.action;
  fast_.lock_wait_threshold_ms = settings.lock_wait_threshold.count();
  fast_.metrics_interval_ms = settings.metrics_interval.count();
  fast_.maximum_size = static_cast<std::int64_t>(settings.maximum_size);
  fast_.nested = settings.nested_acquire;
  fast_.detect_deadlocks = settings.detect_deadlocks;
  fast_.record_stacks = settings.record_stacks;
  fast_.reset_on_return = settings.reset_on_return;
  // What a call site has asked for alone may still be out: looking too often costs little, too rarely a leak.
  const std::int64_t after = settings.leak.after.count();
  const std::int64_t before = shortest_leak_ms_.load(std::memory_order_relaxed);
  if (after > 0 && (before == 0 || after < before)) shortest_leak_ms_.store(after, std::memory_order_relaxed);
}

void PoolShell::change(const PoolSettings& settings) {
  check(settings);
  const PoolSettings before = this->settings();
  if (settings.name != before.name || settings.initial_failure != before.initial_failure ||
      settings.initial_timeout != before.initial_timeout) {
    throw Failure({ErrorCode::configuration, "",
                   "pool \"" + name_ + "\": name, initial_failure and initial_timeout cannot change while it runs",
                   Blast::statement});
  }
  PoolActions actions;
  {
    const base::Guard guard(mutex_);
    core_.change(settings, Clock::now(), actions);
    adopt(settings);
  }
  perform(std::move(actions));
  alarm_.unpark();
}

PoolSettings PoolShell::settings() const {
  const base::Guard guard(mutex_);
  return core_.settings();
}

void PoolShell::evict_all() {
  PoolActions actions;
  {
    const base::Guard guard(mutex_);
    core_.evict_all(Clock::now(), actions);
  }
  perform(std::move(actions));
}

std::vector<LeaseRecord> PoolShell::close(Deadline deadline) {
  PoolActions actions;
  {
    const base::Guard guard(mutex_);
    closed_.store(true, std::memory_order_release);
    core_.close(Clock::now(), actions);
  }
  perform(std::move(actions));
  {
    base::Guard guard(mutex_);
    while (count_leased() > 0 && drained_.wait_until(guard, deadline) != std::cv_status::timeout) {
    }
  }
  return leases();
}

void PoolShell::shut_down() noexcept {
  static_cast<void>(close(Clock::time_point::min()));
  stopping_.store(true, std::memory_order_release);
  alarm_.unpark();
  if (housekeeper_.joinable()) housekeeper_.join();
  workers_.stop();
  LockWatch::instance().remove(*this);
  monitor_.reset();
}

void PoolShell::retire(PoolShell* shell) noexcept {
  shell->shut_down();
  bool last = false;
  {
    const base::Guard guard(shell->mutex_);
    shell->orphaned_ = true;
    last = shell->nobody_comes_back();
    shell->destroying_ = last;
  }
  if (last) destroy(shell);
}

std::size_t PoolShell::count_leased() const {
  std::size_t leased = 0;
  for (const Slot& slot : core_.slots()) leased += static_cast<std::size_t>(is_leased(slot.load().state));
  return leased;
}

bool PoolShell::nobody_comes_back() const { return count_leased() == 0 && lost_handles_ == 0; }

Deadline PoolShell::statement_deadline(std::optional<Deadline> given) const noexcept {
  const std::int64_t timeout = fast_.statement_timeout_ms.load(std::memory_order_relaxed);
  // Far enough never to come, near enough not to overflow when something is added to it.
  constexpr std::chrono::hours ten_years{24 * 3650};
  const Deadline own =
      Clock::now() + (timeout > 0 ? Clock::duration(milliseconds(timeout)) : Clock::duration(ten_years));
  return given ? std::min(*given, own) : own;
}

void PoolShell::count(TransactionCounter counter) noexcept {
  switch (counter) {
    case TransactionCounter::commit: ++counters_.commits; break;
    case TransactionCounter::rollback: ++counters_.rollbacks; break;
    case TransactionCounter::unknown_commit: ++counters_.unknown_commits; break;
    case TransactionCounter::abandoned: ++counters_.abandoned_transactions; break;
    case TransactionCounter::timeout: ++counters_.transaction_timeouts; break;
  }
}

}  // namespace lockkeeper::client
