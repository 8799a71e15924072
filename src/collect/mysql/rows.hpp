// The rows of MySQL's and MariaDB's views as plain structs. What differs between them ends here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <lockkeeper/rows.hpp>

#include "model/snapshot.hpp"
#include "model/time.hpp"
#include "sql/options.hpp"

namespace lockkeeper::collect::mysql {

/// What does not change while one connection lasts.
struct ServerRow {
  model::WallTime started_at;
  std::int64_t max_connections = 0;
  std::int64_t text_size = 0;     ///< performance_schema_max_sql_text_length: its texts are cut there, in bytes.
  std::int64_t history_size = 0;  ///< Statements kept of each thread.
  bool performance_schema = false;
  std::string role;  ///< CURRENT_USER(): "monitor@%".
};

struct NowRow {
  model::WallTime time;
  /// Of sql_mode as sessions begin with it: what each has made of it the views do not say.
  sql::Backslashes backslashes = sql::Backslashes::escapes;
};

/// What performance_schema collects now. All false where it is off.
struct Switches {
  bool statements = false;    ///< Consumers events_statements_current and _history.
  bool transactions = false;  ///< Consumer events_transactions_current and instrument `transaction`.
  bool metadata_locks = false;
};

struct SessionRow {
  std::int64_t id = 0;
  std::string user;
  std::string host;  ///< With its port; "localhost" for the socket.
  std::string database;
  std::string command;
  model::Duration in_state{};  ///< Since the command began, or ended where it is Sleep. MySQL: whole seconds.
  std::string state;
  std::optional<std::string> text;
};

/// innodb_trx. A START TRANSACTION that has read nothing yet is not in it.
struct TransactionRow {
  std::string id;
  std::string state;  ///< RUNNING, LOCK WAIT, ROLLING BACK, COMMITTING
  model::WallTime started_at;
  std::optional<model::WallTime> wait_started_at;
  std::int64_t session = 0;  ///< 0: a prepared XA transaction without one.
  std::int64_t tables_locked = 0;
  std::int64_t rows_locked = 0;
  std::int64_t rows_modified = 0;
};

struct ThreadRow {
  std::int64_t thread = 0;
  std::int64_t session = 0;
};

/// The last statement of a thread, outermost where statements are nested. Times are performance_schema's own.
struct StatementTimeRow {
  std::int64_t thread = 0;
  model::Duration started{};
  model::Duration ended{};  ///< Of one that runs: now.
  bool has_ended = false;
  bool ours = false;  ///< The statement that asks.
};

/// events_transactions_current: also of transactions that have touched nothing. Times are performance_schema's own.
struct TransactionEventRow {
  std::int64_t thread = 0;
  std::int64_t event = 0;
  std::optional<std::int64_t> begun_by;  ///< The statement's event, where no BEGIN was.
  model::Duration started{};
  model::Duration age{};
};

struct LockWaitRow {
  std::string waiter;  ///< MySQL: threads. MariaDB: transactions.
  std::string blocker;
  std::string blocking_transaction;
  std::string requested;  ///< Ids of locks.
  std::string held;
};

struct LockRow {
  std::string id;
  std::string table;  ///< "shop.post"
  std::string index;
  std::string kind;  ///< RECORD or TABLE
  std::string mode;
};

struct MetadataLockRow {
  std::string kind;    ///< TABLE, USER LEVEL LOCK, GLOBAL, ...
  std::string target;  ///< "shop.post"
  std::string mode;    ///< SHARED_WRITE, ...
  bool granted = true;
  std::int64_t thread = 0;
};

struct AttributeRow {
  std::int64_t session = 0;
  std::string name;  ///< program_name or _client_name
  std::string value;
};

/// A statement that has ended, of the thread's history.
struct StatementRow {
  std::int64_t thread = 0;
  std::int64_t event = 0;
  std::optional<std::int64_t> transaction;  ///< The event that it is nested in, where that is a transaction.
  model::Duration started{};
  model::Duration ended{};
  std::string text;  ///< Empty: the server keeps none.
  std::optional<std::string> digest;
  std::int64_t rows = 0;
  std::string error;  ///< SQLSTATE; empty: none.
};

/// A view that our account may not read: what is missing then.
struct Denied {
  bool transactions = false;        ///< innodb_trx, and other users' sessions with it.
  bool performance_schema = false;  ///< All of it.
  bool prepared = false;            ///< XA RECOVER
};

/// Everything of one look.
struct LookRows {
  model::Engine engine = model::Engine::mysql;
  ServerRow server;
  model::WallTime now;
  sql::Backslashes backslashes = sql::Backslashes::escapes;  ///< NowRow
  Switches switches;
  Denied denied;
  bool stale_transactions = false;  ///< Somebody keeps innodb_trx from being renewed.
  std::vector<std::string> supers;  ///< Users with SUPER.
  std::vector<SessionRow> sessions;
  std::vector<TransactionRow> transactions;
  std::vector<ThreadRow> threads;
  std::vector<StatementTimeRow> statement_times;
  std::vector<TransactionEventRow> transaction_events;
  std::vector<LockWaitRow> lock_waits;
  bool lock_waits_cut = false;  ///< There were more of them.
  std::vector<LockRow> locks;   ///< Those that are waited for or in the way; never all.
  std::vector<MetadataLockRow> metadata_locks;
  std::vector<AttributeRow> attributes;
  std::vector<std::string> prepared;  ///< XIDs as XA ROLLBACK takes them.
  std::vector<StatementRow> statements;
};

// One reader for each query of queries.hpp, in the order of its SELECT list. They throw Failure (code `protocol`) where
// a cell is not what the query promised.
[[nodiscard]] ServerRow read_server(const Rows& rows);
[[nodiscard]] NowRow read_now(const Rows& rows);
[[nodiscard]] Switches read_switches(const Rows& rows);
[[nodiscard]] std::vector<std::string> read_supers(const Rows& rows);
[[nodiscard]] std::vector<SessionRow> read_sessions(const Rows& rows);
[[nodiscard]] std::vector<TransactionRow> read_transactions(const Rows& rows);
[[nodiscard]] std::vector<ThreadRow> read_threads(const Rows& rows);
[[nodiscard]] std::vector<StatementTimeRow> read_statement_times(const Rows& rows);
[[nodiscard]] std::vector<TransactionEventRow> read_transaction_events(const Rows& rows);
[[nodiscard]] std::vector<LockWaitRow> read_lock_waits(const Rows& rows);
[[nodiscard]] std::vector<LockRow> read_locks(const Rows& rows);
[[nodiscard]] std::vector<MetadataLockRow> read_metadata_locks(const Rows& rows);
[[nodiscard]] std::vector<AttributeRow> read_attributes(const Rows& rows);
[[nodiscard]] std::vector<std::string> read_prepared(const Rows& rows);
[[nodiscard]] std::vector<StatementRow> read_statements(const Rows& rows);

}  // namespace lockkeeper::collect::mysql
