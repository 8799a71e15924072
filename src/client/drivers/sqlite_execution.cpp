#include "client/drivers/sqlite_execution.hpp"

#include <limits>
#include <string>
#include <utility>

#include "client/drivers/sqlite_cells.hpp"
#include "client/drivers/sqlite_words.hpp"

namespace lockkeeper::client::sqlite {
namespace {

constexpr std::string_view one_at_a_time = "one statement at a time: the text holds more";

bool is_open(sqlite3* database) noexcept { return sqlite3_get_autocommit(database) == 0; }

void require_one_statement(std::string_view sql) {
  if (sql.contains('\0')) throw Failure(misuse("SQLite takes no zero byte in a statement"));
  if (sql.size() > std::numeric_limits<int>::max()) throw Failure(misuse("the statement is longer than 2 GB"));
  // Many pragmas act while they are prepared: too late for second thoughts.
  if (verb_of(sql) == Verb::pragma && !is_blank(behind_first_statement(sql))) throw Failure(misuse(one_at_a_time));
}

}  // namespace

std::unique_ptr<PreparedStatement> prepare(sqlite3* database, Interruption& interruption, std::string_view sql) {
  require_one_statement(sql);
  const char* const begin = sql.empty() ? "" : sql.data();
  for (;;) {
    sqlite3_stmt* handle = nullptr;
    const char* tail = begin;
    const int outcome =
        sqlite3_prepare_v3(database, begin, static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &handle, &tail);
    StatementHandle owner(handle);
    if (outcome == SQLITE_OK) {
      const std::string_view rest = sql.substr(static_cast<std::size_t>(tail - begin));
      if (!is_blank(rest)) throw Failure(misuse(one_at_a_time));
      return std::make_unique<PreparedStatement>(sql, std::move(owner));
    }
    const Fault fault = fault_of(database);
    if (fault.code == SQLITE_LOCKED_SHAREDCACHE && interruption.wait_for_unlock()) continue;
    const bool open = is_open(database);
    throw Failure(statement_error(
        database, fault,
        {.stopped_by = interruption.stopped_by(), .was_open = open, .is_open = open, .changes = false, .sql = sql}));
  }
}

bool Execution::step() {
  if (handle_ == nullptr) return false;
  for (;;) {
    const int outcome = sqlite3_step(handle_);
    if (outcome == SQLITE_DONE) return false;
    if (outcome == SQLITE_ROW) return has_rows_ = true;
    const Fault fault = fault_of(database_);
    if (!waits_for_unlock(fault)) fail(fault);
  }
}

// Table locks of a shared cache are taken before the first row; nothing is done twice.
bool Execution::waits_for_unlock(const Fault& fault) {
  if (fault.code != SQLITE_LOCKED_SHAREDCACHE || has_rows_) return false;
  sqlite3_reset(handle_);
  return interruption_.wait_for_unlock();
}

void Execution::append_to(Rows& rows) { append_row(rows, handle_, sqlite3_data_count(handle_)); }

std::uint64_t Execution::affected(std::uint64_t selected) const noexcept {
  if (statement_.statement->only_reads()) return selected;
  // CREATE TABLE and the like leave the count of the statement before them.
  if (sqlite3_total_changes64(database_) == changes_before_) return 0;
  return static_cast<std::uint64_t>(sqlite3_changes64(database_));
}

Rows Execution::run() {
  Rows rows;
  while (step()) append_to(rows);
  if (has_columns()) rows.set_columns(columns());
  rows.set_affected(affected(rows.size()));
  return rows;
}

// Whether SQLite has ended the transaction is certain only once the statement has ended.
void Execution::fail(const Fault& fault) {
  sqlite3_reset(handle_);
  throw Failure(statement_error(database_, fault,
                                {.stopped_by = interruption_.stopped_by(),
                                 .was_open = was_open_,
                                 .is_open = is_open(database_),
                                 .changes = !statement_.statement->only_reads(),
                                 .sql = statement_.statement->sql(),
                                 .parameters = parameters_}));
}

}  // namespace lockkeeper::client::sqlite
