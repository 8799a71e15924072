#include "collect/postgres/queries.hpp"

#include <fmt/format.h>

namespace lockkeeper::collect::postgres {
namespace {

// track_activity_query_size comes in bytes from pg_settings; current_setting says 1500B, which pg_size_bytes knows only
// since 16.
constexpr const char* facts = R"sql(
SELECT clock_timestamp(), pg_postmaster_start_time(), pg_is_in_recovery(),
       current_setting('max_connections'), current_setting('superuser_reserved_connections'),
       coalesce(current_setting('reserved_connections', true), '0'),
       current_setting('autovacuum_freeze_max_age'),
       (SELECT setting FROM pg_settings WHERE name = 'track_activity_query_size'), current_user,
       (SELECT array_agg(oid::bigint) FROM pg_roles WHERE rolsuper))sql";

// No filter on backend_type: it is NULL for other roles' sessions when the observer is an ordinary role.
// The text of a session that has nothing open is not fetched: most sessions of a server are idle.
constexpr const char* activity = R"sql(
SELECT pid, backend_start, leader_pid, backend_type, datname, usesysid::bigint, usename, application_name,
       host(client_addr), client_port, xact_start, query_start, state_change, state, wait_event_type, wait_event,
       age(backend_xid), age(backend_xmin), {query_id},
       CASE WHEN state IS DISTINCT FROM 'idle' THEN query END
FROM pg_stat_activity WHERE pid <> pg_backend_pid())sql";

// One scan of the lock table, folded while it is read: locks held by lock and mode, with their sessions in an array
// (most sessions hold the same few); requests not granted one by one. Own virtual and real transaction ids
// are left out (everybody has them), but for prepared transactions, whose id is what others wait for.
// SIReadLock is a predicate lock: it never blocks anyone. Locks that every use of an index takes say nothing that the
// table's own does not.
constexpr const char* locks = R"sql(
SELECT locktype, database, relation, page, tuple, virtualxid, xid, classid, objid, objsubid, mode, waiter, waitstart,
       place, pids, prepared,
       CASE WHEN waiter IS NOT NULL AND place <= {exact} THEN pg_blocking_pids(waiter) END AS blocked_by,
       c.oid::regclass::text AS relation_name, d.datname AS database_name
FROM (
  SELECT *, row_number() OVER (PARTITION BY waiter IS NULL, locktype, database, relation, page, tuple, virtualxid,
                                            xid::text, classid, objid, objsubid, mode
                               ORDER BY waitstart NULLS LAST, waiter) AS place
  FROM (
    SELECT locktype, database, relation, classid, objid, objsubid, mode,
           CASE WHEN NOT granted THEN pid END AS waiter,
           CASE WHEN NOT granted OR pid IS NULL THEN transactionid END AS xid,
           CASE WHEN NOT granted THEN min(page) END AS page, CASE WHEN NOT granted THEN min(tuple) END AS tuple,
           CASE WHEN NOT granted THEN min(virtualxid) END AS virtualxid, min({waitstart}) AS waitstart,
           array_agg(pid) FILTER (WHERE pid IS NOT NULL) AS pids,
           array_agg(virtualtransaction) FILTER (WHERE pid IS NULL) AS prepared
    FROM pg_locks
    WHERE mode <> 'SIReadLock' AND pid IS DISTINCT FROM pg_backend_pid()
      AND (NOT granted OR pid IS NULL OR locktype NOT IN ('virtualxid', 'transactionid'))
    GROUP BY locktype, database, relation, classid, objid, objsubid, mode, granted, 8, 9
  ) AS folded
) AS ranked
LEFT JOIN pg_database d ON d.oid = ranked.database
LEFT JOIN pg_class c ON c.oid = ranked.relation AND (d.datname = current_database() OR ranked.database = 0)
WHERE NOT (waiter IS NULL AND c.relkind IN ('i', 'I')
           AND mode IN ('AccessShareLock', 'RowShareLock', 'RowExclusiveLock')))sql";

constexpr const char* prepared = R"sql(
SELECT transaction, age(transaction), gid, prepared, owner, database FROM pg_prepared_xacts)sql";

// A standby's feedback arrives in the slot where it has one, else in the backend_xmin of its walsender's session.
constexpr const char* slots = R"sql(
SELECT slot_name, active, greatest(age(xmin), age(catalog_xmin))
FROM pg_replication_slots WHERE xmin IS NOT NULL OR catalog_xmin IS NOT NULL)sql";

// Of the facts, those that change from glance to glance.
constexpr const char* clock = "SELECT clock_timestamp(), pg_postmaster_start_time()";

// $1 idle and $2 open in microseconds, $3 holds_back in transactions: see Noteworthy. Straight from the function behind
// pg_stat_activity, whose cost is then nearly all that is left. A client that is not listed is a row of NULLs, to be
// counted: that is cheaper than a second pass. Times are the dearest cells: a rule that reads a session's silence does
// not read its transaction, and nothing reads backend_start. Who waits for a lock is held up by another, and who that
// is a glance does not see.
constexpr const char* glance = R"sql(
SELECT CASE WHEN listed THEN pid END, CASE WHEN listed THEN backend_type END, CASE WHEN listed THEN datname END,
       CASE WHEN listed THEN rolname END, CASE WHEN listed THEN application_name END, CASE WHEN listed THEN state END,
       CASE WHEN listed THEN state_change END, CASE WHEN timed THEN xact_start END,
       CASE WHEN timed THEN age(backend_xid) END, CASE WHEN timed THEN age(backend_xmin) END,
       CASE WHEN listed THEN query END
FROM (
  SELECT *, silent OR long_open OR holds_back AS listed, long_open AND NOT silent OR holds_back AS timed
  FROM (
    SELECT pid, datid, usesysid, application_name, state, query, xact_start, state_change, backend_xid, backend_xmin,
           backend_type,
           coalesce(state IN ('idle in transaction', 'idle in transaction (aborted)')
                    AND state_change <= (SELECT clock_timestamp() - $1 * interval '1 microsecond'), false) AS silent,
           coalesce(wait_event_type IS DISTINCT FROM 'Lock'
                    AND xact_start <= (SELECT clock_timestamp() - $2 * interval '1 microsecond'), false) AS long_open,
           coalesce(greatest(age(backend_xid), age(backend_xmin)) >= $3, false) AS holds_back,
           backend_type = 'client backend'
             OR backend_type IS NULL AND datid IS NOT NULL AND usesysid IS NOT NULL AS client
    FROM pg_stat_get_activity(NULL)
    WHERE pid <> pg_backend_pid() AND backend_type IS DISTINCT FROM 'parallel worker'
    OFFSET 0  -- else they are computed again for every cell
  ) AS seen
) AS chosen
LEFT JOIN pg_database d ON d.oid = datid LEFT JOIN pg_roles r ON r.oid = usesysid
WHERE listed OR client)sql";

// Every look copies the state of all sessions into memory of its own, a megabyte or two where there are a thousand.
// glibc gives so much back to the system each time, and a quarter of a glance was page faults; once a block of this
// size was freed it keeps up to twice as much. Its own limit is 32 megabytes. With another C library this does nothing.
constexpr const char* keep_memory = R"sql(
SELECT octet_length(repeat(repeat(' ', 2048), least(current_setting('max_connections')::int, 16000))))sql";

}  // namespace

std::vector<std::string> look_statements(int server_version) {
  const bool since_14 = server_version >= 140000;
  return {facts, fmt::format(activity, fmt::arg("query_id", since_14 ? "query_id" : "NULL::bigint")),
          fmt::format(locks, fmt::arg("waitstart", since_14 ? "waitstart" : "NULL::timestamptz"),
                      fmt::arg("exact", exact_waiters)),
          prepared, slots};
}

std::vector<std::string> prepare_statements(int server_version) {
  std::vector<std::string> result{"DEALLOCATE ALL", keep_memory};
  const auto look = look_statements(server_version);
  for (std::size_t index = 0; index < look.size(); ++index) {
    result.push_back(fmt::format("PREPARE lockkeeper_look_{} AS {}", index, look[index]));
  }
  result.push_back(fmt::format("PREPARE lockkeeper_clock AS {}", clock));
  result.push_back(fmt::format("PREPARE lockkeeper_glance (bigint, bigint, bigint) AS {}", glance));
  return result;
}

std::vector<std::string> prepared_look() {
  std::vector<std::string> result;
  while (result.size() < look_answers) result.push_back(fmt::format("EXECUTE lockkeeper_look_{}", result.size()));
  return result;
}

std::vector<std::string> prepared_glance(const Noteworthy& noteworthy) {
  return {"EXECUTE lockkeeper_clock", fmt::format("EXECUTE lockkeeper_glance ({}, {}, {})", noteworthy.idle.count(),
                                                  noteworthy.open.count(), noteworthy.horizon)};
}

std::map<std::string, std::string> session_settings() {
  return {
      // No conversion: texts of all databases come in their own encodings, and one character that this database's
      // encoding does not have would fail the whole look.
      {"client_encoding", "SQL_ASCII"},
      {"search_path", "pg_catalog"},  // nobody's function of the same name is called, and names come qualified
      {"timezone", "UTC"},
      {"datestyle", "ISO"},
      {"statement_timeout", "5s"},  // a look that takes longer would itself be the trouble
      {"lock_timeout", "500ms"},    // somebody may hold a catalog table exclusively
      {"idle_in_transaction_session_timeout", "10s"},
      {"default_transaction_read_only", "on"},
      {"jit", "off"},                             // milliseconds of compilation for a query of milliseconds
      {"plan_cache_mode", "force_generic_plan"},  // no number that we ask with changes how to answer
      {"max_parallel_workers_per_gather", "0"},
  };
}

// Whether somebody waits is asked of pg_locks: pg_stat_activity hides other roles' wait events from an ordinary role.
std::string guarded_signal(bool terminate, bool only_while_blocking) {
  return fmt::format(
      "SELECT {}(a.pid) FROM pg_stat_activity a WHERE a.pid = $1::int AND a.backend_start = $2::timestamptz "
      "AND a.xact_start IS NOT DISTINCT FROM $3::timestamptz AND a.state_change IS NOT DISTINCT FROM $4::timestamptz "
      "AND a.state = $5::text AND a.backend_type = 'client backend' AND a.pid <> pg_backend_pid(){}",
      terminate ? "pg_terminate_backend" : "pg_cancel_backend",
      only_while_blocking ? " AND EXISTS (SELECT FROM pg_locks w WHERE NOT w.granted AND w.pid IS NOT NULL "
                            "AND $1::int = ANY (pg_blocking_pids(w.pid)))"
                          : "");
}

std::string still_there() {
  return "SELECT state, state_change FROM pg_stat_activity WHERE pid = $1::int AND backend_start = $2::timestamptz";
}

}  // namespace lockkeeper::collect::postgres
