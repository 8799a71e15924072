#include "client/outbox_relay_body.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <lockkeeper/unit_of_work.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/random.hpp"
#include "client/outbox_values.hpp"
#include "client/pool_shell.hpp"
#include "client/transaction_texts.hpp"

namespace lockkeeper::client {
namespace {

Error error_of_current_exception() {
  try {
    throw;
  } catch (const Failure& failure) {
    return failure.error();
  } catch (...) {
    return {ErrorCode::server_error, "", text_of_current_exception(), Blast::statement};
  }
}

// It ends by itself, when the database or a connection is there again.
bool is_out_of_reach(const Error& error) noexcept {
  switch (error.code) {
    case ErrorCode::unreachable:
    case ErrorCode::too_many_connections:
    case ErrorCode::not_ready:
    case ErrorCode::connection_lost:
    case ErrorCode::deadline:
    case ErrorCode::pool_timeout:
    case ErrorCode::lock_not_available:
    case ErrorCode::disk_full: return true;
    default: return error.blast == Blast::connection || error.blast == Blast::commit_unknown;
  }
}

std::string reason_of(const DeliveryResult& result) {
  if (!result.reason.empty()) return error_text(result.reason);
  switch (result.outcome) {
    case Delivery::retry_later: return "the deliverer asked for another attempt";
    case Delivery::give_up: return "the deliverer gave it up";
    case Delivery::delivered: break;
  }
  return {};
}

// What was delivered is worth writing down for as long as it takes: it spares a second delivery. What is to be tried
// again is so without a word once its claim expires.
bool is_worth_another_try(const Error& error, const OutboxEnd& end, RelayClock::time_point claim_expires) {
  if (RelayClock::now() < claim_expires) return error.code != ErrorCode::pool_closed;
  return end.step == NextStep::deliver_no_more && is_out_of_reach(error);
}

}  // namespace

OutboxRelayBody::OutboxRelayBody(Database& db, OutboxRelaySettings settings, Deliverer deliver)
    : db_(db), settings_(std::move(settings)), deliver_(std::move(deliver)) {
  hang_up(settings_.outbox.table(), bell_);
  try {
    for (unsigned i = 0; i < settings_.threads; ++i) threads_.emplace_back([this] { run(); });
  } catch (...) {  // No thread: those that have begun are ended first.
    stop(RelayClock::now() + settings_.stop_timeout);
    for (std::thread& thread : threads_) thread.join();
    throw;
  }
}

OutboxRelayBody::~OutboxRelayBody() {
  stop_and_wait(last_deadline());
  if (const std::set<std::int64_t> left = under_way(); !left.empty()) {
    PoolShell::of(db_.pool())
        .tell(EventKind::callback_failed,
              fmt::format("the relay of the outbox {} is being destroyed, its time to stop is over, and deliveries are "
                          "still under way; it waits for them: messages {}",
                          settings_.outbox.table(), fmt::join(left, ", ")));
  }
  for (std::thread& thread : threads_) thread.join();
}

std::vector<std::int64_t> OutboxRelayBody::stop(Deadline deadline) {
  stop_and_wait(deadline);
  const base::Guard guard(mutex_);
  std::vector<std::int64_t> left;
  std::ranges::set_union(delivering_, unrecorded_, std::back_inserter(left));
  return left;
}

std::set<std::int64_t> OutboxRelayBody::under_way() const {
  const base::Guard guard(mutex_);
  return delivering_;
}

void OutboxRelayBody::stop_and_wait(Deadline deadline) {
  {
    const base::Guard guard(mutex_);
    stop_deadline_ = deadline;
  }
  bell_->stop();
  idle_.notify_all();
  base::Guard guard(mutex_);
  while (busy_ > 0) {
    if (idle_.wait_until(guard, deadline) == std::cv_status::timeout) break;
  }
}

// What stop was given before stands: a database that is away would be waited for once more.
Deadline OutboxRelayBody::last_deadline() const {
  const base::Guard guard(mutex_);
  return stop_deadline_.value_or(RelayClock::now() + settings_.stop_timeout);
}

OutboxRelayMetrics OutboxRelayBody::metrics() const noexcept {
  return {.claimed = counters_.claimed,
          .delivered = counters_.delivered,
          .retries = counters_.retries,
          .dead_letters = counters_.dead_letters,
          .taken_again = counters_.taken_again,
          .unrecorded = counters_.unrecorded,
          .failures = counters_.failures};
}

void OutboxRelayBody::run() noexcept {
  const UnitOfWork unit(fmt::format("outbox relay of {}", settings_.outbox.table()));
  Worker worker{OutboxWork(db_, settings_), RelayPace(settings_.poll_interval, RelayClock::now())};
  std::uint64_t seen = bell_->rings();
  while (!bell_->stopped()) {
    if (RelayClock::now() < worker.pace.next_look()) {
      if (bell_->wait(seen, worker.pace.next_look())) worker.pace.rung(RelayClock::now());
      seen = bell_->rings();
      continue;
    }
    if (!begin_work()) return;
    try {
      step(worker);
    } catch (...) {
      worker.pace.failed(RelayClock::now(), base::random_number());
      tell_failure(error_of_current_exception(), "cannot look for messages or claim them");
    }
    end_work();
  }
}

void OutboxRelayBody::step(Worker& worker) {
  const std::vector<OutboxCandidate> found = worker.work.look();
  trouble_told_ = false;
  const ClaimPlan plan = plan_claim(found, settings_.attempts);
  if (plan.bury) return bury_expired(worker, *plan.bury);
  if (plan.claim.empty()) return worker.pace.found_nothing(RelayClock::now(), base::random_number());
  OutboxClaim claim = worker.work.claim(plan.claim);
  if (claim.messages.empty()) return worker.pace.missed(RelayClock::now(), base::random_number());
  worker.pace.found(RelayClock::now());
  counters_.claimed += claim.messages.size();
  counters_.taken_again += claim.taken_again;
  deliver_all(worker, claim);
}

void OutboxRelayBody::bury_expired(Worker& worker, const OutboxCandidate& candidate) {
  static const std::string error =
      "the claim of its last attempt expired without an outcome: the relay crashed, or its deliverer hung";
  worker.pace.found(RelayClock::now());
  if (!worker.work.bury_expired(candidate, error)) return;
  tell_dead_letter(candidate.id, candidate.attempts, error);
}

void OutboxRelayBody::deliver_all(Worker& worker, const OutboxClaim& claim) {
  std::vector<std::int64_t> unused;
  std::set<std::string> held_back;
  for (const OutboxMessage& message : claim.messages) {
    if (held_back.contains(message.key) || !may_begin(claim, message.id)) {
      unused.push_back(message.id);
    } else if (deliver_one(worker, message, claim)) {
      continue;
    }
    if (!message.key.empty()) held_back.insert(message.key);
  }
  release(worker, claim, unused);
}

bool OutboxRelayBody::may_begin(const OutboxClaim& claim, std::int64_t id) {
  const base::Guard guard(mutex_);
  if (stop_deadline_ || !has_time(settings_, claim.expires, RelayClock::now())) return false;
  delivering_.insert(id);
  return true;
}

bool OutboxRelayBody::deliver_one(Worker& worker, const OutboxMessage& message, const OutboxClaim& claim) {
  const OutboxEnd end = attempt(message, claim.token);
  const bool over = finish(worker, message, end, claim.expires);
  const base::Guard guard(mutex_);
  delivering_.erase(message.id);
  return over;
}

OutboxEnd OutboxRelayBody::attempt(const OutboxMessage& message, const std::string& token) const {
  DeliveryResult result(Delivery::retry_later);
  try {
    result = deliver_(message, RelayClock::now() + settings_.delivery_timeout);
  } catch (...) {
    result.reason = text_of_current_exception();
  }
  OutboxEnd end{.step = next_step(result.outcome, message.attempt, settings_.attempts),
                .id = message.id,
                .token = token,
                .error = reason_of(result)};
  if (end.step == NextStep::retry) {
    end.pause = pause_after(message.attempt, settings_.first_pause, settings_.longest_pause, base::random_number());
  }
  return end;
}

bool OutboxRelayBody::finish(Worker& worker, const OutboxMessage& message, const OutboxEnd& end,
                             RelayClock::time_point claim_expires) {
  const Recorded recorded = record_with_patience(worker, end, claim_expires);
  if (recorded == Recorded::no) {
    ++counters_.unrecorded;
    const base::Guard guard(mutex_);
    if (stop_deadline_) unrecorded_.insert(message.id);
    return false;
  }
  switch (end.step) {
    case NextStep::deliver_no_more:
      // Not changed: another relay has delivered it too.
      if (recorded == Recorded::yes) ++counters_.delivered;
      return true;
    case NextStep::retry:
      if (recorded == Recorded::yes) ++counters_.retries;
      worker.pace.due_at(RelayClock::now() + end.pause);
      return false;
    case NextStep::bury: break;
  }
  if (recorded == Recorded::yes) tell_dead_letter(message.id, message.attempt, end.error);
  return recorded == Recorded::yes;
}

OutboxRelayBody::Recorded OutboxRelayBody::record_with_patience(Worker& worker, const OutboxEnd& end,
                                                                RelayClock::time_point claim_expires) {
  bool changed = false;
  bool may_have_been = false;
  const bool written = write_with_patience(
      fmt::format("write the outcome of message {}", end.id),
      [&] { changed = worker.work.record(end, RelayClock::now() + settings_.database_timeout); },
      [&](const Error& error) {
        may_have_been |= error.blast == Blast::commit_unknown;
        return is_worth_another_try(error, end, claim_expires);
      });
  if (!written) return Recorded::no;
  // Where the reply of an earlier attempt was lost, that one may be what has left nothing to change.
  return changed || may_have_been ? Recorded::yes : Recorded::by_others;
}

bool OutboxRelayBody::write_with_patience(const std::string& what, const std::function<void()>& write,
                                          const std::function<bool(const Error&)>& is_worth_another_try) {
  constexpr std::chrono::milliseconds first_pause{50};
  constexpr std::chrono::milliseconds longest_pause{2'000};
  for (unsigned attempts = 1;; ++attempts) {
    try {
      write();
      trouble_told_ = false;
      return true;
    } catch (...) {
      const Error error = error_of_current_exception();
      tell_failure(error, "cannot " + what);
      if (!is_worth_another_try(error)) return false;
    }
    const auto pause = pause_after(attempts, first_pause, longest_pause, base::random_number());
    if (!wait_for_another_try(RelayClock::now() + pause)) return false;
  }
}

bool OutboxRelayBody::wait_for_another_try(RelayClock::time_point until) {
  if (!bell_->wait_for_stop(until)) return true;
  base::Guard guard(mutex_);
  while (RelayClock::now() < std::min(until, *stop_deadline_)) {
    idle_.wait_until(guard, std::min(until, *stop_deadline_));
  }
  return RelayClock::now() < *stop_deadline_;
}

// InnoDB may choose it as the victim of a deadlock with a claim; unwritten, these would wait until the claim expires.
void OutboxRelayBody::release(Worker& worker, const OutboxClaim& claim, const std::vector<std::int64_t>& ids) {
  if (ids.empty()) return;
  static_cast<void>(write_with_patience(
      fmt::format("give back {} messages that it has claimed", ids.size()),
      [&] { worker.work.release(claim.token, ids, release_deadline()); },
      [&](const Error& error) { return error.code != ErrorCode::pool_closed && RelayClock::now() < claim.expires; }));
}

Deadline OutboxRelayBody::release_deadline() const {
  const Deadline deadline = RelayClock::now() + settings_.database_timeout;
  const base::Guard guard(mutex_);
  return stop_deadline_ ? std::min(deadline, *stop_deadline_) : deadline;
}

bool OutboxRelayBody::begin_work() {
  const base::Guard guard(mutex_);
  if (stop_deadline_) return false;
  ++busy_;
  return true;
}

void OutboxRelayBody::end_work() noexcept {
  {
    const base::Guard guard(mutex_);
    --busy_;
  }
  idle_.notify_all();
}

void OutboxRelayBody::tell_dead_letter(std::int64_t id, unsigned attempts, const std::string& error) {
  ++counters_.dead_letters;
  PoolShell::of(db_.pool())
      .tell(EventKind::outbox_dead_letter,
            fmt::format("message {} of the outbox {} is given up after {} attempts and kept as a dead letter: {}\n"
                        "  Outbox::requeue(tx, {}) gives it all its attempts again.",
                        id, settings_.outbox.table(), attempts, error, id));
}

void OutboxRelayBody::tell_failure(const Error& error, std::string_view what) noexcept {
  ++counters_.failures;
  if (trouble_told_.exchange(true)) return;
  try {
    PoolShell::of(db_.pool())
        .tell(
            EventKind::callback_failed,
            fmt::format("the relay of the outbox {} {}; it goes on trying, and this is told once until it works:\n  {}",
                        settings_.outbox.table(), what, error.message),
            {}, {}, error);
  } catch (const std::exception&) {
    return;  // No memory for the words; the counter has it.
  }
}

}  // namespace lockkeeper::client
