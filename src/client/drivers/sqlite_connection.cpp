#include "client/drivers/sqlite_connection.hpp"

#include <algorithm>
#include <utility>

#include "client/drivers/sqlite_stream.hpp"
#include "client/drivers/sqlite_words.hpp"

namespace lockkeeper::client::sqlite {
namespace {

// As SQLite names it; empty for one in memory.
std::string file_of(const Session& session) {
  const char* file = sqlite3_db_filename(session.database.get(), "main");
  return file == nullptr ? "" : file;
}

ServerInfo describe(const Session& session, std::int64_t connection) {
  // SQLite counts major * 1,000,000 + minor * 1,000 + patch.
  const int number = sqlite3_libversion_number();
  return {.product = "SQLite",
          .version = number / 1'000'000 * 10'000 + number / 1'000 % 1'000 * 100 + number % 1'000,
          .host = {},
          .port = {},
          .user = {},
          .database = session.name,
          .backend_id = connection,
          .engine = Engine::sqlite};
}

bool only_reads(const Statement& statement) noexcept { return verb_of(statement.sql) == Verb::read; }
bool is_about_transactions(const Statement& statement) noexcept { return verb_of(statement.sql) == Verb::transaction; }

}  // namespace

SqliteConnection::SqliteConnection(Session session, std::size_t kept_statements)
    : session_(std::move(session)),
      lock_share_(std::make_unique<LockShare>(file_of(session_), session_.interruption)),
      server_(describe(session_, lock_share_->number())),
      statements_(kept_statements) {}

StatementInUse SqliteConnection::statement_for(std::string_view sql) {
  if (PreparedStatement* const kept = statements_.find(sql)) return {kept, {}};
  auto statement = prepare(database(), interruption(), sql);
  if (verb_of(sql) == Verb::pragma) {
    has_used_pragmas_ = true;
    interruption().watch(database());  // PRAGMA busy_timeout takes the waiting away as it is prepared.
  }
  return statements_.keep(std::move(statement));
}

Rows SqliteConnection::run(std::string_view sql, std::span<const Parameter> parameters) {
  Execution execution(database(), interruption(), statement_for(sql));
  execution.bind(parameters);
  return execution.run();
}

void SqliteConnection::say(std::string_view sql) {
  auto statement = prepare(database(), interruption(), sql);
  PreparedStatement* const used = statement.get();
  static_cast<void>(Execution(database(), interruption(), {used, std::move(statement)}).run());
}

Rows SqliteConnection::execute(std::string_view sql, std::span<const Parameter> parameters, Deadline deadline) {
  return attempt(deadline, [&] { return run(sql, parameters); });
}

std::vector<Rows> SqliteConnection::execute_batch(std::span<const Statement> statements, Deadline deadline) {
  require_usable();
  if (statements.empty()) return {};
  return attempt(deadline, [&] { return is_open() ? run_all(statements) : run_as_transaction(statements); });
}

std::vector<Rows> SqliteConnection::run_all(std::span<const Statement> statements) {
  std::vector<Rows> rows;
  rows.reserve(statements.size());
  for (const Statement& statement : statements) {
    if (interruption().should_stop()) throw Failure(stopped_between(interruption().stopped_by()));
    rows.push_back(run(statement.sql, statement.parameters));
  }
  return rows;
}

std::vector<Rows> SqliteConnection::run_as_transaction(std::span<const Statement> statements) {
  if (std::ranges::any_of(statements, is_about_transactions)) {
    throw Failure(misuse("a batch outside a transaction is one: it can hold no BEGIN, COMMIT or ROLLBACK"));
  }
  static_cast<void>(run(begin_words(!std::ranges::all_of(statements, only_reads))));
  try {
    auto rows = run_all(statements);
    static_cast<void>(run("COMMIT"));
    return rows;
  } catch (const Failure& failure) {
    roll_back();
    Error error = failure.error();
    if (error.blast == Blast::transaction) error.blast = Blast::statement;
    if (!session_.database) error.blast = Blast::connection;
    throw Failure(std::move(error));
  } catch (...) {
    roll_back();
    throw;
  }
}

// Neither a deadline nor a cancel holds for it. Where it fails SQLite has rolled back already, or never will.
void SqliteConnection::roll_back() noexcept {
  interruption().finish();
  try {
    if (is_open()) static_cast<void>(run("ROLLBACK"));
  } catch (...) {
    if (is_open()) end();
  }
}

std::unique_ptr<RowStream> SqliteConnection::stream(std::string_view sql, std::span<const Parameter> parameters,
                                                    std::size_t chunk_rows, Deadline deadline) {
  require_usable();
  if (chunk_rows == 0) throw Failure(misuse("a stream gives at least one row at a time"));
  if (has_passed(deadline)) throw Failure(too_late("the statement was not begun"));
  auto stream = std::make_unique<SqliteStream>(*this, parameters, chunk_rows);
  stream_ = stream.get();
  stream->start(sql, deadline);
  return stream;
}

void SqliteConnection::end_stream(const Error* failed) noexcept {
  stream_ = nullptr;
  if (failed != nullptr && failed->blast == Blast::connection) end();
}

void SqliteConnection::look_at_usability() {
  if (!session_.database) throw Failure(misuse("the connection is closed", Blast::connection));
  if (stream_ != nullptr) throw Failure(misuse("the connection is busy: its stream has not ended"));
  leave_read_only();
}

TransactionStatus SqliteConnection::transaction_status() const noexcept {
  if (!session_.database || stream_ != nullptr) return TransactionStatus::unknown;
  return is_open() ? TransactionStatus::open : TransactionStatus::idle;
}

std::unique_ptr<Canceller> SqliteConnection::canceller() {
  return std::make_unique<SqliteCanceller>(session_.interruption);
}

void SqliteConnection::tell_locks() noexcept {
  if (!lock_share_) return;
#if SQLITE_VERSION_NUMBER >= 3039000
  if (sqlite3_db_name(database(), 2) != nullptr)
    lock_share_->distrust();  // Attached: another file's lock may be meant.
#endif
  lock_share_->set_writes(is_open() && sqlite3_txn_state(database(), "main") == SQLITE_TXN_WRITE);
}

void SqliteConnection::end() noexcept {
  if (!session_.database) return;
  lock_share_.reset();
  if (SqliteStream* const open = std::exchange(stream_, nullptr)) open->forget();
  session_.interruption->close();
  statements_.forget_all();
  session_.database.reset();
}

}  // namespace lockkeeper::client::sqlite
