// What is, on one server, at one time, as far as the observer could see.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "model/engine.hpp"
#include "model/session.hpp"
#include "model/time.hpp"

namespace lockkeeper::model {

/// The server looked at. `name` is stable between looks: it goes into the ids of findings.
struct Server {
  std::string product;   ///< "PostgreSQL", "MySQL", "MariaDB"; empty: it was not looked at.
  std::string version;   ///< "15.20"
  std::string name;      ///< "127.0.0.1:5432", or the socket's folder and port.
  std::string database;  ///< The database that the observer is connected to.
  std::optional<WallTime> started_at;
  bool in_recovery = false;
  std::int64_t max_connections = 0;
  std::int64_t reserved_for_superusers = 0;
  std::int64_t reserved_for_roles = 0;  ///< PostgreSQL 16+: reserved_connections.
  std::int64_t freeze_max_age = 0;      ///< autovacuum_freeze_max_age, in transactions.
  /// Where it was not looked at: what its clients speak, by the recorder's account.
  Engine spoken = Engine::postgres;

  [[nodiscard]] Engine engine() const noexcept { return product.empty() ? spoken : engine_of(product); }

  /// Slots that an ordinary role may use.
  [[nodiscard]] std::int64_t usable_connections() const noexcept {
    return max_connections - reserved_for_superusers - reserved_for_roles;
  }
};

/// Something that this look could not see.
struct Missing {
  std::string what;  ///< "state, times and statement of 12 sessions of other roles"
  std::string why;   ///< "role app is not a member of pg_monitor"
  std::string cure;  ///< "GRANT pg_monitor TO app;"
  /// Only the findings are poorer for it (no statements, no application names): none is absent because of it.
  bool detail = false;
};

/// PostgreSQL's PREPARE TRANSACTION, MySQL's XA PREPARE: a transaction that has no session any more.
struct PreparedTransaction {
  std::string gid;
  std::string owner;
  std::string database;
  WallTime prepared_at;
  std::int64_t xid_age = 0;
  std::vector<HeldLock> locks;
};

/// A replication slot or a standby's feedback that holds back vacuum.
struct ReplicationHold {
  std::string name;  ///< The slot's name, or the standby's application name.
  bool slot = true;  ///< False: hot_standby_feedback without a slot.
  bool active = false;
  std::int64_t xmin_age = 0;
};

/// Who holds what somebody waits for: a session, or a prepared transaction by its gid.
using Holder = std::variant<SessionId, std::string>;

/// One session's wait for a lock. It goes on once all of `blocked_by` have let go and, where `behind` is set, that
/// waiter *and everything it waits for* have let go too: the next place in one queue. So a queue of n waiters
/// takes n waits, not n * n / 2.
struct Wait {
  SessionId waiter;
  std::string kind;    ///< The server's word: transactionid, tuple, relation, ...
  std::string target;  ///< What is wanted, as a person would name it.
  std::string mode;
  std::optional<WallTime> since;
  bool since_is_upper_bound = false;  ///< The wait began at `since` or later (no exact value was to be had).
  std::vector<Holder> blocked_by;
  std::optional<SessionId> behind;
};

struct Snapshot {
  Server server;
  WallTime taken_at;  ///< The server's clock.
  std::string observer_role;
  std::vector<Session> sessions;  ///< Without the observer's own; sorted by id.
  /// Clients that are not in `sessions`: a glance counts those about which it has nothing to say.
  std::int64_t unlisted_clients = 0;
  std::vector<PreparedTransaction> prepared;
  std::vector<ReplicationHold> replication;
  std::vector<Wait> waits;
  std::vector<Missing> missing;

  /// Nothing relevant was hidden: absence may be claimed.
  [[nodiscard]] bool complete() const noexcept { return std::ranges::all_of(missing, &Missing::detail); }

  /// How many clients the server has, listed or not.
  [[nodiscard]] std::int64_t clients() const noexcept;

  /// The session of that id, or nullptr. O(log sessions).
  [[nodiscard]] const Session* find(const SessionId& id) const;
};

/// Why a look gave no snapshot, and what to do about it. `code` is the driver's word: "unreachable", ...
struct LookFailure {
  std::string code;
  std::string message;
  std::string advice;
};

}  // namespace lockkeeper::model
