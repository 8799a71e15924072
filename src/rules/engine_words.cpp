#include "rules/engine_words.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "model/sql_text.hpp"

namespace lockkeeper::rules {
namespace {

constexpr EngineWords postgres{
    .unfinished_prepared = "belongs to no session and waits for its COMMIT PREPARED or ROLLBACK PREPARED",
    .finish_prepared =
        "Finish it: COMMIT PREPARED or ROLLBACK PREPARED, in its own database, as its owner or a superuser.",
    .orphan_explanation =
        "A prepared transaction belongs to no session. It keeps its locks and holds back vacuum through restarts of "
        "the "
        "server, until somebody finishes it.",
    .orphan_fix =
        "Ask the transaction manager for the outcome it recorded, then run COMMIT PREPARED or ROLLBACK PREPARED "
        "accordingly, connected to this database, as its owner or a superuser. If nobody uses two-phase commit here, "
        "set "
        "max_prepared_transactions = 0.",
    .prepared_committed = "COMMIT PREPARED",
    .session_lock_mistake =
        "An advisory lock was taken at session level and not given back: the connection went back to its pool with it.",
    .session_lock_fix = "Use pg_advisory_xact_lock, which ends with its transaction.",
    .give_up_soon = "take schema changes with SET lock_timeout, so that they give up instead of queueing.",
    .ring_explanation =
        "None of them can go on until one gives up. The server looks for such a deadlock once a wait has lasted "
        "deadlock_timeout, and fails one of the statements; until then all of them stand.",
    .ring_fix = "Take locks in one order everywhere (sort by key before updating); retry on SQLSTATE 40P01.",
    .long_explanation =
        "Its client is at work, not silent. But until the transaction ends, all that it has locked stays locked, and "
        "vacuum keeps every row version that it may still read.",
    .long_fix =
        "Commit in batches; keep remote calls and sleeps out; run long reports on a standby. From PostgreSQL 17 on, "
        "transaction_timeout bounds it.",
    .begin_inside =
        "The server answered with a warning only (there is already a transaction in progress): the second BEGIN began "
        "nothing. The next COMMIT commits what the one before had left, the next ROLLBACK loses it.",
    .end_outside =
        "The server answered with a warning only (there is no transaction in progress), so the program "
        "believes that it ended something.",
    .refused = "SQLSTATE 53300",
};

constexpr EngineWords mysql{
    .unfinished_prepared = "belongs to no session and waits for its XA COMMIT or XA ROLLBACK",
    .finish_prepared = "Finish it: XA RECOVER lists the names, XA COMMIT or XA ROLLBACK ends one.",
    .orphan_explanation =
        "A prepared XA transaction belongs to no session. It keeps its row locks through restarts of the server, until "
        "somebody finishes it.",
    .orphan_fix =
        "Ask the transaction manager for the outcome it recorded, then run XA COMMIT or XA ROLLBACK accordingly, with "
        "the "
        "name as XA RECOVER gives it.",
    .prepared_committed = "XA COMMIT",
    .session_lock_mistake =
        "A lock of the session was not given back (GET_LOCK, LOCK TABLES, FLUSH TABLES WITH READ LOCK): the connection "
        "went back to its pool with it.",
    .session_lock_fix =
        "Give it back on every path (RELEASE_LOCK, UNLOCK TABLES), or reset connections when they go back to the pool.",
    .give_up_soon = "take schema changes with SET lock_wait_timeout, so that they give up instead of queueing.",
    .ring_explanation =
        "None of them can go on until one gives up. InnoDB finds a ring of row locks at once, and fails one of the "
        "transactions; one that is seen goes through metadata locks too, or innodb_deadlock_detect is off, and then "
        "each "
        "stands until its own timeout.",
    .ring_fix = "Take locks in one order everywhere (sort by key before updating); retry on error 1213.",
    .long_explanation =
        "Its client is at work, not silent. But until the transaction ends, all that it has locked stays locked, and "
        "purge keeps every row version that it may still read.",
    .long_fix = "Commit in batches; keep remote calls and sleeps out; run long reports on a replica.",
    .begin_inside =
        "The server says nothing of it: the second BEGIN committed what the one before had left, whether it should "
        "have been or not, and began another transaction.",
    .end_outside = "The server says nothing of it and answers OK, so the program believes that it ended something.",
    .refused = "error 1040, Too many connections",
};

bool is_postgres(model::Engine engine) { return engine == model::Engine::postgres; }

// CURRENT_USER() as GRANT takes it.
std::string account(const std::string& role) {
  const auto at = role.rfind('@');
  if (at == std::string::npos) return model::sql_literal(role);
  return model::sql_literal(role.substr(0, at)) + "@" + model::sql_literal(role.substr(at + 1));
}

}  // namespace

const EngineWords& words_of(model::Engine engine) { return is_postgres(engine) ? postgres : mysql; }

// An XID is three values, two of them quoted already.
std::string prepared_name(model::Engine engine, const std::string& gid) {
  return is_postgres(engine) ? fmt::format("'{}'", gid) : gid;
}

std::string roll_back_prepared(const model::Snapshot& snapshot, const std::string& gid) {
  if (is_postgres(snapshot.server.engine())) return fmt::format("ROLLBACK PREPARED {};", model::sql_literal(gid));
  const bool known = std::ranges::count(snapshot.prepared, gid, &model::PreparedTransaction::gid) > 0;
  return known ? fmt::format("XA ROLLBACK {};", gid) : "XA RECOVER;";
}

std::string grant_to_see(const model::Snapshot& snapshot) {
  const std::string& role = snapshot.observer_role;
  if (is_postgres(snapshot.server.engine()))
    return fmt::format("GRANT pg_monitor TO {};", role.empty() ? "the observing role" : model::sql_identifier(role));
  return fmt::format("GRANT PROCESS ON *.* TO {};", role.empty() ? "the observing account" : account(role));
}

std::string idle_net(model::Engine engine, const model::Session& session) {
  // A superuser's own long work should not be cut off by a suggestion of ours.
  if (session.user.empty() || session.superuser) return "";
  switch (engine) {
    case model::Engine::postgres:
      return fmt::format(" As a safety net: ALTER ROLE {} SET idle_in_transaction_session_timeout = '5min';",
                         model::sql_identifier(session.user));
    case model::Engine::mariadb: return " As a safety net, for all: SET GLOBAL idle_transaction_timeout = 300;";
    case model::Engine::mysql: return "";  // wait_timeout ends idle sessions with and without a transaction alike
  }
  return "";
}

}  // namespace lockkeeper::rules
