#include "collect/postgres/queries.hpp"

#include <fmt/format.h>

namespace lockkeeper::collect::postgres {
namespace {

constexpr const char* facts = R"sql(
SELECT clock_timestamp(), pg_postmaster_start_time(), pg_is_in_recovery(),
       current_setting('max_connections'), current_setting('superuser_reserved_connections'),
       coalesce(current_setting('reserved_connections', true), '0'),
       current_setting('autovacuum_freeze_max_age'), pg_size_bytes(current_setting('track_activity_query_size')),
       current_user, (SELECT rolsuper FROM pg_roles WHERE rolname = current_user),
       (SELECT array_agg(oid::bigint) FROM pg_roles WHERE rolsuper))sql";

// No filter on backend_type: it is NULL for other roles' sessions when the observer is an ordinary role.
// The text of a session that has nothing open is not fetched: most sessions of a server are idle.
constexpr const char* activity = R"sql(
SELECT pid, backend_start, leader_pid, backend_type, datname, usesysid::bigint, usename, application_name,
       host(client_addr), client_port, xact_start, query_start, state_change, state, wait_event_type, wait_event,
       age(backend_xid), age(backend_xmin), {query_id},
       CASE WHEN state IS DISTINCT FROM 'idle' THEN query END
FROM pg_stat_activity WHERE pid <> pg_backend_pid())sql";

// One scan of the lock table gives both halves. Locks held are folded by lock and mode, sessions in an array: most
// sessions hold the same few. Own virtual and real transaction ids are left out (everybody has them), but
// for prepared transactions, whose id is what others wait for.
// SIReadLock is a predicate lock: it never blocks anyone. Locks that every use of an index takes say nothing that the
// table's own does not.
constexpr const char* locks = R"sql(
WITH l AS MATERIALIZED (
  SELECT pid, virtualtransaction, locktype, database::bigint AS database, relation::bigint AS relation, page, tuple,
         virtualxid, transactionid::text AS transactionid, classid::bigint AS classid, objid::bigint AS objid,
         objsubid, mode, granted, {waitstart} AS waitstart
  FROM pg_locks WHERE mode <> 'SIReadLock' AND pid IS DISTINCT FROM pg_backend_pid()
), held AS (
  SELECT locktype, database, relation, NULL::int AS page, NULL::smallint AS tuple, NULL::text AS virtualxid,
         transactionid, classid, objid, objsubid, mode, true AS granted, NULL::timestamptz AS waitstart,
         NULL::bigint AS place, array_agg(pid) FILTER (WHERE pid IS NOT NULL) AS pids,
         array_agg(virtualtransaction) FILTER (WHERE pid IS NULL) AS prepared,
         NULL::int[] AS blocked_by
  FROM l WHERE granted AND (locktype NOT IN ('virtualxid', 'transactionid') OR pid IS NULL)
  GROUP BY locktype, database, relation, transactionid, classid, objid, objsubid, mode
), queue AS (
  SELECT l.*, row_number() OVER (PARTITION BY locktype, database, relation, page, tuple, virtualxid, transactionid,
                                              classid, objid, objsubid, mode
                                 ORDER BY waitstart NULLS LAST, pid) AS place
  FROM l WHERE NOT granted AND pid IS NOT NULL
), waiting AS (
  SELECT locktype, database, relation, page, tuple, virtualxid, transactionid, classid, objid, objsubid, mode,
         false AS granted, waitstart, place, ARRAY[pid] AS pids, NULL::text[] AS prepared,
         CASE WHEN place <= {exact} THEN pg_blocking_pids(pid) END AS blocked_by
  FROM queue
)
SELECT locktype, database, relation, page, tuple, virtualxid, transactionid, classid, objid, objsubid, mode, granted,
       waitstart, place, pids, prepared, blocked_by,
       c.oid::regclass::text AS relation_name, d.datname AS database_name
FROM (SELECT * FROM held UNION ALL SELECT * FROM waiting) AS entry
LEFT JOIN pg_database d ON d.oid = entry.database
LEFT JOIN pg_class c ON c.oid = entry.relation AND (d.datname = current_database() OR entry.database = 0)
WHERE NOT (granted AND c.relkind IN ('i', 'I') AND mode IN ('AccessShareLock', 'RowShareLock', 'RowExclusiveLock')))sql";

constexpr const char* prepared = R"sql(
SELECT transaction, age(transaction), gid, prepared, owner, database FROM pg_prepared_xacts)sql";

// A standby's feedback arrives in the slot where it has one, else in the walsender's backend_xmin.
constexpr const char* replication = R"sql(
SELECT slot_name, true, active, greatest(age(xmin), age(catalog_xmin))
FROM pg_replication_slots WHERE xmin IS NOT NULL OR catalog_xmin IS NOT NULL
UNION ALL
SELECT application_name, false, true, age(backend_xmin) FROM pg_stat_replication WHERE backend_xmin IS NOT NULL)sql";

}  // namespace

std::vector<std::string> look_statements(int server_version) {
  const bool since_14 = server_version >= 140000;
  return {facts, fmt::format(activity, fmt::arg("query_id", since_14 ? "query_id" : "NULL::bigint")),
          fmt::format(locks, fmt::arg("waitstart", since_14 ? "waitstart" : "NULL::timestamptz"),
                      fmt::arg("exact", exact_waiters)),
          prepared, replication};
}

std::map<std::string, std::string> session_settings() {
  return {
      {"search_path", "pg_catalog"},  // nobody's function of the same name is called, and names come qualified
      {"timezone", "UTC"},
      {"datestyle", "ISO"},
      {"statement_timeout", "5s"},  // a look that takes longer would itself be the trouble
      {"lock_timeout", "500ms"},    // somebody may hold a catalog table exclusively
      {"idle_in_transaction_session_timeout", "10s"},
      {"default_transaction_read_only", "on"},
      {"jit", "off"},  // milliseconds of compilation for a query of milliseconds
      {"max_parallel_workers_per_gather", "0"},
  };
}

std::string guarded_signal(bool terminate, bool only_while_blocking) {
  return fmt::format(
      "SELECT {}(a.pid) FROM pg_stat_activity a WHERE a.pid = $1::int AND a.backend_start = $2::timestamptz "
      "AND a.xact_start IS NOT DISTINCT FROM $3::timestamptz AND a.state_change IS NOT DISTINCT FROM $4::timestamptz "
      "AND a.state = $5::text AND a.backend_type = 'client backend' AND a.pid <> pg_backend_pid(){}",
      terminate ? "pg_terminate_backend" : "pg_cancel_backend",
      only_while_blocking ? " AND EXISTS (SELECT FROM pg_stat_activity w WHERE w.wait_event_type = 'Lock' "
                            "AND $1::int = ANY (pg_blocking_pids(w.pid)))"
                          : "");
}

std::string still_there() {
  return "SELECT state, state_change FROM pg_stat_activity WHERE pid = $1::int AND backend_start = $2::timestamptz";
}

}  // namespace lockkeeper::collect::postgres
