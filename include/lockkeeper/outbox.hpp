// An outbox: effects outside the database that agree with what was committed in it.
//
//   Outbox outbox;                                                     // the table lockkeeper_outbox
//   outbox.migrate(db);                                                // at start-up
//   db.transact([&](TransactionRef tx) {                               // the intent, with what it belongs to
//     tx.execute("INSERT INTO history (order_id, what) VALUES ($1, 'refund')", order);
//     outbox.add(tx, "refund", "order " + std::to_string(order), amount_as_json);
//   });
//   OutboxRelay relay(db, {}, [&](const OutboxMessage& message, Deadline deadline) {
//     return refunds.refund(message.payload, message.idempotency_key, deadline) ? Delivery::delivered
//                                                                               : Delivery::retry_later;
//   });
//
// What was rolled back is never delivered. What was committed is delivered at least once, or ends as a dead letter, and
// its row tells which: the effect and the history do not disagree for longer than the relay needs. Twice it may be
// delivered: a relay that dies after the effect and before it has written so cannot know better. So every message has
// an idempotency key, the same in every attempt, by which the receiver tells a repetition from a second order.
//
// Times are compared by the database's clock alone, so that relays on machines whose clocks differ agree. On SQLite,
// where the database has no machine of its own, that is the clock of the process.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <lockkeeper/database.hpp>
#include <lockkeeper/parameter.hpp>

namespace lockkeeper {

namespace client {
class OutboxRelayBody;
}

/// What a deliverer gets. A plain value.
struct OutboxMessage {
  std::int64_t id = 0;
  std::string topic;
  std::string key;
  std::string payload;
  std::string idempotency_key;  ///< A UUID: unique, the same in every attempt, also after requeue.
  /// 1 at first. Attempts whose end nobody has told are counted too.
  unsigned attempt = 1;
  TimePoint created_at;  ///< When it was added, by the database's clock.
};

/// What is known of a message, for people and for reconciliation. Without the payload: it may be large, or private.
struct OutboxRecord {
  std::int64_t id = 0;
  std::string topic;
  std::string key;
  std::string idempotency_key;
  unsigned attempts = 0;
  bool claimed = false;    ///< A relay has taken it; until `due_at`, unless it tells an outcome first.
  TimePoint created_at;    ///< Like all times here, the database's.
  TimePoint due_at;        ///< When it is tried next, at the earliest.
  std::string last_error;  ///< Why the last attempt failed; empty if none has.
};

/// One outbox: the name of its table. A plain value; thread-safe. Its functions throw Failure.
///
/// Order: messages of one key are delivered one at a time, in the order of their ids, whichever relays are running; the
/// next waits until the one before is delivered or dead. Ids are given out in add: of two transactions that overlap,
/// either may come first, whichever commits first; whoever needs more locks a row of that key before adding, as one
/// does who changes it. Messages with an empty key have no order.
class Outbox {
 public:
  /// `table`: name or schema.name, as in insert_many; the last part of at most 48 characters. Throws `misuse`.
  explicit Outbox(std::string table = "lockkeeper_outbox");

  /// Creates the table, or brings an older one up to this version of the library; does nothing where it is already so.
  /// May be called by many processes at once. The version is kept in the table `lockkeeper_schema` beside it. In
  /// transactions of its own: throws `propagation` within another. `configuration`: the table is of a newer library.
  void migrate(Database& db) const;

  /// Writes the intent into the caller's transaction and returns the message's id. Topic: 1 to 255 bytes; key: up to
  /// 255; payload: text as the database takes it. Once committed, relays of this process look at once. Throws `misuse`
  /// in a scope without transaction.
  std::int64_t add(TransactionRef tx, std::string_view topic, std::string_view key, std::string_view payload) const;

  /// Intents older than `older_than` that are neither delivered nor dead, oldest first: for reconciliation, and for an
  /// alarm.
  [[nodiscard]] std::vector<OutboxRecord> without_outcome(TransactionRef tx, std::chrono::milliseconds older_than,
                                                          std::size_t most = 1'000) const;
  /// What was given up, oldest first. Kept until it is requeued or deleted by hand.
  [[nodiscard]] std::vector<OutboxRecord> dead_letters(TransactionRef tx, std::size_t most = 1'000) const;

  /// Gives a dead letter all its attempts again. It goes back to its place in its key's order, though later ones that
  /// were delivered meanwhile stay so, and one that is on its way is not waited for. False: there is no such dead
  /// letter.
  bool requeue(TransactionRef tx, std::int64_t id) const;

  /// Deletes delivered messages whose delivery is older than `older_than`, at most so many at once, so that the
  /// transaction stays short; returns how many. To be called until it returns less than `most`. Nothing else deletes.
  std::uint64_t purge_delivered(TransactionRef tx, std::chrono::milliseconds older_than,
                                std::size_t most = 1'000) const;

  [[nodiscard]] const std::string& table() const noexcept { return table_; }

 private:
  std::string table_;
};

enum class Delivery {
  delivered,    ///< The effect has happened. Final.
  retry_later,  ///< Not now: again after a pause, until the attempts are used up.
  give_up,      ///< Never: a dead letter at once.
};

/// What a deliverer returns: a Delivery, with a reason if it has one, which is kept as the message's `last_error`.
struct DeliveryResult {
  DeliveryResult(Delivery what, std::string why = {}) : outcome(what), reason(std::move(why)) {}
  Delivery outcome;
  std::string reason;
};

/// Brings about the effect, by the deadline: it gets no transaction, and none is open. What it throws counts as
/// retry_later, with the exception's text as the reason.
using Deliverer = std::function<DeliveryResult(const OutboxMessage& message, Deadline deadline)>;

/// All more than 0. Times of more than 365 days are refused.
struct OutboxRelaySettings {
  Outbox outbox = Outbox();
  /// Threads that deliver at the same time. With more than one, the deliverer is called by all of them.
  unsigned threads = 1;
  /// Messages claimed at once, at most. 1 to 1,000.
  std::size_t batch = 50;
  /// What one delivery gets as its deadline.
  std::chrono::milliseconds delivery_timeout{20'000};
  /// How long a claim lasts: when it has passed without an outcome (a crash, a deliverer that hangs), the message is
  /// taken again, by any relay. A delivery that would not be over and recorded in time is not begun, so it is at least
  /// delivery_timeout + 2 * database_timeout.
  std::chrono::milliseconds claim_time{60'000};
  /// One look, claim or outcome in the database; for claims, beside PoolSettings::acquire_timeout.
  std::chrono::milliseconds database_timeout{10'000};
  /// How often the table is looked at for what other processes have added, less up to 10 %.
  std::chrono::milliseconds poll_interval{1'000};
  /// A message is a dead letter after so many attempts.
  unsigned attempts = 20;
  /// Before the second attempt; doubled each time, less up to half at random.
  std::chrono::milliseconds first_pause{1'000};
  std::chrono::milliseconds longest_pause{600'000};
  /// How long the destructor lets deliveries go on before it tells what is still under way.
  std::chrono::milliseconds stop_timeout{30'000};
};

/// Throws Failure (`configuration`) with every wrong value and its reason, one a line.
void check(const OutboxRelaySettings& settings);

/// Counters since the relay began.
struct OutboxRelayMetrics {
  std::uint64_t claimed = 0;    ///< Messages, each time they were.
  std::uint64_t delivered = 0;  ///< Known and recorded as such.
  std::uint64_t retries = 0;    ///< Deliveries that failed and are to be repeated.
  std::uint64_t dead_letters = 0;
  std::uint64_t taken_again = 0;  ///< Claims that another relay, or this one, had let expire.
  std::uint64_t unrecorded = 0;   ///< Deliveries whose outcome could not be written.
  std::uint64_t failures = 0;     ///< Of looking, claiming and recording.
};

/// Delivers what is in an outbox, on threads of its own, until it is stopped. Thread-safe. Any number of relays may
/// work on one table, in one process or in many.
///
/// Claims messages in a short transaction (FOR UPDATE SKIP LOCKED: PostgreSQL, MariaDB 10.6, MySQL 8; on SQLite the
/// writing transaction) by writing a claim that expires into them; delivers with no transaction open and no connection
/// held; then writes the outcome. One that cannot be written because the database is away is written when it is back;
/// until then the thread delivers nothing else.
///
/// A message whose claim expired is claimed by itself, without others: if it is what makes relays crash, it does not
/// drag others along to the limit of their attempts.
///
/// Tells the pool's listener: `outbox_dead_letter`; `callback_failed` when looking or claiming begins to fail, once
/// until it works again. Give relays a Database of their own where the application's pool may run dry.
class OutboxRelay {
 public:
  /// Begins at once; the database need not be there yet. `db` must outlive the relay. Throws Failure
  /// (`configuration`): settings, an empty deliverer.
  OutboxRelay(Database& db, OutboxRelaySettings settings, Deliverer deliver);
  OutboxRelay(const OutboxRelay&) = delete;
  OutboxRelay& operator=(const OutboxRelay&) = delete;
  /// As stop, within stop_timeout, or by the deadline that stop was given; then waits for deliverers that are running
  /// still, and once for the database, at most database_timeout. A deliverer that ignores its deadline holds up the
  /// destructor.
  ~OutboxRelay();

  /// Begins no delivery any more and waits for those under way, until the deadline. Claims that were not used are given
  /// back. Returns the ids of messages still being delivered, or delivered with an outcome that could not be recorded
  /// in time: that is done if they end and the database answers, or else their claims expire and they are delivered
  /// again. May be called again.
  std::vector<std::int64_t> stop(Deadline deadline);

  /// Looks now, whatever the poll interval.
  void wake() noexcept;

  [[nodiscard]] OutboxRelayMetrics metrics() const noexcept;

 private:
  std::unique_ptr<client::OutboxRelayBody> body_;
};

}  // namespace lockkeeper
