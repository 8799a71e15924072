#include "collect/mysql/to_model.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <utility>

#include "base/stable_sort.hpp"
#include "collect/mysql/metadata_locks.hpp"
#include "collect/mysql/queries.hpp"
#include "collect/mysql/sessions.hpp"

namespace lockkeeper::collect::mysql {
namespace {

std::string on_what(const LockRow& lock) {
  return lock.index.empty() ? lock.table : fmt::format("{} (index {})", lock.table, lock.index);
}

std::string kind_of(const LockRow& lock) { return lock.kind == "TABLE" ? "table" : "row"; }

// GET_LOCK's are what PostgreSQL calls advisory: the rules know them by that name.
std::string kind_of(const MetadataLockRow& lock) { return lock.kind == "USER LEVEL LOCK" ? "advisory" : "metadata"; }

std::string on_what(const MetadataLockRow& lock) {
  if (lock.kind == "USER LEVEL LOCK") return fmt::format("advisory {}", lock.target);
  if (lock.target.empty()) return lock.kind;
  return lock.kind == "TABLE" ? lock.target : fmt::format("{} {}", lock.kind, lock.target);
}

void fold(std::vector<model::HeldLock>& locks, const std::string& kind, const std::string& target,
          const std::string& mode) {
  const auto same = std::ranges::find_if(
      locks, [&](const auto& held) { return held.kind == kind && held.target == target && held.mode == mode; });
  if (same != locks.end()) {
    ++same->count;
  } else {
    locks.push_back({kind, target, mode, 1});
  }
}

// Of a prepared transaction InnoDB tells neither name nor session: where there are several, which one it is stays open.
std::string prepared_name(const LookRows& rows) {
  return rows.prepared.empty() ? "unknown" : fmt::format("{}", fmt::join(rows.prepared, " or "));
}

/// The waits of a look, and what they say about locks that are held.
class Locks {
 public:
  Locks(const LookRows& rows, const Directory& directory) : rows_(rows), directory_(directory) {
    for (const auto& lock : rows.locks) by_id_[lock.id] = &lock;
  }

  void add_waits(model::Snapshot& snapshot) {
    add_row_waits();
    add_metadata_waits();
    reduce_queues();
    for (auto& [waiter, wait] : waits_) {
      const model::Session* session = snapshot.find(waiter);
      if (session == nullptr) continue;  // it went between two of our queries
      // A wait's start is told in whole seconds: it is not before its statement's.
      if (wait.since && session->statement_started_at)
        wait.since = std::max(*wait.since, *session->statement_started_at);
      if (!wait.since) {
        // As early as it can be: of metadata locks the server does not say when the wait began.
        wait.since = session->statement_started_at;
        wait.since_is_upper_bound = true;
      }
      snapshot.waits.push_back(std::move(wait));
    }
  }

  void add_held(model::Snapshot& snapshot) const {
    std::map<model::SessionId, std::vector<model::HeldLock>> held;
    std::set<std::string> seen;  // a lock once, however many wait for it
    for (const auto& row : rows_.lock_waits) {
      if (waiting_.contains(row.held) || !seen.insert(row.held).second) continue;  // the former: a place in the queue
      const auto lock = by_id_.find(row.held);
      const auto blocker = directory_.blocker_of(row);
      if (lock == by_id_.end() || !blocker || blocker->pid == 0) continue;
      fold(held[*blocker], kind_of(*lock->second), on_what(*lock->second), lock->second->mode);
    }
    for (const auto& row : rows_.metadata_locks) {
      const auto session = directory_.of_thread(row.thread);
      if (row.granted && session) fold(held[*session], kind_of(row), on_what(row), row.mode);
    }
    for (auto& session : snapshot.sessions) {
      const auto found = held.find(session.id);
      if (found != held.end()) session.locks = std::move(found->second);
    }
  }

 private:
  void add_row_waits() {
    for (const auto& row : rows_.lock_waits) waiting_.insert(row.requested);
    for (const auto& row : rows_.lock_waits) {
      const auto known = directory_.waiter_of(row);
      const auto blocker = directory_.blocker_of(row);
      if (!known || !blocker || *known == *blocker) continue;  // one was gone when sessions were listed
      const model::SessionId waiter = *known;
      model::Wait& wait = waits_[waiter];
      wait.waiter = waiter;
      if (const auto lock = by_id_.find(row.requested); lock != by_id_.end()) {
        wait.kind = kind_of(*lock->second);
        wait.target = on_what(*lock->second);
        wait.mode = lock->second->mode;
      }
      if (const auto* transaction = directory_.transaction_of(waiter.pid)) wait.since = transaction->wait_started_at;
      add_holder(wait, blocker->pid == 0 ? model::Holder(prepared_name(rows_)) : *blocker);
    }
  }

  void add_metadata_waits() {
    for (const MetadataWait& each : metadata_waits(rows_.metadata_locks)) {
      const auto waiter = directory_.of_thread(each.wanted->thread);
      if (!waiter) continue;
      model::Wait& wait = waits_[*waiter];
      wait.waiter = *waiter;
      wait.kind = kind_of(*each.wanted);
      wait.target = on_what(*each.wanted);
      wait.mode = each.wanted->mode;
      for (const auto* threads : {&each.holders, &each.ahead}) {
        for (const std::int64_t thread : *threads) {
          if (const auto session = directory_.of_thread(thread)) add_holder(wait, *session);
        }
      }
    }
  }

  static void add_holder(model::Wait& wait, const model::Holder& holder) {
    if (std::ranges::find(wait.blocked_by, holder) == wait.blocked_by.end()) wait.blocked_by.push_back(holder);
  }

  // The views list for each waiter every holder and all who wait ahead of it. Whoever waits behind the last of those
  // waits for all that that one waits for, so the rest need not be said: n waits instead of n * n / 2 edges.
  void reduce_queues() {
    for (auto& [waiter, wait] : waits_) std::ranges::sort(wait.blocked_by);
    const auto whole = waits_;
    for (auto& [waiter, wait] : waits_) {
      const model::Wait* last = last_ahead(wait, whole);
      if (last == nullptr) continue;
      wait.behind = last->waiter;
      std::erase_if(wait.blocked_by, [&](const model::Holder& holder) {
        return holder == model::Holder(last->waiter) || std::ranges::binary_search(last->blocked_by, holder);
      });
    }
  }

  // Of those who are in its way and wait themselves, the one behind most others. It is in the same queue only if all
  // that is in its way is in this one's way too: else it holds what is wanted here, and waits for something else.
  static const model::Wait* last_ahead(const model::Wait& wait, const std::map<model::SessionId, model::Wait>& whole) {
    std::vector<const model::Wait*> ahead;
    for (const auto& holder : wait.blocked_by) {
      const auto* session = std::get_if<model::SessionId>(&holder);
      const auto found = session == nullptr ? whole.end() : whole.find(*session);
      if (found != whole.end()) ahead.push_back(&found->second);
    }
    base::stable_sort(ahead, std::greater(), [](const model::Wait* each) { return each->blocked_by.size(); });
    const auto last = std::ranges::find_if(ahead, [&](const model::Wait* each) {
      return std::ranges::includes(wait.blocked_by, each->blocked_by) &&
             !std::ranges::binary_search(each->blocked_by, model::Holder(wait.waiter));  // in a ring nobody is ahead
    });
    return last == ahead.end() ? nullptr : *last;
  }

 private:
  const LookRows& rows_;
  const Directory& directory_;
  std::map<std::string, const LockRow*> by_id_;
  std::set<std::string> waiting_;
  std::map<model::SessionId, model::Wait> waits_;
};

void add_prepared(const LookRows& rows, model::Snapshot& snapshot) {
  std::optional<model::WallTime> oldest;
  for (const auto& transaction : rows.transactions) {
    if (transaction.session == 0) oldest = std::min(oldest.value_or(transaction.started_at), transaction.started_at);
  }
  if (!oldest) return;  // prepared, but its session is still there and may yet finish it
  for (const auto& xid : rows.prepared) snapshot.prepared.push_back({xid, "", "", *oldest, 0, {}});
}

std::string account(const std::string& role) {
  const auto at = role.rfind('@');
  const auto quoted = [](std::string_view name) {
    std::string text = "'";
    for (const char each : name) text.append(each == '\'' ? 2 : 1, each);
    return text + "'";
  };
  if (at == std::string::npos) return quoted(role);
  return quoted(role.substr(0, at)) + "@" + quoted(role.substr(at + 1));
}

std::string grant(std::string_view what, const LookRows& rows) {
  return fmt::format("GRANT {} TO {};", what, account(rows.server.role));
}

std::string switch_on(const Switches& switches) {
  std::string cure;
  const auto add = [&](std::string_view statement) { cure += fmt::format("{}{}", cure.empty() ? "" : " ", statement); };
  if (!switches.statements || !switches.transactions) {
    add("UPDATE performance_schema.setup_consumers SET enabled = 'YES' WHERE name IN ('events_statements_current', "
        "'events_statements_history', 'events_transactions_current');");
  }
  if (!switches.transactions || !switches.metadata_locks) {
    add("UPDATE performance_schema.setup_instruments SET enabled = 'YES', timed = 'YES' WHERE name IN ('transaction', "
        "'wait/lock/metadata/sql/mdl');");
  }
  return cure;
}

std::int64_t waiting_for_metadata(const LookRows& rows) {
  return std::ranges::count_if(rows.sessions, [](const SessionRow& row) {
    return row.state.starts_with("Waiting for") && row.state.ends_with("metadata lock");
  });
}

void add_missing(const LookRows& rows, model::Snapshot& snapshot) {
  auto& missing = snapshot.missing;
  const bool mysql = rows.engine == model::Engine::mysql;
  if (rows.denied.transactions) {
    missing.push_back({"transactions, row locks, and the sessions of other users",
                       fmt::format("account {} lacks the PROCESS privilege", rows.server.role),
                       grant("PROCESS ON *.*", rows)});
  }
  if (rows.denied.performance_schema) {
    missing.push_back(
        {mysql ? "who waits for whom, metadata locks, statements of sleeping transactions, application names"
               : "metadata locks, statements of sleeping transactions, application names",
         fmt::format("account {} may not read performance_schema", rows.server.role),
         grant("SELECT ON performance_schema.*", rows), !mysql && waiting_for_metadata(rows) == 0});
  }
  if (rows.denied.prepared) {
    const bool orphans = std::ranges::count(rows.transactions, 0, &TransactionRow::session) > 0;
    missing.push_back({"names of prepared XA transactions",
                       fmt::format("account {} lacks the XA_RECOVER_ADMIN privilege", rows.server.role),
                       grant("XA_RECOVER_ADMIN ON *.*", rows), !orphans});
  }
  if (rows.stale_transactions) {
    missing.push_back(
        {"transactions as they are now: they are shown as they were some time ago",
         "another monitor reads information_schema.innodb_trx more often than every 0.1 s, and the "
         "server renews the view for nobody meanwhile",
         "SELECT id, user, host, info FROM information_schema.processlist WHERE info LIKE '%innodb_trx%';"});
  }
  if (rows.lock_waits_cut) {
    missing.push_back({"some of who waits for whom", fmt::format("there are more than {} pairs", most_lock_waits),
                       "SELECT count(*) FROM " + std::string(mysql ? "performance_schema.data_lock_waits;"
                                                                   : "information_schema.innodb_lock_waits;")});
  }
  if (rows.denied.performance_schema) return;
  const std::int64_t waiting = waiting_for_metadata(rows);
  if (!rows.server.performance_schema) {
    missing.push_back({waiting > 0 ? "who holds the metadata locks that are waited for, statements of sleeping "
                                     "transactions, application names"
                                   : "metadata locks, statements of sleeping transactions, application names",
                       "performance_schema is off",
                       "[mariadb] performance_schema=ON -- in the server's configuration, then restart it",
                       waiting == 0});
    return;
  }
  const Switches& on = rows.switches;
  if (!on.statements || !on.transactions) {
    missing.push_back({"statements of sleeping transactions, and transactions that have touched nothing yet",
                       "performance_schema does not collect them", switch_on(on), true});
  }
  if (!on.metadata_locks) {
    missing.push_back({waiting > 0 ? "who holds the metadata locks that are waited for" : "metadata locks",
                       "performance_schema does not collect them", switch_on(on), waiting == 0});
  }
}

}  // namespace

model::Snapshot to_model(const LookRows& rows, const Origin& origin) {
  model::Snapshot snapshot;
  snapshot.server.product = rows.engine == model::Engine::mariadb ? "MariaDB" : "MySQL";
  snapshot.server.version = origin.version;
  snapshot.server.name = origin.name;
  snapshot.server.database = origin.database;
  snapshot.server.started_at = rows.server.started_at;
  snapshot.server.max_connections = rows.server.max_connections;
  snapshot.taken_at = rows.now;
  snapshot.observer_role = rows.server.role;
  const Directory directory(rows);
  for (const auto& row : rows.sessions) snapshot.sessions.push_back(to_session(row, rows, directory));
  std::ranges::sort(snapshot.sessions, {}, &model::Session::id);
  Locks locks(rows, directory);
  locks.add_waits(snapshot);
  locks.add_held(snapshot);
  add_prepared(rows, snapshot);
  add_missing(rows, snapshot);
  return snapshot;
}

std::vector<std::int64_t> sleeping_threads(const LookRows& rows) {
  const Directory directory(rows);
  std::vector<std::pair<model::Duration, std::int64_t>> sleeping;
  for (const auto& row : rows.sessions) {
    const ThreadRow* thread = directory.thread_of(row.id);
    if (row.command == "Sleep" && thread != nullptr && directory.event_of(row.id) != nullptr)
      sleeping.emplace_back(-row.in_state, thread->thread);
  }
  std::ranges::sort(sleeping);
  sleeping.resize(std::min(sleeping.size(), most_histories));
  std::vector<std::int64_t> threads;
  for (const auto& [since, thread] : sleeping) threads.push_back(thread);
  return threads;
}

std::vector<std::string> contended_locks(const LookRows& rows) {
  std::set<std::string> ids;
  for (const auto& row : rows.lock_waits) ids.insert({row.held, row.requested});
  std::vector<std::string> result(ids.begin(), ids.end());
  result.resize(std::min(result.size(), most_locks));
  return result;
}

bool lists_the_dead(const LookRows& rows) {
  // The process list is read first, so a session that came after it has a higher id than all in it.
  std::set<std::int64_t> living;
  for (const auto& row : rows.sessions) living.insert(row.id);
  if (living.empty()) return false;
  return std::ranges::any_of(rows.transactions, [&](const TransactionRow& row) {
    return row.session != 0 && row.session < *living.rbegin() && row.state != "ROLLING BACK" &&
           !living.contains(row.session);
  });
}

}  // namespace lockkeeper::collect::mysql
