// One call of begin or transact: what references point to. It knows its thread and whether it is over, and so outlives
// everything it was made for.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <source_location>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <lockkeeper/transaction.hpp>

#include "client/database_shell.hpp"
#include "client/transaction_body.hpp"
#include "client/transaction_callbacks.hpp"
#include "client/transaction_texts.hpp"

namespace lockkeeper::client {

enum class ScopeKind {
  owner,   ///< Its transaction ends with it.
  part,    ///< Of an outer scope's transaction.
  nested,  ///< The same, with a savepoint.
  without,
};

/// A stream outside a transaction, and the connection it runs on.
struct LoneStream {
  Lease lease;
  std::unique_ptr<RowStream> rows;  ///< Destroyed first. Null: at its end or closed.
  bool at_end = false;

  void close() noexcept {
    rows.reset();
    lease.give_back();
  }
};

/// Used by its own thread; what others may call says so. All but the ends throw Failure.
class TransactionScope : public std::enable_shared_from_this<TransactionScope> {
 public:
  /// Begins, and becomes the thread's current scope. Throws Failure, and is nothing then.
  [[nodiscard]] static std::shared_ptr<TransactionScope> enter(std::shared_ptr<DatabaseShell> database,
                                                               const TransactionOptions& options, Site site);
  /// For Database::begin: always an owner.
  [[nodiscard]] static std::shared_ptr<TransactionScope> begin(std::shared_ptr<DatabaseShell> database,
                                                               const TransactionOptions& options, Site site);
  /// Without a transaction, whatever is current: for functions that run after an end.
  [[nodiscard]] static std::shared_ptr<TransactionScope> stand_apart(std::shared_ptr<DatabaseShell> database);

  TransactionScope(ScopeKind kind, std::shared_ptr<DatabaseShell> database, std::shared_ptr<TransactionBody> body,
                   Site site);
  TransactionScope(const TransactionScope&) = delete;
  TransactionScope& operator=(const TransactionScope&) = delete;

  // --- use (transaction_scope.cpp) ---
  Rows run(std::string_view sql, std::span<const Parameter> parameters);
  std::vector<Rows> run_batch(std::span<const Statement> statements);
  [[nodiscard]] std::unique_ptr<RowStream> open_stream(std::string_view sql, std::span<const Parameter> parameters,
                                                       std::size_t chunk_rows);
  /// The transaction, if this scope is in use by its thread. `what` needs it.
  [[nodiscard]] TransactionBody& transaction(std::string_view what);
  void outside_effect(std::string_view what);
  /// A savepoint left its scope without a word. Any thread.
  void drop_savepoint(std::uint64_t savepoint) noexcept;
  [[nodiscard]] TransactionCallbacks& callbacks();
  [[nodiscard]] Database& database();
  [[nodiscard]] Engine engine();
  /// Throws `foreign_use` or `transaction_ended`.
  void require_in_use() const;

  // --- the end (transaction_scope_end.cpp) ---
  /// The function returned well. Throws what a before_commit function threw, rolled back then.
  [[nodiscard]] CommitResult succeed();
  /// It did not.
  void fail(std::string_view reason) noexcept;
  /// The owner left without a word.
  void abandon() noexcept;

  // --- any thread ---
  [[nodiscard]] bool over() const noexcept { return over_.load(std::memory_order_acquire); }
  [[nodiscard]] bool is_own_thread() const noexcept { return thread_ == std::this_thread::get_id(); }
  [[nodiscard]] ScopeKind kind() const noexcept { return kind_; }
  [[nodiscard]] bool is_active() const noexcept { return body_ != nullptr && !over() && !body_->over(); }
  [[nodiscard]] const Site& site() const noexcept { return site_; }
  [[nodiscard]] const Site& transaction_site() const noexcept { return body_ ? body_->site() : site_; }
  [[nodiscard]] std::uint64_t id() const noexcept { return body_ ? body_->id() : id_; }
  [[nodiscard]] const std::shared_ptr<TransactionBody>& body() const noexcept { return body_; }
  [[nodiscard]] bool is_of(const DatabaseShell& database) const noexcept { return database_key_ == &database; }

 private:
  friend class ScopeStream;
  [[nodiscard]] static std::shared_ptr<TransactionScope> own(std::shared_ptr<DatabaseShell> database,
                                                             const TransactionOptions& options, Site site);
  [[nodiscard]] static std::shared_ptr<TransactionScope> join(std::shared_ptr<DatabaseShell> database, ScopeKind kind,
                                                              Site site);
  bool read(LoneStream& stream, Rows& chunk, Deadline deadline) const;
  [[nodiscard]] Lease lease_for_statement(std::string_view sql);
  [[nodiscard]] CommitResult commit();
  [[nodiscard]] CommitResult end_part();
  [[nodiscard]] CommitResult end_nested();
  [[nodiscard]] CommitResult end_without();
  [[nodiscard]] Error end_after_transaction();
  void go_back() noexcept;
  void mark_outer(std::string_view role, std::string_view reason) noexcept;
  void finish(CommitOutcome outcome) noexcept;
  void run_after(const std::shared_ptr<DatabaseShell>& database, TransactionCallbacks callbacks,
                 CommitOutcome outcome) const noexcept;
  void tell_abandoned(DatabaseShell& database, std::chrono::steady_clock::duration age,
                      std::optional<LeaseRecord> lease, bool clean) const noexcept;

  const ScopeKind kind_;
  const DatabaseShell* const database_key_;
  std::shared_ptr<DatabaseShell> database_;  // Let go at the end: references must not keep a pool alive.
  const std::shared_ptr<TransactionBody> body_;
  const Site site_;
  const std::thread::id thread_ = std::this_thread::get_id();
  const std::uint64_t id_;
  const int uncaught_ = std::uncaught_exceptions();
  std::uint64_t savepoint_ = 0;
  TransactionCallbacks own_callbacks_;  // Of a scope without transaction.
  std::vector<std::weak_ptr<LoneStream>> lone_streams_;
  std::atomic<CommitOutcome> outcome_{CommitOutcome::rolled_back};
  std::atomic<bool> over_{false};
};

}  // namespace lockkeeper::client
