// The rows of PostgreSQL's views as plain structs. Version differences end here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <lockkeeper/connection.hpp>

#include "model/time.hpp"

namespace lockkeeper::collect::postgres {

/// One row of settings and facts about server and observer.
struct FactsRow {
  model::WallTime now;
  model::WallTime started_at;
  bool in_recovery = false;
  std::int64_t max_connections = 0;
  std::int64_t superuser_reserved = 0;
  std::int64_t reserved = 0;
  std::int64_t freeze_max_age = 0;
  std::int64_t query_size = 0;  ///< track_activity_query_size: texts of this many bytes less one are cut off.
  std::string role;
  std::vector<std::int64_t> superuser_oids;
};

struct ActivityRow {
  std::int64_t pid = 0;
  std::optional<model::WallTime> backend_start;  ///< NULL where the observer may not see it.
  std::optional<std::int64_t> leader_pid;
  std::optional<std::string> backend_type;
  std::string database;
  std::optional<std::int64_t> user_oid;
  std::string user;
  std::string application;
  std::optional<std::string> client_address;
  std::optional<std::int64_t> client_port;
  std::optional<model::WallTime> xact_start;
  std::optional<model::WallTime> query_start;
  std::optional<model::WallTime> state_change;
  std::optional<std::string> state;
  std::optional<std::string> wait_event_type;
  std::optional<std::string> wait_event;
  std::optional<std::int64_t> xid_age;
  std::optional<std::int64_t> xmin_age;
  std::optional<std::string> query_id;
  std::optional<std::string> query;
};

/// What a lock is on: pg_locks' address columns, as one comparable key and one readable name.
struct LockRow {
  std::string kind;    ///< locktype
  std::string key;     ///< All address columns: equal keys are the same lock.
  std::string target;  ///< For a person.
  std::string mode;
  std::optional<std::int64_t> xid;  ///< Of kind transactionid: whose end is waited for.
};

/// Sessions (and prepared transactions, by virtual id) that hold the same lock in the same mode. Own transaction
/// ids are there for prepared transactions only: they tie the virtual id to the real one.
struct HeldRow {
  LockRow lock;
  std::vector<std::int64_t> pids;
  std::vector<std::string> prepared;
};

/// One request that is not granted. `place` counts from 1 within its lock and mode, first come first.
struct WaitingRow {
  LockRow lock;
  std::int64_t pid = 0;
  std::int64_t place = 0;
  std::optional<model::WallTime> since;
  std::optional<std::vector<std::int64_t>>
      blocked_by;  ///< pg_blocking_pids; nullopt: not asked, too far behind in its queue.
};

struct PreparedRow {
  std::int64_t xid = 0;
  std::int64_t xid_age = 0;
  std::string gid;
  model::WallTime prepared_at;
  std::string owner;
  std::string database;
};

struct SlotRow {
  std::string name;
  bool active = false;
  std::int64_t xmin_age = 0;
};

/// Everything of one look, or the little that a glance asks for.
struct LookRows {
  FactsRow facts;
  std::vector<ActivityRow> activity;
  std::vector<HeldRow> held;
  std::vector<WaitingRow> waiting;
  std::vector<PreparedRow> prepared;
  std::vector<SlotRow> slots;
  /// Set by a glance alone: clients that are not in `activity`.
  std::optional<std::int64_t> unlisted_clients;
};

/// Reads the answers to look_statements (queries.hpp), in its order. Throws Failure (code `protocol`) where a cell is
/// not what the query promised: something else answered for PostgreSQL.
[[nodiscard]] LookRows read_look(const std::vector<Rows>& answers);

/// Reads the answers to prepared_glance. `facts` are those of the last look over the same connection: most of them
/// cannot change while it lasts, and none of the rest is read from a glance. Throws as read_look.
[[nodiscard]] LookRows read_glance(const std::vector<Rows>& answers, const FactsRow& facts);

}  // namespace lockkeeper::collect::postgres
