// What a look sees of real servers: transactions, their statements, who waits for whom.
#include <gmock/gmock.h>

#include "collect/mysql/looking.hpp"
#include "rules/blocking.hpp"

namespace lockkeeper::collect::mysql::testing {
namespace {

using namespace std::chrono_literals;
using lockkeeper::testing::wait_until_state;
using model::SessionState;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class MysqlLook : public OnMysql {
 protected:
  Looker& looker() {
    if (!looker_) looker_ = std::make_unique<Looker>(server().url());
    return *looker_;
  }
  // InnoDB's views are up to a tenth of a second old, and more where a case before has just read them.
  static bool counted(const model::Snapshot& snapshot, std::uint64_t id) {
    const auto& transaction = session_of(snapshot, id).transaction;
    return transaction && transaction->rows_modified;
  }
  // A client has its answer before the server counts its session as asleep.
  static bool told(const model::Snapshot& snapshot, std::uint64_t id) {
    const auto& transaction = session_of(snapshot, id).transaction;
    return transaction && transaction->history;
  }
  static model::SessionId id_of(const model::Snapshot& snapshot, std::uint64_t id) {
    return session_of(snapshot, id).id;
  }

 private:
  std::unique_ptr<Looker> looker_;
};
LOCKKEEPER_ON_MYSQL(MysqlLook);

TEST_P(MysqlLook, ServerAndObserver) {
  const auto snapshot = looker().look();
  EXPECT_EQ(snapshot.server.product, is_mariadb() ? "MariaDB" : "MySQL");
  EXPECT_EQ(snapshot.server.name, "127.0.0.1:" + std::to_string(server().port()));
  EXPECT_THAT(snapshot.observer_role, HasSubstr("root@"));
  EXPECT_GT(snapshot.server.max_connections, 10);
  EXPECT_TRUE(snapshot.complete());
  EXPECT_THAT(snapshot.missing, IsEmpty()) << snapshot.missing.front().what;
  EXPECT_EQ(looker().look().server.started_at, snapshot.server.started_at);
  EXPECT_EQ(Looker(server().url()).look().server.started_at, snapshot.server.started_at)
      << "ids of findings are made of it: it is the same for every observer";
}

TEST_P(MysqlLook, SleepingTransactionWithAllItsStatements) {
  MysqlSession client = session();
  client.exec("BEGIN");
  client.exec("UPDATE shop.post SET n = n + 1 WHERE id IN (1, 2, 3)");
  client.exec("SELECT 'secret', n FROM shop.post WHERE id = 1");
  const auto snapshot = looker().look_until(
      [&](const auto& seen) { return counted(seen, client.id()) && told(seen, client.id()); }, "its counts");
  const model::Session& seen = session_of(snapshot, client.id());
  EXPECT_EQ(seen.state, SessionState::idle_in_transaction);
  EXPECT_TRUE(seen.superuser);
  EXPECT_LT(snapshot.taken_at - *seen.state_changed_at, 20s);
  EXPECT_GE(snapshot.taken_at - *seen.state_changed_at, -1s);
  ASSERT_TRUE(seen.transaction);
  EXPECT_TRUE(seen.transaction->wrote);
  EXPECT_EQ(seen.transaction->rows_modified, 3);
  EXPECT_EQ(seen.transaction->tables_locked, 1);
  EXPECT_GE(seen.transaction->rows_locked, 3);
  EXPECT_LT(std::chrono::abs(snapshot.taken_at - seen.transaction->started_at), 20s) << "in UTC";
  const auto& history = seen.transaction->history;
  ASSERT_TRUE(history);
  ASSERT_THAT(history->statements, SizeIs(3));
  EXPECT_EQ(history->statements[0].statement.text, "BEGIN");
  EXPECT_EQ(history->statements[1].statement.text, "UPDATE shop.post SET n = n + ? WHERE id IN (?)");
  EXPECT_EQ(history->statements[1].rows, 3);
  EXPECT_EQ(history->statements[2].statement.text, "SELECT ?, n FROM shop.post WHERE id = ?");
  EXPECT_LE(history->statements[0].started_at, history->statements[1].started_at);
  EXPECT_LT(std::chrono::abs(history->statements[0].started_at - seen.transaction->started_at), 20s);
  EXPECT_EQ(history->lost_at_most, 0);
  EXPECT_EQ(seen.statement->text, history->statements[2].statement.text);
  EXPECT_THAT(seen.locks, ::testing::Contains(::testing::Field(&model::HeldLock::target, "shop.post")));
}

TEST_P(MysqlLook, TransactionBegunByAStatement) {
  MysqlSession client = session();
  client.exec("SET autocommit = 0");
  client.exec("INSERT INTO shop.post VALUES (20, 1)");
  client.exec("SELECT n FROM shop.post WHERE id = 20");
  const auto snapshot =
      looker().look_until([&](const auto& seen) { return told(seen, client.id()); }, "its statements");
  const auto& history = session_of(snapshot, client.id()).transaction->history;
  ASSERT_TRUE(history);
  ASSERT_THAT(history->statements, SizeIs(2)) << "the one that began it too";
  EXPECT_EQ(history->statements[0].statement.text, "INSERT INTO shop.post VALUES (?)");
  client.exec("COMMIT");
  static_cast<void>(looker().look_until(
      [&](const auto& seen) { return session_of(seen, client.id()).state == SessionState::idle; }, "the commit"));
}

TEST_P(MysqlLook, LongTransactionsHaveLostTheirFirstStatements) {
  MysqlSession client = session();
  client.exec("BEGIN");
  for (int turn = 0; turn < 25; ++turn) client.exec("UPDATE shop.post SET n = n + 1 WHERE id = 1");
  const auto snapshot =
      looker().look_until([&](const auto& seen) { return told(seen, client.id()); }, "its statements");
  const auto& history = session_of(snapshot, client.id()).transaction->history;
  ASSERT_TRUE(history);
  const auto kept = std::stoll(observer().value("SELECT @@performance_schema_events_statements_history_size"));
  EXPECT_EQ(std::ssize(history->statements), kept);
  EXPECT_GE(history->lost_at_most, 26 - kept);
}

TEST_P(MysqlLook, TransactionThatHasTouchedNothing) {
  MysqlSession client = session();
  const auto is = [&](SessionState state) {
    return [&, state](const auto& seen) { return session_of(seen, client.id()).state == state; };
  };
  client.exec("START TRANSACTION");
  static_cast<void>(looker().look_until(is(SessionState::idle_in_transaction), "the transaction"));
  client.exec("ROLLBACK");
  static_cast<void>(looker().look_until(is(SessionState::idle), "its end"));
}

TEST_P(MysqlLook, WaitersForOneRowAndWhoIsAtTheRoot) {
  MysqlSession holder = session();
  holder.exec("BEGIN");
  holder.exec("UPDATE shop.post SET n = 1 WHERE id = 1");
  std::vector<std::unique_ptr<Waiter>> waiters;
  for (int count = 0; count < 3; ++count)
    waiters.push_back(std::make_unique<Waiter>(server(), "UPDATE shop.post SET n = 2 WHERE id = 1"));
  const auto three_waiters = [&](const auto& seen) {
    return seen.waits.size() == 3 && counted(seen, holder.id()) &&
           std::ranges::none_of(seen.waits, &model::Wait::since_is_upper_bound);
  };
  const auto snapshot = looker().look_until(three_waiters, "three waiters");
  const rules::Blocking blocking(snapshot);
  const model::SessionId root = id_of(snapshot, holder.id());
  EXPECT_THAT(blocking.roots(), ElementsAre(model::Holder(root)));
  EXPECT_THAT(blocking.behind(root), SizeIs(3));
  EXPECT_THAT(blocking.freed_by(std::vector<model::Holder>{root}), SizeIs(3));
  const model::Wait* wait = wait_of(snapshot, waiters.front()->id());
  ASSERT_NE(wait, nullptr);
  EXPECT_EQ(wait->kind, "row");
  EXPECT_EQ(wait->target, "shop.post (index PRIMARY)");
  EXPECT_THAT(wait->mode, HasSubstr("X"));
  EXPECT_FALSE(wait->since_is_upper_bound);
  EXPECT_EQ(session_of(snapshot, waiters.front()->id()).state, SessionState::active);
  EXPECT_THAT(session_of(snapshot, holder.id()).locks,
              ::testing::Contains(::testing::Field(&model::HeldLock::target, "shop.post (index PRIMARY)")));
  holder.exec("ROLLBACK");
  for (auto& waiter : waiters) EXPECT_EQ(waiter->result(), 0U);
}

// InnoDB locks an inserted row by writing nothing down; whoever wants it does so in the inserter's name.
TEST_P(MysqlLook, WhoInsertedARowHoldsUpWhoInsertsTheSame) {
  session().exec("CREATE TABLE shop.dedupe (k varchar(20) PRIMARY KEY)");
  MysqlSession holder = session();
  holder.exec("BEGIN");
  holder.exec("INSERT INTO shop.dedupe VALUES ('post-1:7')");
  std::vector<std::unique_ptr<Waiter>> waiters;
  for (int count = 0; count < 2; ++count)
    waiters.push_back(std::make_unique<Waiter>(server(), "INSERT INTO shop.dedupe VALUES ('post-1:7')"));
  const auto snapshot =
      looker().look_until([](const auto& seen) { return seen.waits.size() == 2; }, "two who wait for the row");
  const model::SessionId root = id_of(snapshot, holder.id());
  EXPECT_THAT(rules::Blocking(snapshot).roots(), ElementsAre(model::Holder(root)));
  EXPECT_THAT(rules::Blocking(snapshot).behind(root), SizeIs(2));
  holder.exec("ROLLBACK");
  EXPECT_EQ(std::ranges::count(waiters, 0U, [](const auto& each) { return each->result(); }), 1) << "one of them";
  session().exec("DROP TABLE shop.dedupe");
}

TEST_P(MysqlLook, MetadataLocksHoldUpDdlAndWhoeverComesAfter) {
  MysqlSession reader = session();
  reader.exec("BEGIN");
  reader.exec("SELECT * FROM shop.post");
  Waiter ddl(server(), "ALTER TABLE shop.post ADD COLUMN extra integer");
  wait_until_state(observer(), ddl.id(), "metadata lock");
  Waiter late(server(), "SELECT count(*) FROM shop.post");
  wait_until_state(observer(), late.id(), "metadata lock");
  const auto snapshot = looker().look_until([](const auto& seen) { return seen.waits.size() == 2; }, "two waiters");
  const rules::Blocking blocking(snapshot);
  EXPECT_THAT(blocking.roots(), ElementsAre(model::Holder(id_of(snapshot, reader.id()))));
  EXPECT_THAT(blocking.behind(id_of(snapshot, reader.id())), SizeIs(2));
  EXPECT_EQ(wait_of(snapshot, ddl.id())->mode, "EXCLUSIVE");
  EXPECT_THAT(wait_of(snapshot, late.id())->blocked_by, ElementsAre(model::Holder(id_of(snapshot, ddl.id()))))
      << "a soft block that no view shows";
  EXPECT_TRUE(snapshot.complete());
  reader.exec("ROLLBACK");
  EXPECT_EQ(ddl.result(), 0U);
  EXPECT_EQ(late.result(), 0U);
}

TEST_P(MysqlLook, GlobalReadLockStopsWriters) {
  MysqlSession backup = session();
  backup.exec("FLUSH TABLES WITH READ LOCK");
  Waiter writer(server(), "UPDATE shop.post SET n = 1 WHERE id = 1");
  const auto snapshot = looker().look_until([&](const auto& seen) { return wait_of(seen, writer.id()) != nullptr; },
                                            "the writer to wait");
  const rules::Blocking blocking(snapshot);
  EXPECT_THAT(blocking.roots(), ElementsAre(model::Holder(id_of(snapshot, backup.id()))));
  EXPECT_FALSE(session_of(snapshot, backup.id()).transaction) << "a lock of the session";
  backup.exec("UNLOCK TABLES");
  EXPECT_EQ(writer.result(), 0U);
}

TEST_P(MysqlLook, NamedLocks) {
  MysqlSession holder = session();
  holder.exec("SELECT GET_LOCK('nightly', 1)");
  Waiter waiter(server(), "SELECT GET_LOCK('nightly', 30)");
  const auto snapshot =
      looker().look_until([&](const auto& seen) { return wait_of(seen, waiter.id()) != nullptr; }, "a waiter");
  EXPECT_THAT(wait_of(snapshot, waiter.id())->blocked_by, ElementsAre(model::Holder(id_of(snapshot, holder.id()))));
  EXPECT_EQ(wait_of(snapshot, waiter.id())->kind, "advisory");
  holder.exec("SELECT RELEASE_LOCK('nightly')");
  EXPECT_EQ(waiter.result(), 0U);
}

TEST_P(MysqlLook, PreparedTransactionsBlockWithoutASession) {
  {
    MysqlSession manager = session();
    manager.exec("XA START 'order-17'");
    manager.exec("UPDATE shop.post SET n = 1 WHERE id = 1");
    manager.exec("XA END 'order-17'");
    manager.exec("XA PREPARE 'order-17'");
  }
  Waiter waiter(server(), "UPDATE shop.post SET n = 2 WHERE id = 1");
  const auto snapshot = looker().look_until(
      [&](const auto& seen) { return wait_of(seen, waiter.id()) != nullptr && seen.prepared.size() == 1; }, "a waiter");
  EXPECT_EQ(snapshot.prepared.front().gid, "'order-17','',1");
  EXPECT_THAT(wait_of(snapshot, waiter.id())->blocked_by, ElementsAre(model::Holder(std::string("'order-17','',1"))));
  observer().exec("XA ROLLBACK " + snapshot.prepared.front().gid);
  EXPECT_EQ(waiter.result(), 0U);
}

TEST_P(MysqlLook, ApplicationsByTheirConnectAttributes) {
  Looker other(server().url() + "?program-name=publisher");
  static_cast<void>(other.look());
  const auto snapshot = looker().look();
  EXPECT_THAT(snapshot.sessions, ::testing::Contains(::testing::Field(&model::Session::application, "publisher")));
}

// The server's setting, until it goes.
class PlainBackslashes {
 public:
  explicit PlainBackslashes(MysqlSession& admin) : admin_(admin), before_(admin.value("SELECT @@GLOBAL.sql_mode")) {
    admin_.exec("SET GLOBAL sql_mode = CONCAT(@@GLOBAL.sql_mode, ',NO_BACKSLASH_ESCAPES')");
  }
  PlainBackslashes(const PlainBackslashes&) = delete;
  PlainBackslashes& operator=(const PlainBackslashes&) = delete;
  ~PlainBackslashes() {
    try {
      admin_.exec("SET GLOBAL sql_mode = '" + before_ + "'");
    } catch (const std::exception&) {  // The server is gone: then nobody else reads it.
    }
  }

 private:
  MysqlSession& admin_;
  std::string before_;
};

TEST_P(MysqlLook, LiteralsEndWhereTheServersSqlModeSaysSo) {
  const PlainBackslashes mode(observer());
  MysqlSession client = session();
  client.exec("BEGIN");
  client.exec("SELECT n, 'C:\\', 'secret' FROM shop.post WHERE id = 1 FOR UPDATE");
  Looker anew(server().url());
  const auto seen = [&](const auto& snapshot) { return told(snapshot, client.id()); };
  const auto snapshot = anew.look_until(seen, "the statements");
  EXPECT_EQ(session_of(snapshot, client.id()).statement.value().text,
            "SELECT n, ?, ? FROM shop.post WHERE id = ? FOR UPDATE");
}

TEST_P(MysqlLook, ObserversHoldNothingOpen) {
  static_cast<void>(looker().look());
  static_cast<void>(looker().look());
  // InnoDB's own transactions are nobody's.
  EXPECT_EQ(observer().value("SELECT count(*) FROM information_schema.innodb_trx WHERE trx_mysql_thread_id <> 0"), "0");
}

}  // namespace
}  // namespace lockkeeper::collect::mysql::testing
