// A glance at a real server of every version: what it lists, what it counts, and that rules say of it what they say of
// a look.
#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <set>

#include "collect/looking.hpp"
#include "rules/catalogue.hpp"

namespace lockkeeper::collect::postgres {
namespace {

using namespace std::chrono_literals;
using lockkeeper::testing::wait_until;
using lockkeeper::testing::wait_until_state;
using model::SessionState;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;

// Nobody is silent, open or holding back for so long.
constexpr Noteworthy nothing{.idle = 1h, .open = 1h, .horizon = 1'000'000'000};

class Glance : public OnServer {
 protected:
  void SetUp() override {
    OnServer::SetUp();
    looker_ = std::make_unique<Looker>(server().url());
    static_cast<void>(looker_->look());
  }
  void TearDown() override { looker_.reset(); }

  model::Snapshot glance(const Noteworthy& noteworthy) {
    auto result = looker()->glance(noteworthy, soon());
    if (!result) throw std::runtime_error("the glance failed: " + result.error().message);
    return std::move(*result);
  }
  Looker& looker() { return *looker_; }

  // A session that has gone to sleep inside a transaction after that.
  Session silent(const std::string& sql, const std::string& application_name = "checkout") {
    Session session = this->session(application_name);
    session.exec("BEGIN");
    session.try_exec(sql);
    wait_until([&] { return observer().value(state_of(session)).starts_with("idle in transaction"); },
               lockkeeper::testing::default_patience, "the session to be idle in its transaction");
    return session;
  }

  // A session that runs a statement, which has its snapshot.
  Session busy_session() {
    Session session = this->session("busy");
    session.send("SELECT pg_sleep(60)");
    const std::string asleep =
        "SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND pid = " + std::to_string(session.pid());
    wait_until([&] { return !observer().exec(asleep).empty(); }, lockkeeper::testing::default_patience,
               "the statement to run");
    return session;
  }

  static std::string state_of(const Session& session) {
    return "SELECT state FROM pg_stat_activity WHERE pid = " + std::to_string(session.pid());
  }

 private:
  std::unique_ptr<Looker> looker_;
};

INSTANTIATE_TEST_SUITE_P(Installed, Glance, ::testing::ValuesIn(lockkeeper::testing::installed_postgres()),
                         [](const auto& instance) { return instance.param.label; });

std::vector<std::int64_t> listed(const model::Snapshot& snapshot) {
  std::vector<std::int64_t> pids;
  for (const auto& session : snapshot.sessions) pids.push_back(session.id.pid);
  return pids;
}

// The ids of what the rules find.
std::set<model::FindingId> found(const model::Snapshot& snapshot, const rules::Limits& limits) {
  const rules::Blocking blocking(snapshot);
  rules::Window window;
  window.add(snapshot, limits);
  std::set<model::FindingId> ids;
  for (const auto& finding : rules::judge({snapshot, blocking, window}, limits)) ids.insert(finding.id);
  return ids;
}

TEST_P(Glance, ListsWhoIsSilentInATransactionAndCountsTheOthers) {
  const Session idle = session();
  const Session quiet = silent("UPDATE shop.orders SET paid = true WHERE id = 1");
  const Session aborted = silent("SELECT 1/0");
  const model::Snapshot snapshot = glance({.idle = 0s, .open = 1h, .horizon = nothing.horizon});
  EXPECT_THAT(listed(snapshot), ::testing::UnorderedElementsAre(quiet.pid(), aborted.pid()));
  EXPECT_EQ(snapshot.unlisted_clients, 2) << "an idle one and the one that prepares the tests";
  EXPECT_EQ(snapshot.clients(), looker().look().clients());
  EXPECT_FALSE(snapshot.complete()) << "who waits for whom was not asked";

  const model::Snapshot look = looker().look();
  for (const auto* client : {&quiet, &aborted}) {
    const model::Session& seen = session_of(snapshot, client->pid());
    const model::Session& whole = session_of(look, client->pid());
    EXPECT_EQ(seen.kind, whole.kind);
    EXPECT_EQ(seen.state, whole.state);
    EXPECT_EQ(seen.application, whole.application);
    EXPECT_EQ(seen.user, whole.user);
    EXPECT_EQ(seen.database, whole.database);
    EXPECT_EQ(seen.state_changed_at, whole.state_changed_at);
    ASSERT_TRUE(seen.statement && whole.statement);
    EXPECT_EQ(seen.statement->fingerprint, whole.statement->fingerprint);
  }
}

TEST_P(Glance, ListsNobodyWhoIsWithinTheLimits) {
  const Session quiet = silent("SELECT 1");
  const model::Snapshot snapshot = glance(nothing);
  EXPECT_THAT(listed(snapshot), IsEmpty());
  EXPECT_EQ(snapshot.unlisted_clients, 2);
}

TEST_P(Glance, TellsTheServersTimeAndStart) {
  const model::Snapshot before = looker().look();
  const model::Snapshot snapshot = glance(nothing);
  const model::Snapshot after = looker().look();
  EXPECT_LE(before.taken_at, snapshot.taken_at);
  EXPECT_LE(snapshot.taken_at, after.taken_at);
  EXPECT_EQ(snapshot.server.started_at, after.server.started_at);
  EXPECT_EQ(snapshot.server.name, after.server.name);
  EXPECT_EQ(snapshot.server.usable_connections(), after.server.usable_connections());
}

TEST_P(Glance, ListsLongTransactionsThatAreAtWorkButNotThoseHeldUpByAnother) {
  const Session busy = busy_session();
  Session holder = silent("UPDATE shop.orders SET paid = true WHERE id = 1", "holder");
  const Session waiter = waiting_session("UPDATE shop.orders SET paid = false WHERE id = 1");
  const model::Snapshot snapshot = glance({.idle = 1h, .open = 0s, .horizon = nothing.horizon});
  EXPECT_THAT(listed(snapshot), ::testing::UnorderedElementsAre(busy.pid(), holder.pid()));
  const model::Session& seen = session_of(snapshot, busy.pid());
  ASSERT_TRUE(seen.transaction);
  EXPECT_EQ(seen.transaction->started_at, session_of(looker().look(), busy.pid()).transaction->started_at);
  EXPECT_EQ(seen.state, SessionState::active);
  EXPECT_TRUE(session_of(snapshot, holder.pid()).transaction->wrote);
}

TEST_P(Glance, ListsWhoHoldsBackVacuum) {
  Session reader = session("report");
  reader.exec("BEGIN ISOLATION LEVEL REPEATABLE READ");
  reader.exec("SELECT FROM shop.orders");
  wait_until_state(observer(), reader.pid(), "idle in transaction");
  const Noteworthy ten{.idle = 1h, .open = 1h, .horizon = 10};
  EXPECT_THAT(listed(glance(ten)), IsEmpty());
  for (int write = 0; write < 10; ++write)
    observer().exec("INSERT INTO shop.items VALUES (" + std::to_string(write) + ")");
  const model::Snapshot snapshot = glance(ten);
  ASSERT_THAT(listed(snapshot), ElementsAre(reader.pid()));
  ASSERT_TRUE(snapshot.sessions[0].transaction);
  EXPECT_GE(snapshot.sessions[0].transaction->horizon_age(), 10);
}

TEST_P(Glance, GivesAwayUnderTheSameIdsWhatALookFindsBySessionsAlone) {
  const Session busy = busy_session();
  const Session quiet = silent("UPDATE shop.orders SET paid = true WHERE id = 2");
  const Session aborted = silent("SELECT 1/0", "careless");
  rules::Limits limits;
  limits.min_idle = limits.max_age = 0s;
  limits.max_horizon = 0;
  limits.budget_warning_share = 0.01;
  const auto by_glance = found(glance({limits.min_idle, limits.max_age, limits.max_horizon}), limits);
  EXPECT_EQ(by_glance, found(looker().look(), limits));
  EXPECT_EQ(by_glance.size(), 5U) << "idle, aborted, long, horizon, budget";
}

TEST_P(Glance, OfAnOrdinaryRoleCountsWhatItMayNotSee) {
  observer().exec("DROP ROLE IF EXISTS glancer");
  observer().exec("CREATE ROLE glancer LOGIN");
  const Session foreign = silent("SELECT 1");
  Session own(server().url("postgres", "glancer"), "own");
  own.exec("BEGIN");
  wait_until_state(observer(), own.pid(), "idle in transaction");
  Looker modest(server().url("postgres", "glancer"));
  const auto clients = modest.look().clients();
  const auto snapshot = modest->glance({.idle = 0s, .open = 0s, .horizon = 0}, soon());
  ASSERT_TRUE(snapshot) << snapshot.error().message;
  EXPECT_THAT(listed(*snapshot), ElementsAre(own.pid()));
  EXPECT_EQ(snapshot->clients(), clients);
}

TEST_P(Glance, OverANewConnectionIsAWholeLook) {
  Looker fresh(server().url());
  const auto first = fresh->glance(nothing, soon());
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_TRUE(first->complete());
  EXPECT_TRUE(has_session(*first, observer().pid()));
  const auto second = fresh->glance(nothing, soon());
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_FALSE(second->complete());

  observer().exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'lockkeeper'");
  wait_until(
      [&] { return observer().exec("SELECT FROM pg_stat_activity WHERE application_name = 'lockkeeper'").empty(); },
      lockkeeper::testing::default_patience, "the observers to end");
  const auto third = fresh->glance(nothing, soon());
  ASSERT_TRUE(third) << third.error().message;
  EXPECT_TRUE(third->complete()) << "what is known of the server is that of another connection";
}

TEST_P(Glance, AndALookFollowEachOtherInAnyOrder) {
  const Session quiet = silent("SELECT 1");
  const Noteworthy all{.idle = 0s, .open = 1h, .horizon = nothing.horizon};
  for (int round = 0; round < 3; ++round) {
    EXPECT_THAT(listed(glance(all)), ElementsAre(quiet.pid()));
    EXPECT_THAT(listed(looker().look()), IsSupersetOf({quiet.pid(), observer().pid()}));
    EXPECT_THAT(listed(glance(nothing)), IsEmpty());
  }
}

}  // namespace
}  // namespace lockkeeper::collect::postgres
