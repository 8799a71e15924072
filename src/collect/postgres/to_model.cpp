#include "collect/postgres/to_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_map>
#include <unordered_set>

#include "collect/postgres/waits.hpp"
#include "model/sql_text.hpp"
#include "sql/fingerprint.hpp"

namespace lockkeeper::collect::postgres {
namespace {

constexpr std::string_view not_for_our_eyes = "<insufficient privilege>";

bool is_hidden(const ActivityRow& row) { return !row.state && row.query == not_for_our_eyes; }

bool parallel_worker(const ActivityRow& row) { return row.backend_type == "parallel worker" && row.leader_pid; }

model::SessionKind kind_of(const ActivityRow& row) {
  using enum model::SessionKind;
  if (!row.backend_type) return row.database.empty() || row.user.empty() ? background : client;
  if (row.backend_type == "client backend") return client;
  if (row.backend_type == "walsender") return replication;
  if (row.backend_type == "autovacuum worker") return autovacuum;
  return background;
}

model::SessionState state_of(const ActivityRow& row) {
  using enum model::SessionState;
  if (is_hidden(row)) return model::SessionState::hidden;
  if (row.state == "active") return active;
  if (row.state == "idle") return idle;
  if (row.state == "idle in transaction") return idle_in_transaction;
  if (row.state == "idle in transaction (aborted)") return aborted_in_transaction;
  return other;
}

std::string client_of(const ActivityRow& row) {
  if (row.client_address) return fmt::format("{}:{}", *row.client_address, row.client_port.value_or(0));
  return row.client_port == -1 ? "local socket" : "";
}

std::optional<model::Statement> statement_of(const ActivityRow& row, std::int64_t query_size) {
  if (!row.query || row.query->empty() || is_hidden(row)) return std::nullopt;
  // The server cuts at query_size - 1 bytes, and up to three bytes earlier so as not to split a character.
  const bool cut = static_cast<std::int64_t>(row.query->size()) >= query_size - 4;
  const auto analyzed = sql::analyze(*row.query, {.dialect = sql::Dialect::postgres, .truncated = cut});
  const bool known_id = row.query_id && row.query_id != "0";
  return model::Statement{analyzed.fingerprint, analyzed.kind, analyzed.normalized, analyzed.truncated,
                          known_id ? row.query_id : std::nullopt};
}

std::optional<model::Transaction> transaction_of(const ActivityRow& row) {
  if (!row.xact_start) return std::nullopt;
  return model::Transaction{*row.xact_start, row.xid_age.has_value(), row.xid_age, row.xmin_age};
}

model::Session to_session(const ActivityRow& row, const FactsRow& facts) {
  model::Session session;
  // A hidden session's start is not shown, a glance does not ask: the epoch stands for "unknown", and nothing may act
  // on it.
  session.id = {row.pid, row.backend_start.value_or(model::WallTime{})};
  session.kind = kind_of(row);
  session.state = state_of(row);
  session.application = row.application;
  session.user = row.user;
  session.database = row.database;
  session.client = client_of(row);
  session.superuser = row.user_oid && std::ranges::count(facts.superuser_oids, *row.user_oid) > 0;
  session.state_changed_at = row.state_change;
  session.statement_started_at = row.query_start;
  session.transaction = transaction_of(row);
  session.statement = statement_of(row, facts.query_size);
  if (row.wait_event_type)
    session.wait_event = fmt::format("{}: {}", *row.wait_event_type, row.wait_event.value_or(""));
  return session;
}

// Everything that refers to sessions by pid goes through here: workers answer with their leader.
class Directory {
 public:
  explicit Directory(const LookRows& rows) {
    for (const auto& row : rows.activity) {
      if (!parallel_worker(row)) ids_[row.pid] = {row.pid, row.backend_start.value_or(model::WallTime{})};
    }
    for (const auto& row : rows.activity) {
      if (!parallel_worker(row)) continue;
      const auto leader = ids_.find(*row.leader_pid);
      if (leader != ids_.end()) ids_[row.pid] = leader->second;
    }
  }

  [[nodiscard]] std::optional<model::SessionId> find(std::int64_t pid) const {
    const auto found = ids_.find(pid);
    return found == ids_.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  std::unordered_map<std::int64_t, model::SessionId> ids_;
};

void add_sessions(const LookRows& rows, const Directory& directory, model::Snapshot& snapshot) {
  std::map<model::SessionId, std::int64_t> workers;
  for (const auto& row : rows.activity) {
    if (!parallel_worker(row)) {
      snapshot.sessions.push_back(to_session(row, rows.facts));
    } else if (const auto leader = directory.find(row.pid)) {
      ++workers[*leader];
    }
  }
  std::ranges::sort(snapshot.sessions, {}, &model::Session::id);
  for (auto& session : snapshot.sessions) {
    const auto found = workers.find(session.id);
    if (found != workers.end()) session.parallel_workers = found->second;
  }
}

void fold(std::vector<model::HeldLock>& locks, const LockRow& lock, std::int64_t count) {
  const auto same = std::ranges::find_if(locks, [&](const model::HeldLock& held) {
    return held.kind == lock.kind && held.target == lock.target && held.mode == lock.mode;
  });
  if (same != locks.end()) {
    same->count += count;
  } else {
    locks.push_back({lock.kind, lock.target, lock.mode, count});
  }
}

void add_held_locks(const LookRows& rows, const Directory& directory, model::Snapshot& snapshot) {
  std::map<model::SessionId, std::vector<model::HeldLock>> held;
  for (const auto& row : rows.held) {
    for (const std::int64_t pid : row.pids) {
      if (const auto session = directory.find(pid)) fold(held[*session], row.lock, 1);
    }
  }
  for (auto& session : snapshot.sessions) {
    const auto found = held.find(session.id);
    if (found != held.end()) session.locks = std::move(found->second);
  }
}

// A prepared transaction's locks carry a virtual id; its lock on its own transaction id tells whose that is.
std::map<std::string, const PreparedRow*> prepared_by_virtual_id(const LookRows& rows) {
  std::map<std::string, const PreparedRow*> result;
  for (const auto& held : rows.held) {
    if (!held.lock.xid) continue;
    const auto found = std::ranges::find(rows.prepared, *held.lock.xid, &PreparedRow::xid);
    if (found == rows.prepared.end()) continue;
    for (const auto& virtual_id : held.prepared) result[virtual_id] = &*found;
  }
  return result;
}

void add_prepared(const LookRows& rows, model::Snapshot& snapshot) {
  const auto owners = prepared_by_virtual_id(rows);
  for (const auto& row : rows.prepared) {
    model::PreparedTransaction transaction{row.gid, row.owner, row.database, row.prepared_at, row.xid_age, {}};
    for (const auto& held : rows.held) {
      if (held.lock.xid) continue;
      const auto count = std::ranges::count_if(held.prepared, [&](const std::string& virtual_id) {
        const auto owner = owners.find(virtual_id);
        return owner != owners.end() && owner->second == &row;
      });
      if (count > 0) fold(transaction.locks, held.lock, count);
    }
    snapshot.prepared.push_back(std::move(transaction));
  }
}

// pg_blocking_pids says 0 for any prepared transaction: those that hold the same lock in a conflicting mode are meant.
std::vector<model::Holder> prepared_holders(const LookRows& rows, const WaitingRow& waiting) {
  const auto owners = prepared_by_virtual_id(rows);
  std::vector<model::Holder> result;
  for (const auto& held : rows.held) {
    const bool same = waiting.lock.xid ? held.lock.xid == waiting.lock.xid : held.lock.key == waiting.lock.key;
    if (!same || !conflicts(held.lock.mode, waiting.lock.mode)) continue;
    for (const auto& virtual_id : held.prepared) {
      const auto owner = owners.find(virtual_id);
      if (owner != owners.end()) result.emplace_back(owner->second->gid);
    }
  }
  return result;
}

// A session once, however many of its parallel workers hold the lock, and never the waiter's own.
std::vector<model::Holder> session_holders(const LookRows& rows, const Directory& directory,
                                           const WaitingRow& waiting) {
  const auto waiter = directory.find(waiting.pid);
  std::vector<model::Holder> result;
  for (const auto& held : rows.held) {
    if (held.lock.key != waiting.lock.key || !conflicts(held.lock.mode, waiting.lock.mode)) continue;
    for (const std::int64_t pid : held.pids) {
      const auto session = directory.find(pid);
      if (!session || session == waiter || std::ranges::count(result, model::Holder(*session)) > 0) continue;
      result.emplace_back(*session);
    }
  }
  return result;
}

void add_replication(const LookRows& rows, model::Snapshot& snapshot) {
  for (const auto& row : rows.slots) snapshot.replication.push_back({row.name, true, row.active, row.xmin_age});
  for (const auto& row : rows.activity) {
    if (kind_of(row) != model::SessionKind::replication || !row.xmin_age) continue;
    snapshot.replication.push_back({row.application, false, true, *row.xmin_age});
  }
}

void add_waits(const LookRows& rows, const Directory& directory, model::Snapshot& snapshot) {
  snapshot.waits =
      reduce_queues(rows.waiting, {[&](std::int64_t pid) { return directory.find(pid); },
                                   [&](const WaitingRow& row) { return prepared_holders(rows, row); },
                                   [&](const WaitingRow& row) { return session_holders(rows, directory, row); }});
  for (auto& wait : snapshot.waits) {
    const model::Session* waiter = snapshot.find(wait.waiter);
    if (waiter == nullptr) continue;
    if (!wait.since) {
      // 13 has no waitstart, and later ones set it a moment late: the statement's start is as early as it can be.
      wait.since = waiter->statement_started_at;
      wait.since_is_upper_bound = true;
    }
    if (wait.kind != "transactionid") continue;
    // Who waits for a transaction to end holds, if it is first in line, the lock on the row in question.
    const auto row = std::ranges::find(waiter->locks, "tuple", &model::HeldLock::kind);
    if (row != waiter->locks.end()) wait.target += fmt::format(" ({})", row->target);
  }
}

std::string sessions(std::int64_t count) { return fmt::format("{} session{}", count, count == 1 ? "" : "s"); }

void add_missing(const LookRows& rows, model::Snapshot& snapshot) {
  if (rows.unlisted_clients) {
    snapshot.missing.push_back({fmt::format("locks, waits, prepared transactions, replication, and all but the number "
                                            "of {}",
                                            sessions(*rows.unlisted_clients)),
                                "a glance lists what stands out among sessions, and asks for nothing else", ""});
    return;
  }
  // The server's own processes belong to no role.
  const auto hidden_count =
      std::ranges::count_if(rows.activity, [](const ActivityRow& row) { return is_hidden(row) && !row.user.empty(); });
  if (hidden_count > 0) {
    snapshot.missing.push_back({fmt::format("state, times and statement of {} of other roles", sessions(hidden_count)),
                                fmt::format("role {} is neither superuser nor member of pg_monitor", rows.facts.role),
                                fmt::format("GRANT pg_monitor TO {};", model::sql_identifier(rows.facts.role))});
  }
  const auto untracked = std::ranges::count(rows.activity, std::optional<std::string>("disabled"), &ActivityRow::state);
  if (untracked > 0) {
    snapshot.missing.push_back({fmt::format("state and statement of {}", sessions(untracked)),
                                "track_activities is off for them",
                                "ALTER SYSTEM SET track_activities = on; SELECT pg_reload_conf();"});
  }
}

}  // namespace

model::Snapshot to_model(const LookRows& rows, const Origin& origin) {
  model::Snapshot snapshot;
  snapshot.server = {"PostgreSQL",
                     origin.version,
                     origin.name,
                     origin.database,
                     rows.facts.started_at,
                     rows.facts.in_recovery,
                     rows.facts.max_connections,
                     rows.facts.superuser_reserved,
                     rows.facts.reserved,
                     rows.facts.freeze_max_age};
  snapshot.taken_at = rows.facts.now;
  snapshot.observer_role = rows.facts.role;
  snapshot.unlisted_clients = rows.unlisted_clients.value_or(0);
  const Directory directory(rows);
  add_sessions(rows, directory, snapshot);
  add_held_locks(rows, directory, snapshot);
  add_prepared(rows, snapshot);
  add_replication(rows, snapshot);
  add_waits(rows, directory, snapshot);
  add_missing(rows, snapshot);
  return snapshot;
}

}  // namespace lockkeeper::collect::postgres
