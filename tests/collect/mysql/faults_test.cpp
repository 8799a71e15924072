// What a look says when something is in its way: a failure with advice, or what is missing with its grant.
#include <gmock/gmock.h>

#include <atomic>

#include "collect/mysql/looking.hpp"

namespace lockkeeper::collect::mysql::testing {
namespace {

using namespace std::chrono_literals;
using lockkeeper::testing::find_mariadb;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

model::LookFailure failure_of(Looker& looker, Deadline deadline = soon()) {
  auto result = looker->look(deadline);
  if (result) {
    ADD_FAILURE() << "the look succeeded";
    return {};
  }
  EXPECT_FALSE(result.error().message.empty());
  EXPECT_FALSE(result.error().advice.empty());
  return result.error();
}

class MysqlPrivileges : public OnMysql {
 protected:
  // An account with these privileges alone.
  std::string url_with(const std::vector<std::string>& grants) {
    observer().exec("DROP USER IF EXISTS 'watcher'@'%'");
    observer().exec("CREATE USER 'watcher'@'%' IDENTIFIED BY 'sekret'");
    for (const auto& grant : grants) observer().exec("GRANT " + grant + " TO 'watcher'@'%'");
    return server().url("", "watcher", "sekret");
  }
};
LOCKKEEPER_ON_MYSQL(MysqlPrivileges);

TEST_P(MysqlPrivileges, TheDocumentedGrantsSeeEverything) {
  MysqlSession client = session();
  client.exec("BEGIN");
  client.exec("UPDATE shop.post SET n = 1 WHERE id = 1");
  Looker looker(url_with({"PROCESS ON *.*", "SELECT ON performance_schema.*"}));
  const auto snapshot = looker.look_until(
      [&](const auto& seen) { return session_of(seen, client.id()).state == model::SessionState::idle_in_transaction; },
      "the transaction");
  EXPECT_TRUE(snapshot.complete());
  EXPECT_TRUE(session_of(snapshot, client.id()).transaction->history);
}

TEST_P(MysqlPrivileges, WithoutAnyTheLookSaysWhatItCouldNotSee) {
  MysqlSession client = session();
  Looker looker(url_with({}));
  const auto snapshot = looker.look();
  EXPECT_FALSE(snapshot.complete());
  EXPECT_FALSE(has_session(snapshot, client.id()));
  std::string cures;
  for (const auto& gap : snapshot.missing) cures += gap.cure;
  EXPECT_THAT(cures, HasSubstr("GRANT PROCESS ON *.* TO 'watcher'@'%';"));
  EXPECT_THAT(cures, HasSubstr("GRANT SELECT ON performance_schema.* TO 'watcher'@'%';"));
}

TEST_P(MysqlPrivileges, AWrongPasswordIsNotShown) {
  Looker looker(server().url("", "root", "not-this-one"));
  const auto failure = failure_of(looker);
  EXPECT_EQ(failure.code, "authentication");
  EXPECT_THAT(failure.message, Not(HasSubstr("not-this-one")));
}

TEST_P(MysqlPrivileges, AnUnknownDatabase) {
  Looker looker(server().url("nowhere"));
  EXPECT_EQ(failure_of(looker).code, "unknown_database");
}

class MysqlFaults : public ::testing::Test {
 protected:
  MysqlServer server_ = MysqlServer::start(find_mariadb());
  Looker looker_{server_.url()};
};

TEST_F(MysqlFaults, AStoppedServerIsUnreachableThenFineAgain) {
  const auto before = looker_.look();
  server_.kill_hard();
  EXPECT_EQ(failure_of(looker_).code, "unreachable");
  server_.start_again();
  EXPECT_EQ(looker_.look().server.product, "MariaDB");
}

TEST_F(MysqlFaults, ARestartBetweenLooksIsNotNoticed) {
  const auto before = looker_.look();
  server_.kill_hard();
  server_.start_again();
  const auto after = looker_.look();
  EXPECT_GE(after.server.started_at, before.server.started_at);
}

TEST_F(MysqlFaults, AServerThatHangsIsADeadline) {
  static_cast<void>(looker_.look());
  server_.pause();
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(failure_of(looker_, start + 500ms).code, "deadline");
  EXPECT_LT(std::chrono::steady_clock::now() - start, 10s);
  server_.resume();
  EXPECT_EQ(looker_.look().server.product, "MariaDB");
}

TEST_F(MysqlFaults, AStockMariadbCollectsNothingAndSaysHowToChangeThat) {
  const auto snapshot = looker_.look();
  EXPECT_TRUE(snapshot.complete()) << "only details are missing";
  ASSERT_THAT(snapshot.missing, Not(IsEmpty()));
  EXPECT_EQ(snapshot.missing.front().why, "performance_schema is off");
  EXPECT_THAT(snapshot.missing.front().cure, HasSubstr("performance_schema=ON"));
}

TEST_F(MysqlFaults, UnseenMetadataLocksThatSomebodyWaitsForAreMissing) {
  MysqlSession reader(server_);
  reader.exec("CREATE TABLE test.post (id integer) ENGINE=InnoDB");
  reader.exec("BEGIN");
  reader.exec("SELECT * FROM test.post");
  Waiter ddl(server_, "ALTER TABLE test.post ADD COLUMN extra integer");
  MysqlSession observer(server_);
  lockkeeper::testing::wait_until_state(observer, ddl.id(), "metadata lock");
  EXPECT_FALSE(looker_.look().complete());
  reader.exec("ROLLBACK");
  EXPECT_EQ(ddl.result(), 0U);
}

// Another monitor, which asks without pause. That keeps InnoDB from renewing the view for anybody, unless the monitor
// is held up for a tenth of a second itself.
class RestlessMonitor {
 public:
  RestlessMonitor(const MysqlServer& server, std::uint64_t session)
      : polling_(std::async(std::launch::async, [this, &server, session] { poll(server, session); })) {}
  RestlessMonitor(const RestlessMonitor&) = delete;
  RestlessMonitor& operator=(const RestlessMonitor&) = delete;
  ~RestlessMonitor() { stop_ = true; }

  // Whether the view shows the session's transaction, asked for after this was called.
  [[nodiscard]] bool sees_it() {
    const int before = polls_;  // One may be under way.
    lockkeeper::testing::wait_until([&] { return polls_ >= before + 2; }, lockkeeper::testing::default_patience,
                                    "the monitor to ask again");
    return seen_;
  }

 private:
  void poll(const MysqlServer& server, std::uint64_t session) {
    MysqlSession connection(server);
    const std::string sql =
        "SELECT count(*) FROM information_schema.innodb_trx WHERE trx_mysql_thread_id = " + std::to_string(session);
    while (!stop_) {
      seen_ = connection.value(sql) == "1";
      ++polls_;
    }
  }

  std::atomic<bool> stop_{false}, seen_{false};
  std::atomic<int> polls_{0};
  std::future<void> polling_;  // The last: it uses the others, and its destructor waits.
};

class MysqlFrozenView : public MysqlFaults {
 protected:
  // A client's transaction ends while a monitor keeps it in the view. False: the view was renewed all the same.
  bool play() {
    auto client = std::make_unique<MysqlSession>(server_);
    client->exec("BEGIN");
    client->exec("INSERT INTO test.post VALUES (1)");
    const MysqlSession later(server_);  // a session with a higher id, that stays
    const auto id = client->id();
    const auto is_shown = [&](const auto& seen) { return session_of(seen, id).transaction.has_value(); };
    static_cast<void>(looker_.look_until(is_shown, "the transaction"));
    RestlessMonitor monitor(server_, id);
    static_cast<void>(monitor.sees_it());
    client.reset();
    MysqlSession observer(server_);
    lockkeeper::testing::wait_until_gone(observer, id);
    const auto snapshot = looker_.look();
    if (!monitor.sees_it()) return false;
    EXPECT_FALSE(snapshot.complete());
    EXPECT_THAT(snapshot.missing.front().why, HasSubstr("another monitor"));
    return true;
  }
};

TEST_F(MysqlFrozenView, IsNoticed) {
  MysqlSession(server_).exec("CREATE TABLE test.post (id integer) ENGINE=InnoDB");
  bool was_frozen = false;
  for (int plays = 0; plays < 20 && !was_frozen; ++plays) was_frozen = play();
  EXPECT_TRUE(was_frozen) << "the monitor was held up every time";
  EXPECT_TRUE(looker_.look().complete());
}

}  // namespace
}  // namespace lockkeeper::collect::mysql::testing
