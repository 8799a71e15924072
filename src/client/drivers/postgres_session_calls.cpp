// What a connection does with few fixed words: begin, ping, reset, and the question who waits for whom.
#include <charconv>
#include <chrono>
#include <exception>
#include <limits>
#include <string>
#include <utility>

#include "client/drivers/postgres_connection.hpp"
#include "client/drivers/postgres_errors.hpp"

namespace lockkeeper::client {
namespace {

std::string_view words_of(Isolation isolation) {
  switch (isolation) {
    case Isolation::read_uncommitted: return " ISOLATION LEVEL READ UNCOMMITTED";
    case Isolation::read_committed: return " ISOLATION LEVEL READ COMMITTED";
    case Isolation::repeatable_read: return " ISOLATION LEVEL REPEATABLE READ";
    case Isolation::serializable: return " ISOLATION LEVEL SERIALIZABLE";
  }
  return "";
}

std::string begin_words(const BeginOptions& options) {
  std::string words = "BEGIN";
  if (options.isolation) words += words_of(*options.isolation);
  if (options.read_only) words += " READ ONLY";
  if (options.deferrable) words += " DEFERRABLE";
  return words;
}

// A server's process ids fit into int; a larger number is nobody's.
std::string array_of_pids(std::span<const std::int64_t> pids) {
  std::string array = "{";
  for (const std::int64_t pid : pids) {
    if (pid <= 0 || pid > std::numeric_limits<std::int32_t>::max()) continue;
    if (array.size() > 1) array += ',';
    array += std::to_string(pid);
  }
  return array + "}";
}

std::int64_t number_in(const Rows& rows, std::size_t row, std::size_t column) {
  const std::string_view text = rows.cell(row, column).value_or("0");
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

// A second BEGIN would only get a warning and join the first's transaction.
void PostgresConnection::begin(const BeginOptions& options, Deadline deadline) {
  require_usable();
  if (transaction_status() != TransactionStatus::idle) {
    throw Failure(misuse("a transaction is open already", Blast::statement));
  }
  begin_words_ = begin_words(options);
  if (options.with_first_statement) return;
  try {
    begin_now(deadline);
  } catch (const Failure&) {
    begin_words_.clear();
    throw;
  }
}

void PostgresConnection::begin_now(Deadline deadline) {
  if (begin_words_.empty()) return;
  const std::string words = std::exchange(begin_words_, {});
  const Step step{.kind = Step::Kind::simple, .sql = words};
  Outcome outcome = exchange({&step, 1}, false, deadline);
  if (outcome.error) fail_to_begin(words, std::move(outcome));
}

void PostgresConnection::fail_to_begin(const std::string& words, Ending ending) {
  // A standby has no serializable transactions.
  const bool is_refused = ending.usable && ending.error->sqlstate == "0A000";
  if (is_refused) throw Failure(misuse(ending.error->message, Blast::statement));
  // In want of time nothing has begun, and it still can.
  if (ending.usable && ending.error->code == ErrorCode::deadline) begin_words_ = words;
  fail(ending, {.before = transaction_status(), .may_commit = false});
}

// Whoever takes the handle may look at the transaction, so it must be there. A session that cannot even begin is of no
// use.
void* PostgresConnection::native_handle() noexcept {
  constexpr std::chrono::seconds patience{10};
  try {
    begin_now(std::chrono::steady_clock::now() + patience);
  } catch (const std::exception&) {
    end();
  }
  return connection_.get();
}

// An empty statement of the simple protocol: the only one that a failed transaction answers too.
void PostgresConnection::ping(Deadline deadline) {
  require_usable();
  if (!begin_words_.empty()) return begin_now(deadline);
  say("", deadline);
}

void PostgresConnection::reset(Deadline deadline) {
  require_usable();
  if (transaction_status() != TransactionStatus::idle) {
    throw Failure(misuse("a session is not reset inside a transaction", Blast::statement));
  }
  say("DISCARD ALL", deadline);
}

// pg_blocking_pids locks the whole lock table for a moment, so only those are asked about that wait for a lock (or
// whose state the role may not see). A prepared transaction that blocks has no session: its pid is 0, and it is left
// out.
std::vector<LockWait> PostgresConnection::lock_waits(std::span<const std::int64_t> waiters, Deadline deadline) {
  require_usable();
  if (waiters.empty()) return {};
  const std::string pids = array_of_pids(waiters);
  const Parameter parameter(pids);
  const Rows rows = execute(
      "SELECT DISTINCT a.pid, b.pid FROM pg_stat_activity a, unnest(pg_blocking_pids(a.pid)) AS b(pid) "
      "WHERE a.pid = ANY ($1::int[]) AND (a.wait_event_type = 'Lock' OR a.state IS NULL) AND b.pid <> 0",
      {&parameter, 1}, deadline);
  std::vector<LockWait> waits;
  waits.reserve(rows.size());
  for (std::size_t row = 0; row < rows.size(); ++row) {
    waits.push_back({.waiter = number_in(rows, row, 0), .blocker = number_in(rows, row, 1)});
  }
  return waits;
}

}  // namespace lockkeeper::client
