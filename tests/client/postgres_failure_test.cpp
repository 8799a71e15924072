// What is left of a PostgreSQL session when statements, servers and networks fail.
#include <dirent.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <map>

#include <lockkeeper/postgres.hpp>
#include "client/blocked_time.hpp"
#include "client/driver_under_test.hpp"
#include "support/gate.hpp"
#include "support/servers.hpp"
#include "support/session.hpp"

namespace lockkeeper::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;

// The driver's grace for a cancelled statement is a second. Of the time in which the thread waits: not of copying many
// megabytes on a busy machine.
constexpr seconds bound{4};

class PostgresFailure : public ::testing::TestWithParam<PostgresVersion> {
 protected:
  static void TearDownTestSuite() { servers_.clear(); }

  // One server a version for all tests, made anew if a test has killed it.
  static PostgresServer& server() {
    auto& server = servers_[GetParam().major];
    if (!server || !server->is_running()) {
      server.reset();
      StartOptions options;
      options.version = GetParam();
      server = std::make_unique<PostgresServer>(PostgresServer::start(options));
    }
    return *server;
  }

  static std::unique_ptr<Connection> connect(const Target& target) {
    return make_postgres_driver()->connect(target, soon());
  }
  static std::unique_ptr<Connection> connect() { return connect(target_of(server().url())); }

  // The error of a statement that runs (as an observer sees it) while `disturb` happens.
  static Error error_while_running(Connection& connection, const std::string& sql,
                                   const std::function<void()>& disturb) {
    Session observer(server().url());
    const auto backend = connection.server().backend_id;
    auto running = std::async(std::launch::async, [&] { return error_of([&] { connection.execute(sql, soon()); }); });
    wait_until_state(observer, backend, "active");
    observer.close();
    disturb();
    return running.get();
  }

  static std::map<int, std::unique_ptr<PostgresServer>> servers_;
};
std::map<int, std::unique_ptr<PostgresServer>> PostgresFailure::servers_;

TEST_P(PostgresFailure, EmptyStatementsAndNoticesAreQuiet) {
  const auto connection = connect();
  EXPECT_EQ(connection->execute("", soon()).size(), 0U);
  EXPECT_EQ(connection->execute("-- nothing", soon()).size(), 0U);
  ::testing::internal::CaptureStderr();
  connection->execute("DO $$ BEGIN RAISE NOTICE 'psst'; RAISE WARNING 'hey'; END $$", soon());
  connection->execute_batch(std::vector<Statement>{{"DO $$ BEGIN RAISE NOTICE 'psst'; END $$", {}}, {"", {}}}, soon());
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

TEST_P(PostgresFailure, MessagesHoldNoParametersAndNoRows) {
  const auto connection = connect();
  const std::vector<Parameter> parameters{"s3cret-value"};
  const Error bad = error_of([&] { connection->execute("SELECT $1::integer", parameters, soon()); });
  EXPECT_EQ(bad.sqlstate, "22P02");
  EXPECT_EQ(bad.message, "invalid input syntax for type integer: \"$1\"");
  connection->execute("CREATE TEMP TABLE once (word text PRIMARY KEY)", soon());
  connection->execute("INSERT INTO once VALUES ($1)", parameters, soon());
  const Error twice = error_of([&] { connection->execute("INSERT INTO once VALUES ($1)", parameters, soon()); });
  EXPECT_EQ(twice.sqlstate, "23505");
  EXPECT_THAT(twice.message, Not(HasSubstr("s3cret-value")));
}

TEST_P(PostgresFailure, PermissionDeniedAndZeroBytesCostTheStatement) {
  Session(server().url()).exec("DROP ROLE IF EXISTS guest; CREATE ROLE guest LOGIN");
  const auto connection = connect(target_of(server().url("postgres", "guest")));
  EXPECT_EQ(error_of([&] { connection->execute("SELECT * FROM pg_authid", soon()); }).code, ErrorCode::permission);
  const std::vector<Parameter> zero{std::string_view("a\0b", 3)};
  const Error error = error_of([&] { connection->execute("SELECT $1::text", zero, soon()); });
  EXPECT_EQ(error.code, ErrorCode::misuse);
  EXPECT_EQ(error.blast, Blast::statement);
  EXPECT_EQ(connection->execute("SELECT 1", soon()).cell(0, 0), "1");
}

TEST_P(PostgresFailure, CopyIsRefusedAndTheConnectionSurvives) {
  const auto connection = connect();
  connection->execute("CREATE TEMP TABLE copied (id integer)", soon());
  for (const std::string sql :
       {"COPY copied FROM STDIN", "COPY (SELECT repeat('x', 500) FROM generate_series(1, 3000000)) TO STDOUT",
        "COPY copied TO STDOUT"}) {
    const Error error = error_of([&] { connection->execute(sql, soon()); });
    EXPECT_EQ(error.code, ErrorCode::misuse) << sql;
    EXPECT_EQ(error.blast, Blast::statement) << sql;
    EXPECT_EQ(connection->execute("SELECT count(*) FROM copied", soon()).cell(0, 0), "0") << sql;
  }
}

TEST_P(PostgresFailure, CopyInABatchClosesTheConnection) {
  for (const std::string sql : {"COPY pg_class FROM STDIN", "COPY (SELECT 1) TO STDOUT"}) {
    const auto connection = connect();
    const std::vector<Statement> batch{{"SELECT 1", {}}, {sql, {}}, {"SELECT 2", {}}};
    const Error error = error_of([&] { connection->execute_batch(batch, soon()); });
    EXPECT_EQ(error.code, ErrorCode::misuse) << sql;
    EXPECT_EQ(connection->transaction_status(), TransactionStatus::unknown) << sql;
  }
}

TEST_P(PostgresFailure, FailureOfTheCommitItselfIsReported) {
  const auto connection = connect();
  connection->execute("DROP TABLE IF EXISTS deferred", soon());
  connection->execute("CREATE TABLE deferred (id integer UNIQUE DEFERRABLE INITIALLY DEFERRED)", soon());
  connection->execute("BEGIN", soon());
  connection->execute("INSERT INTO deferred VALUES (1), (1)", soon());
  const Error commit = error_of([&] { connection->execute("COMMIT", soon()); });
  EXPECT_EQ(commit.sqlstate, "23505");
  EXPECT_EQ(commit.blast, Blast::transaction);
  EXPECT_EQ(connection->transaction_status(), TransactionStatus::idle);
  const std::vector<Statement> batch{{"INSERT INTO deferred VALUES (2)", {}}, {"INSERT INTO deferred VALUES (2)", {}}};
  EXPECT_EQ(error_of([&] { connection->execute_batch(batch, soon()); }).sqlstate, "23505");
  EXPECT_EQ(connection->execute("SELECT count(*) FROM deferred", soon()).cell(0, 0), "0");
}

TEST_P(PostgresFailure, CommitOfAFailedTransactionIsNotASuccess) {
  const auto connection = connect();
  connection->execute("BEGIN", soon());
  EXPECT_THROW(connection->execute("SELECT 1/0", soon()), Failure);
  const Error error = error_of([&] { connection->execute("COMMIT", soon()); });
  EXPECT_EQ(error.code, ErrorCode::server_error);
  EXPECT_THAT(error.message, HasSubstr("rolled it back"));
  EXPECT_EQ(connection->transaction_status(), TransactionStatus::idle);
}

TEST_P(PostgresFailure, SessionEndedByAnAdministratorKeepsTheServersWords) {
  const auto idle = connect();
  Session observer(server().url());
  observer.exec("SELECT pg_terminate_backend(" + std::to_string(idle->server().backend_id) + ")");
  wait_until_gone(observer, idle->server().backend_id);
  const Error error = error_of([&] { idle->execute("SELECT 1", soon()); });
  EXPECT_EQ(error.code, ErrorCode::connection_lost);
  EXPECT_EQ(error.sqlstate, "57P01");
  EXPECT_EQ(error.blast, Blast::connection);
}

// What cannot commit is sent without a look whether the session is still there: the answer has the same words.
TEST_P(PostgresFailure, SessionEndedBetweenStatementsThatCannotCommit) {
  Session observer(server().url());
  const auto error_after_end = [&](bool inside, const auto& use) {
    const auto connection = connect();
    if (inside) connection->begin({}, soon());
    observer.exec("SELECT pg_terminate_backend(" + std::to_string(connection->server().backend_id) + ")");
    wait_until_gone(observer, connection->server().backend_id);
    Error error = error_of([&] { use(*connection); });
    EXPECT_EQ(connection->transaction_status(), TransactionStatus::unknown);
    return error;
  };
  const auto insert = [](Connection& one) { one.execute("INSERT INTO nowhere VALUES (1)", soon()); };
  const auto begin = [](Connection& one) { one.begin({}, soon()); };
  const auto ping = [](Connection& one) { one.ping(soon()); };
  const auto commit = [](Connection& one) { one.execute("COMMIT", soon()); };
  for (const Error& error : {error_after_end(true, insert), error_after_end(true, commit), error_after_end(true, ping),
                             error_after_end(false, begin), error_after_end(false, ping)}) {
    EXPECT_EQ(error.code, ErrorCode::connection_lost);
    EXPECT_EQ(error.sqlstate, "57P01");
    EXPECT_EQ(error.blast, Blast::connection);
  }
}

TEST_P(PostgresFailure, SessionEndedDuringAStatement) {
  const auto terminate = [](const Connection& connection) {
    Session(server().url()).exec("SELECT pg_terminate_backend(" + std::to_string(connection.server().backend_id) + ")");
  };
  const auto outside = connect();
  Error error = error_while_running(*outside, "SELECT pg_sleep(60)", [&] { terminate(*outside); });
  EXPECT_EQ(error.code, ErrorCode::connection_lost);
  EXPECT_EQ(error.sqlstate, "57P01");
  EXPECT_EQ(error.blast, Blast::commit_unknown);
  const auto inside = connect();
  inside->execute("BEGIN", soon());
  error = error_while_running(*inside, "SELECT pg_sleep(60)", [&] { terminate(*inside); });
  EXPECT_EQ(error.code, ErrorCode::connection_lost);
  EXPECT_EQ(error.blast, Blast::connection);
}

TEST_P(PostgresFailure, ReadOnlySessionsHaveNothingToCommit) {
  if (GetParam().major < 14) return;  // The server does not report it; the driver must assume the worst.
  Target target = target_of(server().url());
  target.settings = {{"default_transaction_read_only", "on"}};
  const auto connection = connect(target);
  const auto backend = std::to_string(connection->server().backend_id);
  const Error error = error_while_running(*connection, "SELECT pg_sleep(60)", [&] {
    Session(server().url()).exec("SELECT pg_terminate_backend(" + backend + ")");
  });
  EXPECT_EQ(error.blast, Blast::connection);
}

TEST_P(PostgresFailure, ServerKilledDuringAStatement) {
  const auto connection = connect();
  const Error error = error_while_running(*connection, "SELECT pg_sleep(60)", [] { server().kill_hard(); });
  EXPECT_EQ(error.code, ErrorCode::connection_lost);
  EXPECT_EQ(error.blast, Blast::commit_unknown);
  EXPECT_EQ(error.sqlstate, "");
}

TEST_P(PostgresFailure, ServerKilledBeforeTheReplyToCommit) {
  std::atomic<bool> is_sent{false};
  Gate gate(server().port());
  const auto connection =
      connect(target_of("postgresql://postgres@127.0.0.1:" + std::to_string(gate.port()) + "/postgres"));
  connection->execute("CREATE TABLE hopeful (id integer)", soon());
  connection->execute("BEGIN", soon());
  connection->execute("INSERT INTO hopeful VALUES (1)", soon());
  server().pause();
  gate.judge([&](std::string_view) {
    is_sent = true;
    return Gate::Verdict::forward;
  });
  auto committing =
      std::async(std::launch::async, [&] { return error_of([&] { connection->execute("COMMIT", soon()); }); });
  wait_until([&] { return is_sent.load(); }, default_patience, "COMMIT to be sent");
  server().kill_hard();
  const Error error = committing.get();
  EXPECT_EQ(error.code, ErrorCode::connection_lost);
  EXPECT_EQ(error.blast, Blast::commit_unknown);
}

TEST_P(PostgresFailure, RestartWhileIdleIsLostWithoutDoubt) {
  const auto connection = connect();
  server().restart();
  const Error error = error_of([&] { connection->execute("INSERT INTO nowhere VALUES (1)", soon()); });
  EXPECT_EQ(error.code, ErrorCode::connection_lost);
  EXPECT_EQ(error.sqlstate, "57P01");
  EXPECT_EQ(error.blast, Blast::connection);
  EXPECT_EQ(connect()->execute("SELECT 1", soon()).cell(0, 0), "1");
}

std::size_t open_descriptors() {
  std::size_t count = 0;
  DIR* folder = ::opendir("/proc/self/fd");
  while (::readdir(folder) != nullptr) ++count;
  ::closedir(folder);
  return count;
}

TEST_P(PostgresFailure, AHangingServerHoldsNobodyPastTheDeadline) {
  const auto outside = connect();
  const auto inside = connect();
  const auto canceller = outside->canceller();
  inside->execute("BEGIN", soon());
  server().pause();
  const std::size_t descriptors = open_descriptors();
  const BlockedTime blocked;
  EXPECT_EQ(error_of([&] { canceller->cancel(in(milliseconds(200))); }).code, ErrorCode::deadline);
  EXPECT_EQ(open_descriptors(), descriptors);
  Error error = error_of([&] { outside->execute("SELECT 1", in(milliseconds(200))); });
  EXPECT_EQ(error.code, ErrorCode::deadline);
  EXPECT_EQ(error.blast, Blast::commit_unknown);
  error = error_of([&] { inside->execute("SELECT 1", in(milliseconds(200))); });
  EXPECT_EQ(error.code, ErrorCode::deadline);
  EXPECT_EQ(error.blast, Blast::connection);
  EXPECT_EQ(error_of([&] {
              static_cast<void>(make_postgres_driver()->connect(target_of(server().url()), in(milliseconds(200))));
            }).code,
            ErrorCode::deadline);
  EXPECT_LT(blocked.so_far(), 2 * bound);
  server().resume();
  EXPECT_EQ(connect()->execute("SELECT 1", soon()).cell(0, 0), "1");
}

TEST_P(PostgresFailure, AHangingServerThatReadsNothingIsBoundedToo) {
  const auto connection = connect();
  server().pause();
  // Twice what the buffers of two sockets hold (tcp_wmem and tcp_rmem: 4 and 6 MB): to copy more takes a sanitizer
  // seconds.
  const std::string big(20'000'000, 'z');
  const std::vector<Parameter> parameters{big};
  const BlockedTime blocked;
  const auto send_big = [&] { connection->execute("SELECT length($1)", parameters, in(milliseconds(200))); };
  EXPECT_EQ(error_of(send_big).code, ErrorCode::deadline);
  EXPECT_LT(blocked.so_far(), bound);
  server().resume();
}

TEST_P(PostgresFailure, ADeadlineInThePastSendsNothing) {
  const auto connection = connect();
  const Error error = error_of([&] { connection->execute("SELECT pg_sleep(60)", in(milliseconds(-1000))); });
  EXPECT_EQ(error.code, ErrorCode::deadline);
  EXPECT_EQ(error.blast, Blast::statement);
  EXPECT_EQ(connection->execute("SELECT 1", soon()).cell(0, 0), "1");
}

TEST_P(PostgresFailure, AShortDeadlineMayOvertakeItsStatement) {
  const auto connection = connect();
  for (int round = 0; round < 20; ++round) {
    const Error error =
        error_of([&] { connection->execute("SELECT pg_sleep(60)", in(std::chrono::microseconds(300))); });
    ASSERT_EQ(error.code, ErrorCode::deadline);
    ASSERT_EQ(error.blast, Blast::statement);
  }
  EXPECT_EQ(connection->execute("SELECT 1", soon()).cell(0, 0), "1");
}

TEST_P(PostgresFailure, AWaitForALockEndsAtTheDeadlineAndSpoilsTheTransaction) {
  Session holder(server().url());
  holder.exec("DROP TABLE IF EXISTS waited; CREATE TABLE waited (id int)");
  holder.exec("BEGIN; LOCK TABLE waited");
  const auto connection = connect();
  connection->execute("BEGIN", soon());
  const Error error = error_of([&] { connection->execute("SELECT * FROM waited", in(milliseconds(200))); });
  EXPECT_EQ(error.code, ErrorCode::deadline);
  EXPECT_EQ(error.sqlstate, "57014");
  EXPECT_EQ(error.blast, Blast::transaction);
  EXPECT_EQ(connection->transaction_status(), TransactionStatus::failed);
}

INSTANTIATE_TEST_SUITE_P(Postgres, PostgresFailure, ::testing::ValuesIn(tested_postgres()),
                         [](const auto& instance) { return instance.param.label; });

}  // namespace
}  // namespace lockkeeper::testing
