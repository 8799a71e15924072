// One place in a pool: a connection, and the record of who holds it.
//
// The word is the truth: a sequence number that grows with every lease, and a state. Taking an idle connection and
// giving it back are one compare-and-swap each, without the pool's lock; everything else happens under the lock, by
// claiming the slot (idle -> reserved) first. A lease remembers its sequence number, so that one that was taken back
// notices.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <source_location>
#include <string>
#include <string_view>

#include <lockkeeper/connection.hpp>
#include <lockkeeper/pool_settings.hpp>

#include "base/mutex.hpp"
#include "client/unit.hpp"

namespace lockkeeper::client {

using Clock = std::chrono::steady_clock;

enum class SlotState : std::uint64_t {
  vacant,     ///< No connection.
  opening,    ///< One is being made.
  idle,       ///< Anybody's.
  held,       ///< Leased.
  executing,  ///< Leased, and a thread is inside the connection.
  released,   ///< Given back while a thread was still inside; that thread returns it.
  reserved,   ///< The pool's own: being checked, cleaned or closed.
  streaming,  ///< Leased, with a stream open that nobody reads from at the moment.
};

/// The sequence number and the state in one word.
struct SlotWord {
  std::uint64_t sequence = 0;
  SlotState state = SlotState::vacant;

  [[nodiscard]] static SlotWord unpack(std::uint64_t word) noexcept {
    return {word >> 3U, static_cast<SlotState>(word & 7U)};
  }
  [[nodiscard]] std::uint64_t pack() const noexcept { return (sequence << 3U) | static_cast<std::uint64_t>(state); }
  friend bool operator==(const SlotWord&, const SlotWord&) = default;
};

/// Why a slot's next return needs more than a compare-and-swap.
enum Attention : std::uint32_t {
  evict = 1,          ///< Close the connection when it comes back.
  take_back = 2,      ///< The leak policy wants the lease `take_back_of`: whoever is inside hands it over when leaving.
  leak_reported = 4,  ///< Tell that the leak has ended.
  cancelling = 8,     ///< A cancel is on its way: whoever came next might be hit by it.
  lease_gone = 16,    ///< Of the lease `gone_of` a stream alone is left, which returns the connection.
};

/// What is known of a lease, readable by anybody at any time. Written by the holder, right after taking the slot;
/// `sequence` comes last, and equals the word's once the rest is complete.
struct SlotRecord {
  std::atomic<Unit*> unit{nullptr};
  std::atomic<std::uint64_t> unit_id{0};
  std::atomic<Unit*> counted_on{nullptr};  ///< The unit's root, on which the lease is counted until it ends.
  std::atomic<std::source_location> taken_at{};
  std::atomic<Clock::time_point> since{};
  std::atomic<std::int64_t> leak_after_ms{0};
  std::atomic<LeakAction> leak_action{LeakAction::report};
  std::atomic<std::uint64_t> sequence{0};
};

struct alignas(64) Slot {
  explicit Slot(std::uint32_t place) noexcept : index(place) {}

  const std::uint32_t index;  ///< In the pool's list of slots.
  std::atomic<std::uint64_t> word{0};
  std::atomic<std::uint32_t> attention{0};
  std::atomic<std::uint64_t> take_back_of{0};
  std::atomic<std::uint64_t> gone_of{0};
  SlotRecord record;
  std::atomic<Clock::time_point> last_used{};
  std::atomic<std::uint64_t> held_ns{0};  ///< Sum over ended leases.

  // What the holder does, for records and for the deadlock detector.
  std::atomic<std::uint64_t> operations{0};  ///< Begun so far.
  std::atomic<Clock::time_point> operation_since{};
  std::atomic<TransactionStatus> status{TransactionStatus::idle};
  std::atomic<std::int32_t> open_cursors{0};  ///< Streams, and cursors of the lease's transaction.
  base::Mutex text_mutex;
  std::string last_sql LK_GUARDED_BY(text_mutex);  ///< As given, cut off at 1 KiB; literals go when it is shown.
  std::uint64_t last_sql_of LK_GUARDED_BY(text_mutex) = 0;  ///< The lease that ran it.
  std::string stack LK_GUARDED_BY(text_mutex);
  std::uint64_t stack_of LK_GUARDED_BY(text_mutex) = 0;

  // Whoever holds or has reserved the slot.
  std::unique_ptr<Connection> connection;
  std::unique_ptr<RowStream> stream;     ///< Open on the connection: whoever takes the slot over ends it.
  std::shared_ptr<Canceller> canceller;  ///< Replaced only while the slot is reserved, under the pool's lock.
  std::atomic<std::int64_t> backend{0};
  std::atomic<std::uint64_t> server{0};  ///< Which server: sessions of two servers may have one number.

  // Under the pool's lock.
  std::uint64_t leak_sequence = 0;  ///< The lease that was reported as a leak last.
  Clock::time_point opening_since{};
  Clock::time_point retire_at{};
  Clock::time_point keepalive_at{};
  bool cleaning = false;  ///< Reserved for a rollback, reset or ping: will be idle again.

  [[nodiscard]] SlotWord load() const noexcept { return SlotWord::unpack(word.load(std::memory_order_seq_cst)); }

  /// From one word to another, if it is still that one.
  bool change(SlotWord from, SlotWord to) noexcept {
    std::uint64_t expected = from.pack();
    return word.compare_exchange_strong(expected, to.pack(), std::memory_order_seq_cst);
  }

  /// idle -> `to`; a lease gets the next sequence number.
  bool claim(SlotState to) noexcept {
    const SlotWord seen = load();
    if (seen.state != SlotState::idle) return false;
    return change(seen, {to == SlotState::held ? seen.sequence + 1 : seen.sequence, to});
  }

  /// Only by whoever has it reserved, opening or vacant.
  void set_state(SlotState state) noexcept {
    word.store(SlotWord{load().sequence, state}.pack(), std::memory_order_seq_cst);
  }
};

/// A number for the server a connection leads to, the same for all connections to it that name it alike.
[[nodiscard]] std::uint64_t server_number(const ServerInfo& server);

[[nodiscard]] constexpr bool is_leased(SlotState state) noexcept {
  return state == SlotState::held || state == SlotState::executing || state == SlotState::streaming ||
         state == SlotState::released;
}

}  // namespace lockkeeper::client
