#include "client/pool_core.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include "base/assert.hpp"

namespace lockkeeper::client {
namespace {

using std::chrono::milliseconds;

// While a pool starts it may open this many at once; servers fork a process for each.
constexpr std::size_t openings_at_start = 4;
// An attempt to connect that takes this long may hang: another one is begun beside it.
constexpr milliseconds slow_opening{1000};
constexpr milliseconds first_pause{100};
constexpr milliseconds longest_pause{5000};

// No repetition of the attempt can help: somebody has to change something first.
bool is_final(const Error& error) {
  return error.code == ErrorCode::authentication || error.code == ErrorCode::unknown_database ||
         error.code == ErrorCode::configuration || error.code == ErrorCode::permission;
}

}  // namespace

PoolCore::PoolCore(const PoolSettings& settings, std::uint64_t seed) : settings_(settings), random_state_(seed) {}

std::uint64_t server_number(const ServerInfo& server) {
  return std::hash<std::string>{}(server.product + '\0' + server.host + '\0' + server.port);
}

// --- callers ---

Admission PoolCore::admit(Waiter& waiter, Clock::time_point now, PoolActions& actions) {
  if (closed_) {
    waiter.failure = Error{ErrorCode::pool_closed, "", "pool \"" + settings_.name + "\" is closed", Blast::statement};
    return Admission::refused;
  }
  if (head_ == nullptr) {
    if (Slot* slot = claim_idle(SlotState::held)) {
      grant(waiter, *slot);
      return Admission::granted;
    }
  }
  if (refuses_everybody(now)) {
    waiter.failure = last_failure_;
    return Admission::refused;
  }
  if (waiting() >= settings_.maximum_waiting) {
    waiter.failure = Error{ErrorCode::pool_timeout, "",
                           "pool \"" + settings_.name + "\": " + std::to_string(waiting()) +
                               " callers are waiting already, the most that maximum_waiting allows",
                           Blast::statement};
    return Admission::refused;
  }
  enqueue(waiter);
  serve(now, actions);  // What came back between the look and the queueing.
  return Admission::queued;
}

void PoolCore::readmit(Waiter& waiter, Clock::time_point now, PoolActions& actions) {
  waiter.done = false;
  waiter.granted = nullptr;
  if (closed_ || refuses_everybody(now)) {
    waiter.failure =
        closed_ ? Error{ErrorCode::pool_closed, "", "pool \"" + settings_.name + "\" is closed", Blast::statement}
                : *last_failure_;
    waiter.done = true;
    actions.wake.push_back(&waiter);
    return;
  }
  enqueue(waiter);
  serve(now, actions);
}

bool PoolCore::leave(Waiter& waiter) noexcept {
  if (waiter.done) return false;
  dequeue(waiter);
  return true;
}

void PoolCore::fail(Waiter& waiter, Error error, PoolActions& actions) {
  dequeue(waiter);
  waiter.failure = std::move(error);
  waiter.done = true;
  actions.wake.push_back(&waiter);
}

void PoolCore::grant(Waiter& waiter, Slot& slot) noexcept {
  waiter.granted = &slot;
  waiter.sequence = slot.load().sequence;
  waiter.done = true;
}

// By who asked first: several that were served a dead connection come back in any order.
void PoolCore::enqueue(Waiter& waiter) noexcept {
  waiter.previous = tail_;
  while (waiter.previous != nullptr && waiter.previous->id > waiter.id) waiter.previous = waiter.previous->previous;
  waiter.next = waiter.previous != nullptr ? waiter.previous->next : head_;
  (waiter.previous != nullptr ? waiter.previous->next : head_) = &waiter;
  (waiter.next != nullptr ? waiter.next->previous : tail_) = &waiter;
  queued_.fetch_add(1, std::memory_order_seq_cst);
}

void PoolCore::dequeue(Waiter& waiter) noexcept {
  (waiter.previous != nullptr ? waiter.previous->next : head_) = waiter.next;
  (waiter.next != nullptr ? waiter.next->previous : tail_) = waiter.previous;
  waiter.next = waiter.previous = nullptr;
  queued_.fetch_sub(1, std::memory_order_seq_cst);
}

Slot* PoolCore::claim_idle(SlotState to) noexcept {
  for (Slot& slot : slots_) {
    if (slot.attention.load(std::memory_order_seq_cst) == 0 && slot.claim(to)) return &slot;
  }
  return nullptr;
}

void PoolCore::hand_over(Slot& slot, PoolActions& actions) {
  Waiter& waiter = *head_;
  dequeue(waiter);
  grant(waiter, slot);
  actions.wake.push_back(&waiter);
}

void PoolCore::serve(Clock::time_point now, PoolActions& actions) {
  while (head_ != nullptr) {
    Slot* slot = claim_idle(SlotState::held);
    if (slot == nullptr) break;
    hand_over(*slot, actions);
  }
  open_for_waiters(now, actions);
}

// --- connections ---

void PoolCore::adopt(std::unique_ptr<Connection> connection, Clock::time_point now, PoolActions& actions) {
  PoolActions opening;
  start_opening(now, opening);
  opened(*opening.open.front(), std::move(connection), now, actions);
}

void PoolCore::opened(Slot& slot, std::unique_ptr<Connection> connection, Clock::time_point now, PoolActions& actions) {
  --opening_;
  failures_ = 0;
  last_failure_.reset();
  open_again_at_ = now;
  slot.canceller = connection->canceller();
  slot.backend.store(connection->server().backend_id, std::memory_order_relaxed);
  slot.server.store(server_number(connection->server()), std::memory_order_relaxed);
  slot.connection = std::move(connection);
  slot.status.store(TransactionStatus::idle, std::memory_order_relaxed);
  slot.open_cursors.store(0, std::memory_order_relaxed);
  slot.last_used.store(now, std::memory_order_relaxed);
  slot.retire_at =
      settings_.max_lifetime.count() == 0 ? Clock::time_point::max() : now + less_jitter(settings_.max_lifetime, 25);
  slot.keepalive_at =
      settings_.keepalive.count() == 0 ? Clock::time_point::max() : now + less_jitter(settings_.keepalive, 100);
  slot.set_state(SlotState::reserved);
  give_back(slot, now, actions);
  tick(now, actions);
}

void PoolCore::open_failed(Slot& slot, const Error& error, Clock::time_point now, PoolActions& actions) {
  --opening_;
  --live_;
  slot.set_state(SlotState::vacant);
  last_failure_ = error;
  const milliseconds pause = std::min(longest_pause, first_pause * (1U << std::min(failures_, 6U)));
  ++failures_;
  open_again_at_ = now + less_jitter(pause, 500);
  next_at(open_again_at_);
  if (live_ == opening_ && is_final(error)) fail_all(error, actions);
}

void PoolCore::give_back(Slot& slot, Clock::time_point now, PoolActions& actions) {
  slot.cleaning = false;
  if (closed_) return vacate(slot, "the pool is closed", actions);
  if ((slot.attention.load(std::memory_order_seq_cst) & evict) != 0 || live_ > settings_.maximum_size) {
    vacate(slot, "it was to be retired", actions);
    return open_for_waiters(now, actions);
  }
  slot.attention.store(0, std::memory_order_seq_cst);
  if (head_ != nullptr) {
    slot.word.store(SlotWord{slot.load().sequence + 1, SlotState::held}.pack(), std::memory_order_seq_cst);
    hand_over(slot, actions);
    return open_for_waiters(now, actions);
  }
  slot.set_state(SlotState::idle);
}

void PoolCore::drop(Slot& slot, std::string reason, Clock::time_point now, PoolActions& actions) {
  vacate(slot, std::move(reason), actions);
  tick(now, actions);
}

void PoolCore::vacate(Slot& slot, std::string reason, PoolActions& actions) {
  slot.cleaning = false;
  if (slot.connection) actions.close.push_back({std::move(slot.connection), std::move(slot.stream), std::move(reason)});
  slot.open_cursors.store(0, std::memory_order_relaxed);
  slot.canceller.reset();
  slot.attention.store(0, std::memory_order_seq_cst);
  slot.set_state(SlotState::vacant);
  --live_;
}

// One at a time: a caller that queued is mostly served by a returned connection before a new one is there, and every
// connection that is opened in vain is kept by server and pool.
std::size_t PoolCore::openings_allowed(Clock::time_point now) const noexcept {
  if (!filled_ && head_ == nullptr) return openings_at_start;
  const auto hangs = [&](const Slot& slot) {
    return slot.load().state == SlotState::opening && now - slot.opening_since >= slow_opening;
  };
  return opening_ == 0 ? 1 : 1 + static_cast<std::size_t>(std::ranges::count_if(slots_, hangs));
}

bool PoolCore::may_open(Clock::time_point now) const noexcept {
  return !closed_ && live_ < settings_.maximum_size && now >= open_again_at_ && opening_ < openings_allowed(now);
}

void PoolCore::open_for_waiters(Clock::time_point now, PoolActions& actions) {
  while (opening_ < waiting() && may_open(now)) start_opening(now, actions);
}

void PoolCore::open_for_minimum_idle(std::size_t idle, Clock::time_point now, PoolActions& actions) {
  if (idle >= minimum_idle()) filled_ = true;
  while (idle + opening_ < minimum_idle() && may_open(now)) start_opening(now, actions);
  if (idle + opening_ < minimum_idle() && now < open_again_at_) next_at(open_again_at_);
}

void PoolCore::start_opening(Clock::time_point now, PoolActions& actions) {
  const auto is_vacant = [](const Slot& slot) { return slot.load().state == SlotState::vacant; };
  const auto vacant = std::ranges::find_if(slots_, is_vacant);
  const auto index = static_cast<std::uint32_t>(vacant - slots_.begin());
  Slot& slot = index < slots_.size() ? *vacant : slots_.emplace_back(index);
  slot.opening_since = now;
  slot.set_state(SlotState::opening);
  ++opening_;
  ++live_;
  next_at(now + slow_opening);
  actions.open.push_back(&slot);
}

bool PoolCore::refuses_everybody(Clock::time_point now) const noexcept {
  return live_ == opening_ && last_failure_ && is_final(*last_failure_) && now < open_again_at_;
}

void PoolCore::fail_all(const Error& error, PoolActions& actions) {
  while (head_ != nullptr) fail(*head_, error, actions);
}

// --- time and settings ---

void PoolCore::tick(Clock::time_point now, PoolActions& actions) {
  next_tick_ = Clock::time_point::max();
  if (closed_) {
    for (Slot& slot : slots_) {
      if (slot.claim(SlotState::reserved)) vacate(slot, "the pool is closed", actions);
    }
    return;
  }
  serve(now, actions);
  std::size_t idle = 0;
  for (const Slot& slot : slots_) {
    const SlotState state = slot.load().state;
    idle += static_cast<std::size_t>(state == SlotState::idle || (state == SlotState::reserved && slot.cleaning));
    if (state == SlotState::opening) next_at(slot.opening_since + slow_opening);
  }
  for (Slot& slot : slots_) {
    if (is_leased(slot.load().state) && slot.retire_at <= now)
      slot.attention.fetch_or(evict, std::memory_order_seq_cst);
    if (slot.load().state == SlotState::idle) tend_idle(slot, idle, now, actions);
    const SlotState state = slot.load().state;
    if (state != SlotState::vacant && slot.retire_at > now) next_at(slot.retire_at);
    if (state != SlotState::vacant && state != SlotState::idle) foresee_idle(slot, now);
  }
  open_for_minimum_idle(idle, now, actions);
  if (head_ != nullptr && now < open_again_at_) next_at(open_again_at_);
}

void PoolCore::tend_idle(Slot& slot, std::size_t& idle, Clock::time_point now, PoolActions& actions) {
  const Clock::time_point used = slot.last_used.load(std::memory_order_relaxed);
  const bool old = slot.retire_at <= now || slot.attention.load(std::memory_order_seq_cst) != 0;
  const bool surplus =
      settings_.idle_timeout.count() > 0 && idle > minimum_idle() && now - used >= settings_.idle_timeout;
  if (old || surplus || live_ > settings_.maximum_size) {
    if (!slot.claim(SlotState::reserved)) return;
    --idle;
    return vacate(slot, old ? "it was to be retired" : "it was idle and not needed", actions);
  }
  if (settings_.idle_timeout.count() > 0 && idle > minimum_idle()) next_at(used + settings_.idle_timeout);
  if (slot.keepalive_at <= now) {
    if (!slot.claim(SlotState::reserved)) return;
    slot.cleaning = true;
    slot.keepalive_at = now + less_jitter(settings_.keepalive, 100);
    actions.ping.push_back(&slot);
  }
  next_at(slot.keepalive_at);
}

// What is in use or being pinged now is idle again without a word: returning it does not take the lock. So the next
// look is when it might be due.
void PoolCore::foresee_idle(const Slot& slot, Clock::time_point now) noexcept {
  if (settings_.keepalive.count() > 0) {
    next_at(slot.keepalive_at > now ? slot.keepalive_at : now + settings_.keepalive);
  }
  if (settings_.idle_timeout.count() > 0 && live_ > minimum_idle()) next_at(now + settings_.idle_timeout);
}

void PoolCore::change(const PoolSettings& settings, Clock::time_point now, PoolActions& actions) {
  settings_ = settings;
  for (Slot& slot : slots_) {
    slot.retire_at = settings_.max_lifetime.count() == 0
                         ? Clock::time_point::max()
                         : std::min(slot.retire_at, now + less_jitter(settings_.max_lifetime, 25));
    slot.keepalive_at =
        settings_.keepalive.count() == 0 ? Clock::time_point::max() : now + less_jitter(settings_.keepalive, 100);
  }
  tick(now, actions);
  // Those that are out leave when they come back, which give_back sees by live_ > maximum_size only on the slow way.
  std::size_t surplus = live_ > settings_.maximum_size ? live_ - settings_.maximum_size : 0;
  for (auto slot = slots_.rbegin(); slot != slots_.rend() && surplus > 0; ++slot) {
    if (!is_leased(slot->load().state)) continue;
    slot->attention.fetch_or(evict, std::memory_order_seq_cst);
    --surplus;
  }
}

void PoolCore::evict_all(Clock::time_point now, PoolActions& actions) {
  for (Slot& slot : slots_) {
    if (slot.load().state != SlotState::vacant) slot.attention.fetch_or(evict, std::memory_order_seq_cst);
  }
  tick(now, actions);
}

void PoolCore::close(Clock::time_point now, PoolActions& actions) {
  if (closed_) return;
  fail_all({ErrorCode::pool_closed, "", "pool \"" + settings_.name + "\" was closed while this caller waited",
            Blast::statement},
           actions);
  evict_all(now, actions);
  closed_ = true;
  next_tick_ = Clock::time_point::max();
}

void PoolCore::next_at(Clock::time_point time) noexcept { next_tick_ = std::min(next_tick_, time); }

Clock::duration PoolCore::less_jitter(milliseconds time, std::uint32_t percent_times_ten) noexcept {
  const auto whole = std::chrono::duration_cast<std::chrono::microseconds>(time).count();
  const std::int64_t range = whole / 1000 * percent_times_ten;
  return std::chrono::microseconds(
      whole - (range <= 0 ? 0 : static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(range))));
}

// splitmix64: small, and good enough to spread timers.
std::uint64_t PoolCore::random() noexcept {
  random_state_ += 0x9e3779b97f4a7c15U;
  std::uint64_t mixed = random_state_;
  mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
  mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
  return mixed ^ (mixed >> 31U);
}

std::size_t PoolCore::minimum_idle() const noexcept {
  return std::min(settings_.minimum_idle.value_or(settings_.maximum_size), settings_.maximum_size);
}

}  // namespace lockkeeper::client
