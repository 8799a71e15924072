// Transactions with one owner. The owner ends it; everybody else borrows, and a borrower has no commit.
//
//   db.transact([](auto& tx) { tx.execute(...); })          // the usual way: ends by itself
//
//   Transaction tx = db.begin();                              // by hand: a local variable of one function
//   write_post(tx.ref());                                     // lends it
//   if (std::move(tx).commit() != CommitOutcome::committed) ...  // consumes it
//
// Transactions belong to the thread that began them, and every thread has a current one per Database: the innermost
// that is neither over nor suspended. It is not inherited by threads. A suspended one is still usable through its own
// references.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <source_location>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <lockkeeper/annotations.hpp>
#include <lockkeeper/connection.hpp>
#include <lockkeeper/pool_settings.hpp>
#include <lockkeeper/queries.hpp>

namespace lockkeeper {

class Database;

namespace client {
class TransactionScope;
}  // namespace client

namespace detail {
class TransactCall;
}

/// How a scope relates to the transaction that its thread is in already. Meanings are Spring's.
/// "Connections" is what the thread holds after the scope has begun, where it held one for an outer transaction.
enum class Propagation {
  required,       ///< Takes part in the current transaction, else begins one. 1 connection.
  requires_new,   ///< Always begins one; the outer one is suspended and keeps its connection. 2 connections.
  nested,         ///< A savepoint in the current transaction, else begins one. 1 connection.
  mandatory,      ///< Takes part in the current one; without one throws `propagation`. 1 connection.
  supports,       ///< Takes part in the current one, else runs without. 1 connection.
  not_supported,  ///< Runs without; the current one is suspended. 1 connection, 2 while a statement runs.
  never,          ///< Runs without; if there is one throws `propagation`.
};

enum class CommitOutcome {
  committed,
  rolled_back,  ///< It was rolled back, or the server refused the commit.
  unknown,      ///< The connection died between COMMIT and its reply, or a statement had ended the transaction behind
                ///< our back. It may have been committed: ask the data, not us.
};

[[nodiscard]] std::string_view to_string(Propagation propagation) noexcept;
[[nodiscard]] std::string_view to_string(CommitOutcome outcome) noexcept;
[[nodiscard]] std::string_view to_string(Isolation isolation) noexcept;

/// Running a transaction again after the database asked for it (ErrorCode serialization or deadlock). Only
/// Database::transact.
struct RetryPolicy {
  unsigned attempts = 1;  ///< All together; 1: no retry.
  /// Before the second attempt, doubled each time, less up to half at random.
  std::chrono::milliseconds first_pause{10};
  std::chrono::milliseconds longest_pause{1'000};
  std::chrono::milliseconds budget{30'000};  ///< No attempt begins later than this after the first.
};

/// Isolation, deferrable and timeout belong to a transaction: in a scope that runs without one they are an error
/// (`mismatch`).
struct TransactionOptions {
  Propagation propagation = Propagation::required;
  /// Nothing: the database's default; inside an outer transaction, whatever that has. Asking for another level than the
  /// outer one was begun with is an error (`mismatch`), also where the outer one left it to the default.
  std::optional<Isolation> isolation = {};
  /// Read-only inside a writing transaction is allowed and refuses writes nowhere; writing (the default here) inside
  /// a read-only one is an error (`mismatch`).
  bool read_only = false;
  bool deferrable = false;  ///< BeginOptions::deferrable.
  /// From BEGIN to COMMIT, enforced while the application sleeps: then only rollback is left. 0: none. A timeout
  /// inside a transaction with more time left than it is an error (`mismatch`): it cannot be kept apart.
  std::chrono::milliseconds timeout{0};
  /// Refuses to take part in an outer transaction (`propagation`): what has returned is committed.
  bool durable = false;
  RetryPolicy retry = {};
  std::string_view name = {};  ///< In messages and events beside the place; must live as long as the transaction.
  std::optional<LeakPolicy> leak = {};       ///< Of its connection; nothing: the pool's.
  std::optional<NestedAcquire> nested = {};  ///< What becomes of it where its unit of work holds another connection.
};

class TransactionRef;

/// Part of a transaction that can be undone alone. Leaving its scope without release goes back to where it began: on
/// PostgreSQL that also revives a transaction in which a statement failed. A rollback-only mark set meanwhile goes with
/// it.
///
/// Of the functions registered meanwhile, those for before and after the commit are dropped with it; those for after a
/// rollback or the completion run at the transaction's end, as rolled back, whatever becomes of the rest.
///
/// Savepoints end in reverse order and before their transaction, else `misuse` is thrown. One that is destroyed where
/// it cannot go back (out of order, on another thread) marks the transaction rollback-only.
class [[nodiscard]] Savepoint {
 public:
  Savepoint(Savepoint&& other) noexcept;
  Savepoint& operator=(Savepoint&&) = delete;
  ~Savepoint();
  /// Keeps what was done. Throws Failure.
  void release() &&;
  /// Undoes what was done. Throws Failure.
  void rollback() &&;

 private:
  friend class TransactionRef;
  Savepoint(std::shared_ptr<client::TransactionScope> scope, std::uint64_t id) noexcept
      : scope_(std::move(scope)), id_(id) {}
  std::shared_ptr<client::TransactionScope> scope_;
  std::uint64_t id_ = 0;
};

/// A borrowed transaction: runs statements, makes savepoints, marks rollback-only, and cannot commit. Cheap to copy.
///
/// Every use checks that the scope it was made for is not over (`transaction_ended`, naming where it began), that the
/// timeout has not passed (`transaction_timeout`), and that the thread is the one it belongs to (`foreign_use`). In a
/// scope without transaction (supports, not_supported, never) statements commit one by one; is_active() tells.
///
/// BEGIN, COMMIT, ROLLBACK and their like as SQL text are refused before they are sent (`misuse`). What ends the
/// transaction all the same (a MySQL statement that commits implicitly, the native handle) is seen by the server's
/// status at the next opportunity: `transaction_ended`.
class TransactionRef : public Queries<TransactionRef> {
 public:
  TransactionRef(const TransactionRef&) = default;  // And no move: there is always something to refer to.
  TransactionRef& operator=(const TransactionRef&) = default;

  Rows run(std::string_view sql, std::span<const Parameter> parameters);
  /// Several statements in one round trip.
  std::vector<Rows> run_batch(std::span<const Statement> statements);
  /// The stream is closed at the end of the scope at the latest; in a transaction it must have ended before commit.
  [[nodiscard]] std::unique_ptr<RowStream> open_stream(std::string_view sql, std::span<const Parameter> parameters,
                                                       std::size_t chunk_rows);

  /// Throws `misuse` in a scope without transaction.
  [[nodiscard]] Savepoint savepoint();

  /// The transaction can only be rolled back from now on; the outermost commit throws `rollback_only` with the reason
  /// and this place. Inside a savepoint or nested scope only as far as that. The first reason is kept. Throws `misuse`
  /// in a scope without transaction.
  void set_rollback_only(std::string_view reason, std::source_location where = std::source_location::current());
  [[nodiscard]] bool is_rollback_only() const;

  /// Something outside the database was done that a second run would do again: switches retries off, of this
  /// transaction and of all that are suspended around it.
  void outside_effect(std::string_view what);

  /// Run before COMMIT, in the transaction, in order of registration; one that throws rolls it back.
  void before_commit(std::function<void(TransactionRef)> function);
  /// Run after COMMIT, when the connection has been returned. What is written there needs a transaction of its own: the
  /// database is all it gets, and no transaction is current, not even one around this one. One that throws is told to
  /// the listener (`callback_failed`), and the others still run. In a scope without transaction it runs at the end of
  /// the scope, after_rollback where the scope's function has failed.
  void after_commit(std::function<void(Database&)> function);
  void after_rollback(std::function<void(Database&)> function);
  /// After either, and after an unknown commit.
  void after_completion(std::function<void(Database&, CommitOutcome)> function);

  /// Whether this is a transaction, and not a scope without or one that is over. Any thread.
  [[nodiscard]] bool is_active() const noexcept;
  [[nodiscard]] Database& database() const;
  /// The server's product, version and engine. In a scope without transaction takes a connection to ask.
  [[nodiscard]] Engine engine() const;
  /// Where the transaction was begun; of a scope without transaction, the scope. Any thread, also afterwards.
  [[nodiscard]] std::source_location began_at() const noexcept;
  /// Unique within the process; the same for all scopes that take part in one transaction. Any thread, also afterwards.
  [[nodiscard]] std::uint64_t id() const noexcept;
  [[nodiscard]] std::optional<Deadline> deadline() const;
  /// Connection::native_handle of the connection that the transaction holds. Throws `misuse` in a scope without.
  [[nodiscard]] void* native_handle() const;

 protected:
  friend class client::TransactionScope;
  friend class detail::TransactCall;
  friend class Transaction;
  explicit TransactionRef(std::shared_ptr<client::TransactionScope> scope) noexcept : scope_(std::move(scope)) {}
  std::shared_ptr<client::TransactionScope> scope_;
};

/// The owner of a transaction: a local variable of the function that began it, ended there by commit or rollback.
///
/// Leaving the scope without either rolls back and tells the listener (`abandoned_transaction`); clang's -Wconsumed
/// warns of it at compile time. Where an exception leaves the scope, the rollback is what was meant, and is not told.
/// Never commits by itself. Not to be put on the heap, into a container or a member; not used by another thread.
class [[nodiscard]] LK_CONSUMABLE(unconsumed) Transaction {
 public:
  LK_RETURN_TYPESTATE(unconsumed) Transaction(Transaction&& other) noexcept;
  Transaction& operator=(Transaction&&) = delete;
  LK_CALLABLE_WHEN("consumed") ~Transaction();

  static void* operator new(std::size_t) = delete;
  static void* operator new[](std::size_t) = delete;

  /// Lends it. The reference is refused once the transaction has ended.
  LK_CALLABLE_WHEN("unconsumed") TransactionRef ref() & LK_LIFETIMEBOUND;
  TransactionRef ref() && = delete;

  /// Ends it: before_commit functions, COMMIT, the connection returned, after_commit functions.
  ///
  /// Throws what a before_commit function threw, and Failure where it could only be rolled back, and was:
  /// `rollback_only` (marked, or a statement had failed it), `transaction_timeout`, `misuse` (a savepoint, a stream
  /// or an inner scope is still open), `foreign_use`. `rolled_back` is returned where the server refused COMMIT itself:
  /// a deferred constraint, a serialization failure. The words for it are thrown by Database::transact alone.
  [[nodiscard]] LK_CALLABLE_WHEN("unconsumed") LK_SET_TYPESTATE(consumed) CommitOutcome commit() &&;

  /// Ends it without a trace. A rollback that fails discards the connection; nothing is thrown.
  LK_CALLABLE_WHEN("unconsumed") LK_SET_TYPESTATE(consumed) void rollback() && noexcept;

 private:
  friend class Database;
  LK_RETURN_TYPESTATE(unconsumed) explicit Transaction(std::shared_ptr<client::TransactionScope> scope) noexcept;
  std::shared_ptr<client::TransactionScope> scope_;
};

}  // namespace lockkeeper
