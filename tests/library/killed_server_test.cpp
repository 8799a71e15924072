// The server is killed in every state that a connection of the pool can be in, and comes back: the pool tells the
// truth, has all of its places again, and serves.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <lockkeeper/database.hpp>
#include <lockkeeper/mysql.hpp>
#include <lockkeeper/postgres.hpp>

#include "client/driver_under_test.hpp"
#include "library/recorder.hpp"
#include "support/servers.hpp"

namespace lockkeeper::testing {
namespace {

using namespace std::chrono_literals;

struct Killed {
  std::string label;
  std::function<std::unique_ptr<Driver>()> driver;
  std::string sleep;  ///< A statement that takes a minute.
  std::string count_to_a_million;
};

void PrintTo(const Killed& killed, std::ostream* out) { *out << killed.label; }

std::vector<Killed> servers() {
  return {{"postgres", [] { return make_postgres_driver(); }, "SELECT pg_sleep(60)",
           "SELECT i FROM generate_series(1, 1000000) AS s (i)"},
          {"mariadb", [] { return make_mysql_driver(); }, "SELECT SLEEP(60)", "SELECT seq FROM seq_1_to_1000000"}};
}

class KilledServer : public ::testing::TestWithParam<Killed> {
 protected:
  void SetUp() override {
    std::string url;
    if (GetParam().label == "postgres") {
      postgres_ = std::make_unique<PostgresServer>(PostgresServer::start());
      url = postgres_->url();
    } else {
      mysql_ = std::make_unique<MysqlServer>(MysqlServer::start(find_mariadb()));
      url = mysql_->url("test");
    }
    const PoolSettings settings{.name = "killed",
                                .maximum_size = 2,
                                .acquire_timeout = 10s,
                                .validation_timeout = 500ms,
                                .rollback_timeout = 500ms};
    db_ = std::make_unique<Database>(GetParam().driver(), Target{.url = url}, settings, events_);
    pool().acquire().execute("CREATE TABLE entry (id integer PRIMARY KEY)");
  }
  /// Whatever was lost, and as soon as every connection that died has been noticed: one that was used a moment ago is
  /// given out unasked, and fails at its first statement.
  void TearDown() override {
    if (!db_) return;
    wait_until([&] { return serves_two_at_once(); }, default_patience, "both places of the pool to serve again");
    EXPECT_TRUE(becomes_true([&] { return pool().metrics().in_use == 0; }, default_patience));
  }

  void kill() { postgres_ ? postgres_->kill_hard() : mysql_->kill_hard(); }
  void start_again() { postgres_ ? postgres_->start_again() : mysql_->start_again(); }
  void kill_and_start() {
    kill();
    start_again();
  }
  Pool& pool() { return db_->pool(); }
  bool serves() {
    try {
      db_->transact([](TransactionRef tx) { tx.execute("SELECT 1"); });
      return true;
    } catch (const Failure&) {
      return false;
    }
  }
  bool serves_two_at_once() {
    try {
      Lease one = pool().acquire();
      one.execute("SELECT 1");
      bool other = false;
      std::thread([&] { other = serves(); }).join();
      return other;
    } catch (const Failure&) {
      return false;
    }
  }
  std::int64_t rows() {
    return db_->transact([](TransactionRef tx) { return tx.value<std::int64_t>("SELECT count(*) FROM entry"); });
  }

  std::unique_ptr<PostgresServer> postgres_;
  std::unique_ptr<MysqlServer> mysql_;
  EventRecorder events_;
  std::unique_ptr<Database> db_;
};

TEST_P(KilledServer, WhileItsConnectionsAreIdle) {
  ASSERT_TRUE(serves());
  kill_and_start();
}

TEST_P(KilledServer, WhileATransactionSleeps) {
  Transaction tx = db_->begin();
  tx.ref().execute("INSERT INTO entry (id) VALUES (1)");
  kill_and_start();
  const Error error = error_of([&] { tx.ref().execute("INSERT INTO entry (id) VALUES (2)"); });
  EXPECT_EQ(error.code, ErrorCode::connection_lost) << error.message;
  const Error refused = error_of([&] { static_cast<void>(std::move(tx).commit()); });
  EXPECT_THAT(refused.message, ::testing::HasSubstr("was rolled back instead of committed"));
  wait_until([&] { return serves(); }, default_patience, "the pool to serve again");
  EXPECT_EQ(rows(), 0);
}

TEST_P(KilledServer, BeforeARollback) {
  Transaction tx = db_->begin();
  tx.ref().execute("INSERT INTO entry (id) VALUES (1)");
  kill_and_start();
  static_cast<void>(std::move(tx).rollback());
}

TEST_P(KilledServer, BeforeACommit) {
  Transaction tx = db_->begin();
  tx.ref().execute("INSERT INTO entry (id) VALUES (1)");
  kill_and_start();
  const CommitOutcome outcome = std::move(tx).commit();
  EXPECT_NE(outcome, CommitOutcome::committed);
  wait_until([&] { return serves(); }, default_patience, "the pool to serve again");
  EXPECT_EQ(rows(), 0);
}

TEST_P(KilledServer, WhileAStatementRuns) {
  std::thread running([&] {
    const Error error = error_of([&] { db_->transact([](TransactionRef tx) { tx.execute(GetParam().sleep); }); });
    EXPECT_EQ(error.code, ErrorCode::connection_lost) << error.message;
  });
  const auto is_running = [&] {
    const auto leases = pool().leases();
    return !leases.empty() && leases.front().running && !leases.front().last_statement.starts_with("BEGIN");
  };
  wait_until(is_running, default_patience, "the statement to run");
  kill_and_start();
  running.join();
}

TEST_P(KilledServer, WhileAStreamIsOpen) {
  Lease lease = pool().acquire();
  auto stream = lease.open_stream(GetParam().count_to_a_million, {}, 10);
  Rows chunk;
  ASSERT_TRUE(stream->next(chunk, soon()));
  kill_and_start();
  const auto read_on = [&] {
    while (stream->next(chunk, soon())) continue;
  };
  EXPECT_THROW(read_on(), Failure);
}

TEST_P(KilledServer, WhileAnAbandonedTransactionIsRolledBack) {
  {
    Lease lease = pool().acquire();
    lease.execute("BEGIN");
    lease.execute("INSERT INTO entry (id) VALUES (1)");
    kill();
  }
  EXPECT_TRUE(events_.wait_for(EventKind::disconnected));
  start_again();
}

TEST_P(KilledServer, WhileItIsAway) {
  ASSERT_TRUE(serves());
  PoolSettings impatient = pool().settings();
  impatient.acquire_timeout = 1s;  // All of which may pass in vain.
  pool().change(impatient);
  kill();
  const Error error = error_of([&] { db_->transact([](TransactionRef tx) { tx.execute("SELECT 1"); }); });
  EXPECT_TRUE(error.code == ErrorCode::pool_timeout || error.code == ErrorCode::connection_lost ||
              error.code == ErrorCode::unreachable)
      << to_string(error.code) << ": " << error.message;
  EXPECT_TRUE(events_.wait_for(EventKind::connect_failed));
  start_again();
}

INSTANTIATE_TEST_SUITE_P(Servers, KilledServer, ::testing::ValuesIn(servers()),
                         [](const auto& instance) { return instance.param.label; });

}  // namespace
}  // namespace lockkeeper::testing
