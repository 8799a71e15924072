// One transaction on the server: its connection, and all that its scopes share.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <source_location>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <lockkeeper/pool.hpp>
#include <lockkeeper/transaction.hpp>

#include "client/propagation.hpp"
#include "client/transaction_callbacks.hpp"
#include "client/transaction_texts.hpp"
#include "client/transaction_timer.hpp"
#include "client/watchdog.hpp"

namespace lockkeeper::client {

/// How a commit went. With an error, what Database::transact throws; `refused` ones Transaction::commit throws too: the
/// transaction had to be rolled back before COMMIT was sent.
struct CommitResult {
  CommitOutcome outcome = CommitOutcome::committed;
  std::optional<Error> error = {};
  bool refused = false;
};

/// How a rollback went.
struct RollbackResult {
  CommitOutcome outcome = CommitOutcome::rolled_back;  ///< Unknown where something else had ended it before.
  bool clean = true;                                   ///< False: ROLLBACK failed; the connection is discarded.
};

/// A stream that is being read, shared by the transaction, which closes it at the latest, and its reader.
struct OpenStream {
  const TransactionScope* reader = nullptr;
  std::unique_ptr<RowStream> rows;  ///< Null: ended or closed.
  bool at_end = false;              ///< Everything was read.
  bool failed = false;
};

/// Used by the thread that began it alone, but for mark_silently; scopes see to that. The truth about whether it is
/// open is the server's status, asked before and after every statement.
class TransactionBody {
 public:
  /// Takes a connection and begins. Throws Failure.
  TransactionBody(Pool& pool, Watchdog& watchdog, const TransactionOptions& options, Site site);
  TransactionBody(const TransactionBody&) = delete;
  TransactionBody& operator=(const TransactionBody&) = delete;

  /// Throws `transaction_ended` or `transaction_timeout` where no use can be made of it any more.
  void require_usable();

  // --- statements; throw Failure (transaction_body.cpp) ---
  Rows run(std::string_view sql, std::span<const Parameter> parameters);
  std::vector<Rows> run_batch(std::span<const Statement> statements);
  [[nodiscard]] std::shared_ptr<OpenStream> open_stream(std::string_view sql, std::span<const Parameter> parameters,
                                                        std::size_t chunk_rows, const TransactionScope& reader);
  /// The next rows of a stream of ours; closes it at its end.
  bool read(OpenStream& stream, Rows& chunk, Deadline deadline);
  void close(OpenStream& stream) noexcept;
  [[nodiscard]] bool is_read_by(const TransactionScope& scope) const noexcept;
  void close_stream() noexcept;
  [[nodiscard]] void* native_handle();

  // --- savepoints (transaction_savepoints.cpp) ---
  [[nodiscard]] std::uint64_t savepoint();
  void release(std::uint64_t savepoint);
  /// Those made since are gone with it.
  void roll_back_to(std::uint64_t savepoint);
  [[nodiscard]] bool is_open(std::uint64_t savepoint) const noexcept;
  [[nodiscard]] bool is_last(std::uint64_t savepoint) const noexcept;
  /// Throws `misuse` where it is not.
  void require_last(std::uint64_t savepoint) const;

  // --- rollback only ---
  void mark(RollbackMark mark);
  /// Where nothing can be said about why. For good, and from any thread.
  void mark_silently() noexcept { marked_silently_.store(true); }
  [[nodiscard]] bool has_failed() const noexcept { return failed_.has_value(); }
  [[nodiscard]] bool is_rollback_only() const noexcept { return mark_.has_value() || marked_silently_.load(); }
  /// Why it can only be rolled back, as the error that a commit of it throws.
  [[nodiscard]] std::optional<Error> doom();
  /// Why what a nested scope did since its savepoint cannot be kept.
  [[nodiscard]] std::optional<Error> doom_since(std::uint64_t savepoint, const Site& nested);

  // --- the end, which gives the connection back (transaction_end.cpp) ---
  /// Rolls back where `doom` says so.
  [[nodiscard]] CommitResult commit();
  RollbackResult roll_back() noexcept;
  [[nodiscard]] bool over() const noexcept { return over_.load(std::memory_order_acquire); }
  [[nodiscard]] CommitOutcome outcome() const noexcept { return outcome_; }

  // --- what is ---
  [[nodiscard]] const Site& site() const noexcept { return site_; }
  [[nodiscard]] std::uint64_t id() const noexcept { return id_; }
  [[nodiscard]] Engine engine() const noexcept { return engine_; }
  [[nodiscard]] std::optional<Deadline> deadline() const noexcept;
  [[nodiscard]] CurrentTransaction as_current();
  [[nodiscard]] bool may_write() const noexcept { return !options_.read_only; }
  [[nodiscard]] LeaseRecord lease_record() const { return lease_.record(); }
  [[nodiscard]] std::chrono::steady_clock::duration age() const noexcept;
  /// The next cursor's number, from 1: names repeat with every transaction, and so do the statements' texts.
  [[nodiscard]] unsigned next_cursor() noexcept { return ++cursors_; }
  /// One more is open on the server, or one less: for the lease's record.
  void count_cursors(int more) noexcept;

  TransactionCallbacks callbacks;
  int inner_scopes = 0;        ///< That take part or are nested, and are not over.
  std::string outside_effect;  ///< What a second run would do again; empty: nothing.

 private:
  // What became of it before its owner ended it.
  enum class Standing {
    open,
    rolled_back,  // By the server, when a statement failed.
    lost,         // With its connection.
    ended,        // By something other than its owner; perhaps committed.
  };
  struct OpenSavepoint {
    std::uint64_t id;
    TransactionCallbacks::Mark callbacks;
    bool was_marked;
  };

  template <class Work>
  auto use(Work&& work);
  void start_timer(Watchdog& watchdog);
  void refuse_words(std::string_view sql) const;
  void look_at_standing();
  void ask_connection_anew() noexcept;
  void confirm_open();
  void note_failure(const Error& error);
  void note_given_up() noexcept;
  [[noreturn]] void throw_on(const Failure& failure);
  [[nodiscard]] bool timer_passed() noexcept;
  [[nodiscard]] Error timeout_error() const { return timed_out(site_, options_.timeout); }
  void tell_timeout() const noexcept;
  [[nodiscard]] std::vector<OpenSavepoint>::iterator find(std::uint64_t savepoint) noexcept;
  using Undone = std::string (*)(const Site&);  // not_committed or not_kept; put into words only where needed.
  [[nodiscard]] std::optional<Error> doom_of_server(Undone undone, const Site& site);
  [[nodiscard]] std::string_view what_is_open() const noexcept;
  [[nodiscard]] std::optional<Deadline> commit_deadline() const noexcept;
  [[nodiscard]] CommitResult send_commit();
  [[nodiscard]] CommitResult commit_failed(const Error& error);
  [[nodiscard]] CommitResult unknown(Error error);
  void end_unknown(const Error& error) noexcept;
  [[nodiscard]] bool send_rollback() noexcept;
  [[nodiscard]] RollbackResult roll_back_in_vain() noexcept;
  void finish(CommitOutcome outcome) noexcept;

  Pool& pool_;
  const Site site_;
  const std::uint64_t id_;
  TransactionOptions options_;
  Lease lease_;
  Engine engine_ = Engine::postgres;
  std::chrono::steady_clock::time_point began_;
  std::unique_ptr<TransactionTimer> timer_;  // Null: no timeout.

  Standing standing_ = Standing::open;
  std::optional<FailedStatement> failed_;
  std::string ended_by_;  // The shape of the statement after which nothing was open any more.
  std::optional<RollbackMark> mark_;
  std::atomic<bool> marked_silently_{false};
  std::vector<OpenSavepoint> savepoints_;
  std::uint64_t savepoints_made_ = 0;
  std::shared_ptr<OpenStream> stream_;
  std::optional<TransactionTimer::Running> stream_running_;
  unsigned cursors_ = 0;
  std::atomic<bool> over_{false};  // Ended by its owner, and answered.
  CommitOutcome outcome_ = CommitOutcome::rolled_back;
  bool native_lent_ = false;  // Somebody has the native handle, and may do anything with it.
};

}  // namespace lockkeeper::client
