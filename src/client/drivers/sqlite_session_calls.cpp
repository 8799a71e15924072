// What a connection does with few fixed words: begin, ping, reset.
#include "client/drivers/sqlite_connection.hpp"

namespace lockkeeper::client::sqlite {

// The isolation asked for is always given: SQLite knows but one. Deferrable means nothing more: what only reads never
// fails for the sake of others.
void SqliteConnection::begin(const BeginOptions& options, Deadline deadline) {
  require_usable();
  if (is_open()) throw Failure(misuse("a transaction is open already"));
  attempt(deadline, [&] {
    if (options.read_only) enter_read_only();
    static_cast<void>(run(begin_words(!options.read_only)));
  });
}

// Set first: where BEGIN fails it is taken back like that of any transaction that has ended.
void SqliteConnection::enter_read_only() {
  if (session_.is_query_only) return;
  is_read_only_ = true;
  set_query_only("PRAGMA query_only=1");
}

// Run, it would have every kept statement prepared anew; but SQLite switches when it prepares the pragma.
void SqliteConnection::set_query_only(std::string_view pragma) {
  const auto prepared = prepare(database(), interruption(), pragma);
  if (!session_.switches_when_prepared) say(pragma);
}

void SqliteConnection::leave_read_only() {
  if (!is_read_only_ || is_open()) return;
  set_query_only("PRAGMA query_only=0");
  is_read_only_ = false;
}

void SqliteConnection::try_to_leave_read_only() noexcept {
  try {
    if (session_.database) leave_read_only();
  } catch (...) {
  }
}

// With a WAL SQLite itself never looks whether its file is still the one that others find.
void SqliteConnection::ping(Deadline deadline) {
  attempt(deadline, [&] {
    static_cast<void>(run("SELECT 1"));
    int has_moved = 0;
    sqlite3_file_control(database(), "main", SQLITE_FCNTL_HAS_MOVED, &has_moved);
    if (has_moved == 0) return;
    const Fault moved{.code = SQLITE_READONLY_DBMOVED, .message = "the database file is no longer there"};
    throw Failure(statement_error(database(), moved, {}));
  });
}

void SqliteConnection::reset(Deadline deadline) {
  require_usable();
  if (is_open()) throw Failure(misuse("a session is not reset inside a transaction"));
  attempt(deadline, [&] {
    if (has_used_pragmas_) {
      for (const std::string& pragma : session_.pragmas) say(pragma);
    }
    has_used_pragmas_ = false;
  });
}

std::vector<LockWait> SqliteConnection::lock_waits(std::span<const std::int64_t> waiters, Deadline) {
  require_usable();
  return LockShare::waits_among(waiters);
}

}  // namespace lockkeeper::client::sqlite
