// What is left of a MySQL session when statements, servers and networks fail.
#include <dirent.h>
#include <gmock/gmock.h>

#include <atomic>
#include <future>

#include <lockkeeper/mysql.hpp>

#include "client/blocked_time.hpp"
#include "client/mysql_fixture.hpp"
#include "support/gate.hpp"
#include "support/servers.hpp"

namespace lockkeeper::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;

// The driver's grace for a killed statement is a second. Of the time in which the thread waits: not of copying many
// megabytes on a busy machine.
constexpr seconds bound{4};

constexpr const char* sleep_sql = "SELECT 1 FROM DUAL WHERE SLEEP(60)";
constexpr const char* sleeping = "User sleep";

class MysqlFailure : public MysqlTest {
 protected:
  static void kill(const Connection& connection) {
    MysqlSession(server()).exec("KILL " + std::to_string(connection.server().backend_id));
  }

  static std::string url_through(const Gate& gate) {
    return "mysql://root@127.0.0.1:" + std::to_string(gate.port()) + "/test";
  }

  // From now on the server hears one thing more, and its answer is lost.
  static void lose_next_reply(Gate& gate) {
    gate.judge([](std::string_view) { return Gate::Verdict::cut_reply; });
  }
};

TEST_P(MysqlFailure, SessionEndedDuringAStatement) {
  const auto outside = connect();
  Error error = error_while_running(*outside, sleep_sql, sleeping, [&] { kill(*outside); });
  EXPECT_EQ(error.code, ErrorCode::connection_lost) << error.message;
  EXPECT_EQ(error.blast, Blast::commit_unknown) << "a SELECT may call a function that writes";
  EXPECT_EQ(outside->transaction_status(), TransactionStatus::unknown);
  const auto inside = connect();
  inside->begin({}, soon());
  error = error_while_running(*inside, sleep_sql, sleeping, [&] { kill(*inside); });
  EXPECT_EQ(error.code, ErrorCode::connection_lost);
  EXPECT_EQ(error.blast, Blast::connection);
}

TEST_P(MysqlFailure, ServerKilledDuringAStatement) {
  const auto writing = connect();
  make_table(*writing, "written");
  Error error = error_while_running(*writing, "INSERT INTO written VALUES (SLEEP(60), 'x')", sleeping,
                                    [] { server().kill_hard(); });
  EXPECT_EQ(error.code, ErrorCode::connection_lost);
  EXPECT_EQ(error.blast, Blast::commit_unknown);
  EXPECT_EQ(error.sqlstate, "");
  EXPECT_EQ(error_of([&] { writing->execute("SELECT 1", soon()); }).code, ErrorCode::misuse);
}

TEST_P(MysqlFailure, ServerKilledBeforeTheReplyToCommit) {
  std::atomic<bool> is_sent{false};
  Gate gate(server().port());
  const auto connection = connect(url_through(gate));
  make_table(*connection, "hopeful");
  connection->begin({}, soon());
  connection->execute("INSERT INTO hopeful VALUES (1, 'x')", soon());
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

TEST_P(MysqlFailure, ALostReplyToCommitIsUnknownAndTheRowIsThere) {
  const auto observer = connect();
  make_table(*observer, "committed");
  for (const std::string last_words : {"COMMIT", "CREATE TABLE IF NOT EXISTS committing (id int)"}) {
    observer->execute("DELETE FROM committed", soon());
    Gate gate(server().port());
    const auto connection = connect(url_through(gate));
    connection->begin({}, soon());
    connection->execute("INSERT INTO committed VALUES (1, 'x')", soon());
    lose_next_reply(gate);
    const Error error = error_of([&] { connection->execute(last_words, soon()); });
    EXPECT_EQ(error.code, ErrorCode::connection_lost);
    EXPECT_EQ(error.blast, Blast::commit_unknown) << last_words;
    EXPECT_EQ(single(*observer, "SELECT count(*) FROM committed"), "1");
  }
}

TEST_P(MysqlFailure, WhatALostReplyMayHaveCommitted) {
  const auto blast_of = [](const std::string& sql, bool in_transaction, bool as_parameter = false) {
    Gate gate(server().port());
    const auto connection = connect(url_through(gate));
    if (in_transaction) connection->begin({}, soon());
    const Parameter parameter(1);
    const std::span<const Parameter> parameters(&parameter, as_parameter ? 1 : 0);
    if (as_parameter) connection->execute(sql, parameters, soon());  // It is prepared from then on.
    lose_next_reply(gate);
    return error_of([&] { connection->execute(sql, parameters, soon()); }).blast;
  };
  EXPECT_EQ(blast_of("SELECT 1", false), Blast::commit_unknown);
  EXPECT_EQ(blast_of("SHOW TABLES", false), Blast::connection);
  EXPECT_EQ(blast_of("BEGIN", false), Blast::connection);
  EXPECT_EQ(blast_of("SELECT 1", true), Blast::connection);
  EXPECT_EQ(blast_of("ROLLBACK", true), Blast::connection);
  EXPECT_EQ(blast_of("SELECT ?", false, true), Blast::commit_unknown);
  EXPECT_EQ(blast_of("SELECT ?", true, true), Blast::connection);
}

TEST_P(MysqlFailure, WhatIsLostWhileItIsPreparedWasNotRun) {
  Gate gate(server().port());
  const auto connection = connect(url_through(gate));
  lose_next_reply(gate);
  const Parameter parameter(1);
  const Error error = error_of([&] { connection->execute("INSERT INTO nowhere VALUES (?)", {&parameter, 1}, soon()); });
  EXPECT_EQ(error.code, ErrorCode::connection_lost);
  EXPECT_EQ(error.blast, Blast::connection);
}

TEST_P(MysqlFailure, ACancelledConnectionThatIsCutIsLost) {
  Gate gate(server().port());
  const auto connection = connect(url_through(gate));
  const auto canceller = connection->canceller();
  gate.refuse(true);
  EXPECT_EQ(error_of([&] { canceller->cancel(soon()); }).blast, Blast::statement) << "it reached nobody";
  lose_next_reply(gate);
  const Error error = error_of([&] { connection->execute("INSERT INTO nowhere VALUES (1)", soon()); });
  EXPECT_EQ(error.code, ErrorCode::connection_lost);
  EXPECT_EQ(error.blast, Blast::connection) << "lost before the statement was sent";
}

TEST_P(MysqlFailure, RestartWhileIdleIsLostWithoutDoubt) {
  const auto connection = connect();
  const auto pinged = connect();
  server().restart();
  const Error error = error_of([&] { connection->execute("INSERT INTO nowhere VALUES (1)", soon()); });
  EXPECT_EQ(error.code, ErrorCode::connection_lost);
  EXPECT_EQ(error.blast, Blast::connection);
  EXPECT_EQ(error_of([&] { pinged->ping(soon()); }).blast, Blast::connection);
  EXPECT_EQ(single(*connect(), "SELECT 1"), "1");
}

TEST_P(MysqlFailure, ASessionThatWasIdleTooLongIsLostWithoutDoubt) {
  Target target = target_of(server().url());
  target.settings = {{"wait_timeout", "1"}};
  const auto connection = connect(target);
  MysqlSession observer(server());
  wait_until_gone(observer, static_cast<std::uint64_t>(connection->server().backend_id));
  const Error error = error_of([&] { connection->execute("INSERT INTO nowhere VALUES (1)", soon()); });
  EXPECT_EQ(error.code, ErrorCode::connection_lost);
  EXPECT_EQ(error.blast, Blast::connection);
}

std::size_t open_descriptors() {
  std::size_t count = 0;
  DIR* folder = ::opendir("/proc/self/fd");
  while (::readdir(folder) != nullptr) ++count;
  ::closedir(folder);
  return count;
}

TEST_P(MysqlFailure, AHangingServerHoldsNobodyPastTheDeadline) {
  const auto outside = connect();
  const auto inside = connect();
  const auto pinged = connect();
  const auto closed = connect();
  const auto canceller = outside->canceller();
  inside->begin({}, soon());
  server().pause();
  const std::size_t descriptors = open_descriptors();
  const BlockedTime blocked;
  EXPECT_EQ(error_of([&] { canceller->cancel(in(milliseconds(200))); }).code, ErrorCode::deadline);
  EXPECT_EQ(refusal(server().url(), in(milliseconds(200))).code, ErrorCode::deadline);
  EXPECT_EQ(open_descriptors(), descriptors);
  Error error = error_of([&] { outside->execute("SELECT 1", in(milliseconds(200))); });
  EXPECT_EQ(error.code, ErrorCode::deadline) << error.message;
  EXPECT_EQ(error.blast, Blast::connection) << "it stopped at the cancel's absorption: nothing of ours was sent";
  error = error_of([&] { inside->execute("SELECT 1", in(milliseconds(200))); });
  EXPECT_EQ(error.code, ErrorCode::deadline);
  EXPECT_EQ(error.blast, Blast::connection);
  EXPECT_EQ(error_of([&] { pinged->ping(in(milliseconds(200))); }).code, ErrorCode::deadline);
  closed->close();
  EXPECT_LT(blocked.so_far(), 2 * bound);
  server().resume();
  EXPECT_EQ(single(*connect(), "SELECT 1"), "1");
}

TEST_P(MysqlFailure, AHangingServerMayHaveCommitted) {
  const auto connection = connect();
  server().pause();
  const Error error = error_of([&] { connection->execute("SELECT 1", in(milliseconds(200))); });
  server().resume();
  EXPECT_EQ(error.code, ErrorCode::deadline);
  EXPECT_EQ(error.blast, Blast::commit_unknown);
}

TEST_P(MysqlFailure, AHangingServerThatReadsNothingIsBoundedToo) {
  const auto connection = connect();
  const std::string big(15'000'000, 'z');
  const Parameter parameter(big);
  const std::string sql = "SELECT LENGTH(?)";
  EXPECT_EQ(connection->execute(sql, {&parameter, 1}, soon()).cell(0, 0), "15000000");
  server().pause();
  const BlockedTime blocked;
  const Error error = error_of([&] { connection->execute(sql, {&parameter, 1}, in(milliseconds(200))); });
  EXPECT_LT(blocked.so_far(), bound);
  server().resume();
  EXPECT_EQ(error.code, ErrorCode::deadline) << error.message;
}

TEST_P(MysqlFailure, WhatTheServerWouldNotReadIsNotSent) {
  const auto connection = connect();
  const std::string big(17'000'000, 'z');
  const Parameter parameter(big);
  for (const Error& error : {error_of([&] { connection->execute("SELECT LENGTH(?)", {&parameter, 1}, soon()); }),
                             error_of([&] { connection->execute("SELECT '" + big + "'", soon()); })}) {
    EXPECT_EQ(error.code, ErrorCode::configuration);
    EXPECT_EQ(error.blast, Blast::statement);
    EXPECT_THAT(error.message, HasSubstr("max_allowed_packet of 16777216"));
  }
  EXPECT_EQ(single(*connection, "SELECT 1"), "1");
}

TEST_P(MysqlFailure, MessagesHoldNoParametersAndNoRows) {
  const auto connection = connect();
  create_anew(*connection, "TABLE", "once", "(word varchar(40) PRIMARY KEY, number int)");
  const std::vector<Parameter> parameters{"s3cret-value"};
  connection->execute("INSERT INTO once (word) VALUES (?)", parameters, soon());
  const Error twice = error_of([&] { connection->execute("INSERT INTO once (word) VALUES (?)", parameters, soon()); });
  EXPECT_EQ(twice.sqlstate, "23000");
  EXPECT_EQ(twice.code, ErrorCode::constraint);
  EXPECT_THAT(twice.message, Not(HasSubstr("s3cret-value")));
  EXPECT_THAT(twice.message,
              HasSubstr(is_mariadb() ? "for key 'PRIMARY' (error 1062)" : "for key 'once.PRIMARY' (error 1062)"));
  const Error wrong = error_of([&] { connection->execute("INSERT INTO once VALUES ('x', ?)", parameters, soon()); });
  EXPECT_THAT(wrong.message, Not(HasSubstr("s3cret-value")));
  create_anew(*connection, "PROCEDURE", "signals",
              "() SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = \"no 's3cret-value' here\"");
  const Error signalled = error_of([&] { connection->execute("CALL signals()", soon()); });
  EXPECT_EQ(signalled.sqlstate, "45000");
}

TEST_P(MysqlFailure, WarningsOutliveTheQuestionForTheStatus) {
  const auto connection = connect();
  EXPECT_EQ(error_of([&] { connection->execute("SELECT * FROM no_such_table", soon()); }).sqlstate, "42S02");
  EXPECT_EQ(connection->execute("SHOW WARNINGS", soon()).cell(0, 1), "1146");
}

TEST_P(MysqlFailure, LocalFilesAreNotForTheServer) {
  const auto connection = connect();
  make_table(*connection, "loaded");
  const Error error =
      error_of([&] { connection->execute("LOAD DATA LOCAL INFILE '/etc/hostname' INTO TABLE loaded (word)", soon()); });
  EXPECT_EQ(error.code, ErrorCode::server_error) << error.message;
  EXPECT_EQ(single(*connection, "SELECT count(*) FROM loaded"), "0");
}

TEST_P(MysqlFailure, StreamsThatAreLost) {
  for (const bool in_transaction : {false, true}) {
    const auto connection = connect();
    if (in_transaction) connection->begin({}, soon());
    auto stream = connection->stream("SELECT seq FROM " + counted(1'000'000'000), {}, 10, soon());
    Rows chunk;
    ASSERT_TRUE(stream->next(chunk, soon()));
    server().pause();
    const BlockedTime blocked;
    if (in_transaction) {
      stream.reset();  // Given up: nobody is told.
    } else {
      const Error error = error_of([&] {
        while (stream->next(chunk, in(milliseconds(200)))) continue;
      });
      EXPECT_EQ(error.code, ErrorCode::deadline);
      EXPECT_EQ(error.blast, Blast::commit_unknown);
    }
    EXPECT_LT(blocked.so_far(), bound);
    EXPECT_EQ(connection->transaction_status(), TransactionStatus::unknown);
    server().resume();
  }
}

INSTANTIATE_TEST_SUITE_P(Installed, MysqlFailure, ::testing::ValuesIn(mysql_installations()), label_of_mysql);

}  // namespace
}  // namespace lockkeeper::testing
