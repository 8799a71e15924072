// A relay at work: threads that look, claim, deliver and record, one message after another.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <lockkeeper/outbox.hpp>

#include "base/mutex.hpp"
#include "client/outbox_bell.hpp"
#include "client/outbox_plan.hpp"
#include "client/outbox_work.hpp"

namespace lockkeeper::client {

class OutboxRelayBody {
 public:
  OutboxRelayBody(Database& db, OutboxRelaySettings settings, Deliverer deliver);
  OutboxRelayBody(const OutboxRelayBody&) = delete;
  OutboxRelayBody& operator=(const OutboxRelayBody&) = delete;
  ~OutboxRelayBody();

  std::vector<std::int64_t> stop(Deadline deadline);
  void wake() noexcept { bell_->ring(); }
  [[nodiscard]] OutboxRelayMetrics metrics() const noexcept;

 private:
  struct Counters {
    std::atomic<std::uint64_t> claimed{0}, delivered{0}, retries{0}, dead_letters{0}, taken_again{0}, unrecorded{0},
        failures{0};
  };
  /// One of the relay's threads, and what it keeps between two looks.
  struct Worker {
    OutboxWork work;
    RelayPace pace;
  };

  enum class Recorded { yes, by_others, no };

  [[nodiscard]] Deadline last_deadline() const;
  void run() noexcept;
  void step(Worker& worker);
  void bury_expired(Worker& worker, const OutboxCandidate& candidate);
  void deliver_all(Worker& worker, const OutboxClaim& claim);
  [[nodiscard]] bool may_begin(const OutboxClaim& claim, std::int64_t id);
  /// Whether the message is over and what stands behind it may go.
  [[nodiscard]] bool deliver_one(Worker& worker, const OutboxMessage& message, const OutboxClaim& claim);
  [[nodiscard]] OutboxEnd attempt(const OutboxMessage& message, const std::string& token) const;
  [[nodiscard]] bool finish(Worker& worker, const OutboxMessage& message, const OutboxEnd& end,
                            RelayClock::time_point claim_expires);
  [[nodiscard]] Recorded record_with_patience(Worker& worker, const OutboxEnd& end,
                                              RelayClock::time_point claim_expires);
  /// Writes, again after a pause as long as `is_worth_another_try` of its error. False: it did not come to pass.
  [[nodiscard]] bool write_with_patience(const std::string& what, const std::function<void()>& write,
                                         const std::function<bool(const Error&)>& is_worth_another_try);
  /// False: the relay is stopping and has no time left.
  [[nodiscard]] bool wait_for_another_try(RelayClock::time_point until);
  void release(Worker& worker, const OutboxClaim& claim, const std::vector<std::int64_t>& ids);
  [[nodiscard]] Deadline release_deadline() const;
  void stop_and_wait(Deadline deadline);
  [[nodiscard]] std::set<std::int64_t> under_way() const;
  [[nodiscard]] bool begin_work();
  void end_work() noexcept;
  void tell_dead_letter(std::int64_t id, unsigned attempts, const std::string& error);
  void tell_failure(const Error& error, std::string_view what) noexcept;

  Database& db_;
  const OutboxRelaySettings settings_;
  const Deliverer deliver_;
  const std::shared_ptr<OutboxBell> bell_ = std::make_shared<OutboxBell>();
  Counters counters_;
  std::atomic<bool> trouble_told_{false};

  mutable base::Mutex mutex_;
  std::condition_variable_any idle_;  // With mutex_: a thread has put down what it had.
  std::set<std::int64_t> delivering_ LK_GUARDED_BY(mutex_);
  std::set<std::int64_t> unrecorded_ LK_GUARDED_BY(mutex_);  // Their thread has given up, as it was to stop.
  unsigned busy_ LK_GUARDED_BY(mutex_) = 0;                  // Threads between two waits.
  std::optional<Deadline> stop_deadline_ LK_GUARDED_BY(mutex_);
  std::vector<std::thread> threads_;
};

}  // namespace lockkeeper::client
