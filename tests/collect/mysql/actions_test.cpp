// Killing on real servers: only who is still as he was, and until what he wrote is undone.
#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "collect/mysql/looking.hpp"

namespace lockkeeper::collect::mysql::testing {
namespace {

using namespace std::chrono_literals;
using lockkeeper::testing::wait_until_gone;
using lockkeeper::testing::wait_until_state;
using model::ActionOutcome;
using ::testing::HasSubstr;

class MysqlKill : public OnMysql {
 protected:
  void SetUp() override {
    OnMysql::SetUp();
    if (!IsSkipped()) looker_ = std::make_unique<Looker>(server().url());
  }
  Looker& looker() { return *looker_; }

  // A client has its answer before the server counts its session as asleep.
  model::Guard guard_of(Looker& by, std::uint64_t id, model::SessionState state, bool only_while_blocking = false) {
    const auto snapshot =
        by.look_until([&](const auto& seen) { return session_of(seen, id).state == state; }, "the state");
    return model::guard_for(session_of(snapshot, id), only_while_blocking);
  }
  model::Guard guard_of(std::uint64_t id, bool only_while_blocking = false) {
    return guard_of(looker(), id, model::SessionState::idle_in_transaction, only_while_blocking);
  }

  void open_transaction(MysqlSession& client) {
    client.exec("BEGIN");
    client.exec("UPDATE shop.post SET n = n + 1 WHERE id = 1");
  }

 private:
  std::unique_ptr<Looker> looker_;
};
LOCKKEEPER_ON_MYSQL(MysqlKill);

TEST_P(MysqlKill, EndsASleepingTransactionAndRollsItBack) {
  MysqlSession client = session();
  open_transaction(client);
  const auto result = looker()->terminate(guard_of(client.id()), soon());
  EXPECT_EQ(result.outcome, ActionOutcome::done) << result.reason;
  EXPECT_FALSE(has_session(looker().look(), client.id()));
  EXPECT_EQ(observer().value("SELECT n FROM shop.post WHERE id = 1"), "0");
}

// InnoDB shows nothing new while its views are read more often than every 0.1 s; each of these waits for longer than
// that.
TEST_P(MysqlKill, IsSeenToBeDoneBesideOthersWhoLookAllTheTime) {
  MysqlSession client = session();
  open_transaction(client);
  const model::Guard guard = guard_of(client.id());
  std::atomic<bool> done = false;
  std::vector<std::jthread> others;
  for (int i = 0; i < 4; ++i) {
    others.emplace_back([&] {
      for (Looker looks(server().url()); !done;) static_cast<void>(looks.look());
    });
  }
  const auto result = looker()->terminate(guard, std::chrono::steady_clock::now() + 20s);
  done = true;
  EXPECT_EQ(result.outcome, ActionOutcome::done) << result.reason;
}

TEST_P(MysqlKill, SparesWhoHasMovedOn) {
  MysqlSession client = session();
  open_transaction(client);
  const model::Guard guard = guard_of(client.id());
  client.exec("COMMIT");
  const auto result = looker()->terminate(guard, soon());
  EXPECT_EQ(result.outcome, ActionOutcome::moved_on);
  EXPECT_EQ(client.value("SELECT 1"), "1");
}

TEST_P(MysqlKill, SparesTheNextTransactionOfTheSameSession) {
  MysqlSession client = session();
  open_transaction(client);
  model::Guard guard = guard_of(client.id());
  // As if it had been decided a while ago: the session has begun anew since.
  *guard.state_changed_at -= 10s;
  *guard.transaction_started_at -= 10s;
  EXPECT_EQ(looker()->terminate(guard, soon()).outcome, ActionOutcome::moved_on);
  EXPECT_EQ(client.value("SELECT 1"), "1");
}

TEST_P(MysqlKill, SparesWhoIsGone) {
  auto client = std::make_unique<MysqlSession>(server());
  open_transaction(*client);
  const model::Guard guard = guard_of(client->id());
  const auto id = client->id();
  client.reset();
  wait_until_gone(observer(), id);
  EXPECT_EQ(looker()->terminate(guard, soon()).outcome, ActionOutcome::moved_on);
}

TEST_P(MysqlKill, OnlyWhileBlocking) {
  MysqlSession client = session();
  open_transaction(client);
  EXPECT_EQ(looker()->terminate(guard_of(client.id(), true), soon()).outcome, ActionOutcome::moved_on)
      << "nobody waits";
  Waiter waiter(server(), "UPDATE shop.post SET n = 5 WHERE id = 1");
  static_cast<void>(
      looker().look_until([&](const auto& seen) { return wait_of(seen, waiter.id()) != nullptr; }, "a waiter"));
  EXPECT_EQ(looker()->terminate(guard_of(client.id(), true), soon()).outcome, ActionOutcome::done);
  EXPECT_EQ(waiter.result(), 0U);
}

TEST_P(MysqlKill, CancelStopsTheStatementAndLeavesTheSession) {
  Waiter sleeper(server(), "SELECT SLEEP(100)");
  wait_until_state(observer(), sleeper.id(), "leep");
  const auto result = looker()->cancel(guard_of(looker(), sleeper.id(), model::SessionState::active), soon());
  EXPECT_EQ(result.outcome, ActionOutcome::done) << result.reason;
  EXPECT_TRUE(has_session(looker().look(), sleeper.id()));
}

TEST_P(MysqlKill, CancelDoesNothingToASleepingTransaction) {
  MysqlSession client = session();
  open_transaction(client);
  const auto result = looker()->cancel(guard_of(client.id()), soon());
  EXPECT_EQ(result.outcome, ActionOutcome::skipped);
  EXPECT_THAT(result.reason, HasSubstr("sleeping"));
}

TEST_P(MysqlKill, WithoutThePrivilegeIsDenied) {
  observer().exec("CREATE USER IF NOT EXISTS 'watcher'@'%'");
  observer().exec("GRANT PROCESS ON *.* TO 'watcher'@'%'");
  observer().exec("GRANT SELECT ON performance_schema.* TO 'watcher'@'%'");
  MysqlSession client = session();
  open_transaction(client);
  Looker watcher(server().url("", "watcher"));
  const auto guard = guard_of(watcher, client.id(), model::SessionState::idle_in_transaction);
  const auto result = watcher->terminate(guard, soon());
  EXPECT_EQ(result.outcome, ActionOutcome::denied) << result.reason;
  EXPECT_THAT(result.reason, HasSubstr("CONNECTION_ADMIN"));
  EXPECT_EQ(client.value("SELECT 1"), "1");
}

TEST_P(MysqlKill, FollowsALongRollbackToItsEnd) {
  observer().exec("DROP TABLE IF EXISTS shop.big");
  observer().exec("CREATE TABLE shop.big (id integer PRIMARY KEY, n integer) ENGINE=InnoDB");
  MysqlSession client = session();
  client.exec("BEGIN");
  client.exec("INSERT INTO shop.big SELECT seq, 0 FROM " + lockkeeper::testing::counted_rows(GetParam(), 100'000));
  std::vector<model::Rollback> seen;
  const auto result = looker()->terminate(guard_of(client.id()), soon(),
                                          [&](const model::Rollback& rollback) { seen.push_back(rollback); });
  EXPECT_EQ(result.outcome, ActionOutcome::done) << result.reason;
  EXPECT_EQ(observer().value("SELECT count(*) FROM shop.big"), "0");
  EXPECT_EQ(observer().value("SELECT count(*) FROM information_schema.innodb_trx WHERE trx_mysql_thread_id = " +
                             std::to_string(client.id())),
            "0")
      << "it was waited for";
  for (std::size_t index = 1; index < seen.size(); ++index) EXPECT_LE(seen[index].rows_left, seen[index - 1].rows_left);
}

TEST_P(MysqlKill, ARestartMakesIdsMeanOthers) {
  MysqlSession client = session();
  open_transaction(client);
  model::Guard guard = guard_of(client.id());
  guard.session.started_at -= 1h;
  const auto result = looker()->terminate(guard, soon());
  EXPECT_EQ(result.outcome, ActionOutcome::moved_on);
  EXPECT_THAT(result.reason, HasSubstr("restarted"));
}

}  // namespace
}  // namespace lockkeeper::collect::mysql::testing
