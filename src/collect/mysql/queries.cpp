#include "collect/mysql/queries.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace lockkeeper::collect::mysql {
namespace {

bool is_mariadb(Engine engine) { return engine == Engine::mariadb; }

// performance_schema counts picoseconds, since the server's start.
constexpr const char* picoseconds_a_microsecond = "1000000";

}  // namespace

// The server's start as it remembers it: both numbers are of the statement's own start, so that the difference is the
// same in every look. Uptime alone is rounded against another clock.
std::string server_query(Engine engine) {
  return fmt::format(
      "SELECT FROM_UNIXTIME(UNIX_TIMESTAMP() - (SELECT variable_value FROM {}.global_status WHERE variable_name = "
      "'Uptime')), @@global.max_connections, @@global.performance_schema_max_sql_text_length, "
      "@@global.performance_schema_events_statements_history_size, @@global.performance_schema, CURRENT_USER()",
      is_mariadb(engine) ? "information_schema" : "performance_schema");
}

std::string now_query() { return "SELECT NOW(6), FIND_IN_SET('NO_BACKSLASH_ESCAPES', @@global.sql_mode) > 0"; }

std::string switches_query() {
  return "SELECT name, enabled FROM performance_schema.setup_consumers WHERE name IN ('events_statements_current', "
         "'events_statements_history', 'events_transactions_current') "
         "UNION ALL SELECT name, enabled FROM performance_schema.setup_instruments WHERE name IN ('transaction', "
         "'wait/lock/metadata/sql/mdl')";
}

// Without rights on the mysql schema only our own are shown.
std::string supers_query() {
  return "SELECT DISTINCT grantee FROM information_schema.user_privileges WHERE privilege_type = 'SUPER'";
}

// The text of a session that runs nothing is not kept by the process list. MySQL's has whole seconds alone, and no TIME
// before the session has done anything.
std::string sessions_query(Engine engine, std::optional<std::int64_t> session) {
  return fmt::format(
      "SELECT id, user, host, db, command, COALESCE({}, 0), state, LEFT(info, 16384) FROM {}.processlist WHERE id {}",
      is_mariadb(engine) ? "TRUNCATE(time_ms * 1000, 0)" : "time * 1000000",
      is_mariadb(engine) ? "information_schema" : "performance_schema",
      session ? fmt::format("= {}", *session) : "<> CONNECTION_ID()");
}

// Times are in the server's own zone, whatever the session's is.
std::string transactions_query(std::optional<std::int64_t> session) {
  return fmt::format(
      "SELECT trx_id, trx_state, CONVERT_TZ(trx_started, 'SYSTEM', '+00:00'), CONVERT_TZ(trx_wait_started, 'SYSTEM', "
      "'+00:00'), trx_mysql_thread_id, trx_tables_locked, trx_rows_locked, trx_rows_modified "
      "FROM information_schema.innodb_trx WHERE trx_mysql_thread_id {}",
      session ? fmt::format("= {}", *session) : "<> CONNECTION_ID()");
}

std::string threads_query(std::optional<std::int64_t> session) {
  return fmt::format("SELECT thread_id, processlist_id FROM performance_schema.threads WHERE processlist_id {}",
                     session ? fmt::format("IN ({}, CONNECTION_ID())", *session) : "IS NOT NULL");
}

// The process list of MySQL tells whole seconds: the statement's own times tell more. Joined with the threads it would
// cost four times as much. Our own is among them, and its end is "now".
std::string statement_times_query() {
  return fmt::format(
      "SELECT thread_id, timer_start DIV {0}, timer_end DIV {0}, end_event_id IS NOT NULL, thread_id = "
      "PS_CURRENT_THREAD_ID() FROM performance_schema.events_statements_current WHERE nesting_event_level = 0",
      picoseconds_a_microsecond);
}

// Each statement outside a transaction is one by itself, with autocommit YES.
std::string transaction_events_query() {
  return fmt::format(
      "SELECT thread_id, event_id, IF(nesting_event_type = 'STATEMENT', nesting_event_id, NULL), timer_start DIV {0}, "
      "timer_wait DIV {0} FROM performance_schema.events_transactions_current "
      "WHERE state = 'ACTIVE' AND autocommit = 'NO'",
      picoseconds_a_microsecond);
}

// Who may read a schema or write anything at all is in everybody's way a little: only what excludes others is worth a
// row, and what waits.
std::string metadata_locks_query() {
  return "SELECT object_type, object_schema, object_name, lock_type, lock_status = 'GRANTED', owner_thread_id "
         "FROM performance_schema.metadata_locks WHERE lock_status IN ('GRANTED', 'PENDING') "
         "AND NOT (object_type = 'TABLE' AND object_schema = 'performance_schema') "
         "AND (object_type IN ('TABLE', 'USER LEVEL LOCK', 'FUNCTION', 'PROCEDURE') OR lock_status = 'PENDING' "
         "OR lock_type NOT IN ('INTENTION_EXCLUSIVE', 'SHARED_READ'))";
}

std::string attributes_query() {
  return "SELECT processlist_id, attr_name, attr_value FROM performance_schema.session_connect_attrs "
         "WHERE attr_name IN ('program_name', '_client_name')";
}

// Of a thread, what has ended: in its history where that is kept, else the last one alone. MariaDB keeps no text of a
// prepared statement's run.
std::string statements_query(std::span<const std::int64_t> threads) {
  const auto part = [&](std::string_view table) {
    return fmt::format(
        "SELECT thread_id, event_id, IF(nesting_event_type = 'TRANSACTION', nesting_event_id, NULL), "
        "timer_start DIV {0}, timer_end DIV {0}, sql_text, digest, rows_affected + rows_sent, "
        "IF(errors > 0, returned_sqlstate, '') FROM performance_schema.{1} "
        "WHERE thread_id IN ({2}) AND end_event_id IS NOT NULL "
        "AND (sql_text IS NOT NULL OR event_name = 'statement/com/Execute')",
        picoseconds_a_microsecond, table, fmt::join(threads, ", "));
  };
  return fmt::format("{} UNION {} ORDER BY 1, 2", part("events_statements_history"), part("events_statements_current"));
}

// By thread on MySQL, by transaction on MariaDB. A prepared XA transaction has no thread any more, but its locks still
// name the one that took them: so the transaction is asked for too. Joining these views with the sessions, row by row
// without an index, took MariaDB two seconds where 200 waited for one row.
std::string lock_waits_query(Engine engine) {
  if (is_mariadb(engine)) {
    return fmt::format(
        "SELECT requesting_trx_id, blocking_trx_id, blocking_trx_id, requested_lock_id, blocking_lock_id "
        "FROM information_schema.innodb_lock_waits LIMIT {}",
        most_lock_waits + 1);
  }
  return fmt::format(
      "SELECT requesting_thread_id, blocking_thread_id, blocking_engine_transaction_id, "
      "requesting_engine_lock_id, blocking_engine_lock_id FROM performance_schema.data_lock_waits LIMIT {}",
      most_lock_waits + 1);
}

std::string locks_query(Engine engine, std::span<const std::string> ids) {
  if (is_mariadb(engine)) {
    return "SELECT lock_id, REPLACE(lock_table, '`', ''), lock_index, lock_type, lock_mode "
           "FROM information_schema.innodb_locks";
  }
  std::string list;
  for (const auto& id : ids) list += fmt::format("{}'{}'", list.empty() ? "" : ", ", id);
  return fmt::format(
      "SELECT engine_lock_id, CONCAT(object_schema, '.', object_name), index_name, lock_type, lock_mode "
      "FROM performance_schema.data_locks WHERE engine = 'INNODB' AND engine_lock_id IN ({})",
      list);
}

std::string prepared_query() { return "XA RECOVER"; }

std::map<std::string, std::string> session_settings(Engine engine) {
  std::map<std::string, std::string> settings{{"lock_wait_timeout", "2"}};
  if (is_mariadb(engine)) {
    settings["max_statement_time"] = "5";  // seconds
  } else {
    settings["max_execution_time"] = "5000";  // milliseconds
  }
  return settings;
}

}  // namespace lockkeeper::collect::mysql
