// What only PostgreSQL has: its types, settings and error codes, seen through the driver.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <libpq-fe.h>

#include <array>
#include <future>
#include <limits>
#include <map>
#include <string>

#include "client/driver_contract.hpp"
#include "support/servers.hpp"
#include "support/session.hpp"

namespace lockkeeper::testing {
namespace {

using ::testing::UnorderedElementsAre;

class PostgresSession : public DriverContract {
 protected:
  static std::string echo(Connection& connection, const std::string& sql, const Parameter& parameter) {
    return std::string(connection.execute(sql, {&parameter, 1}, soon()).cell(0, 0).value_or("NULL"));
  }
};

TEST_P(PostgresSession, ParametersGoIntoEveryType) {
  const auto connection = connect();
  using Limits = std::numeric_limits<double>;
  EXPECT_EQ(echo(*connection, "SELECT $1::float8", Limits::quiet_NaN()), "NaN");
  EXPECT_EQ(echo(*connection, "SELECT $1::float8", -Limits::infinity()), "-Infinity");
  EXPECT_EQ(echo(*connection, "SELECT $1::numeric + 1", 0.1), "1.1");
  EXPECT_EQ(echo(*connection, "SELECT $1::numeric", std::int64_t{7}), "7");
  EXPECT_EQ(echo(*connection, "SELECT $1::jsonb -> 'a'", "{\"a\": [1, 2]}"), "[1, 2]");
  EXPECT_EQ(echo(*connection, "SELECT $1", "untyped"), "untyped");
  EXPECT_EQ(echo(*connection, "SELECT NOT $1::boolean", true), "f");
  EXPECT_EQ(echo(*connection, "SELECT $1::text[]", "{a,\"b c\"}"), "{a,\"b c\"}");
}

TEST_P(PostgresSession, TimesAreExactWhateverTheSessionsZoneAndDateStyle) {
  const auto connection = connect();
  connection->execute("SET TimeZone = 'America/New_York'", soon());
  connection->execute("SET DateStyle = 'German, DMY'", soon());
  const std::string sql = "SELECT to_char($1::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US BC')";
  using std::chrono::sys_days;
  using namespace std::chrono_literals;
  EXPECT_EQ(echo(*connection, sql, TimePoint(sys_days(2026y / 7 / 4) + 9h + 1us)), "2026-07-04 09:00:00.000001 AD");
  EXPECT_EQ(echo(*connection, sql, TimePoint(sys_days(1y / 1 / 1) - 1us)), "0001-12-31 23:59:59.999999 BC");
  EXPECT_EQ(echo(*connection, "SELECT $1::timestamptz = '20001-02-03 04:05:06+00'",
                 TimePoint(sys_days(20001y / 2 / 3) + 4h + 5min + 6s)),
            "t");
  EXPECT_EQ(echo(*connection, "SELECT $1::timestamptz = '4713-01-01 00:00:00+00 BC'",
                 TimePoint(sys_days(std::chrono::year(-4712) / 1 / 1))),
            "t");
}

TEST_P(PostgresSession, BytesAreBytesInEveryOutputFormat) {
  const auto connection = connect();
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  connection->execute("CREATE DOMAIN pg_temp.picture AS bytea", soon());
  for (const std::string format : {"hex", "escape"}) {
    connection->execute("SET bytea_output = " + format, soon());
    EXPECT_EQ(echo(*connection, "SELECT $1::bytea", std::as_bytes(std::span(all))), all) << format;
    EXPECT_EQ(echo(*connection, "SELECT $1::pg_temp.picture", std::as_bytes(std::span(all))), all) << format;
    EXPECT_EQ(echo(*connection, "SELECT $1::bytea", BytesView()), "") << format;
    EXPECT_EQ(echo(*connection, "SELECT $1::bytea", "\\x4142"), "AB") << format;
    EXPECT_EQ(single(*connection, "SELECT NULL::bytea"), "NULL") << format;
  }
}

TEST_P(PostgresSession, BeginSaysWhatWasAskedFor) {
  const auto connection = connect();
  const std::map<Isolation, std::string> names{{Isolation::read_uncommitted, "read uncommitted"},
                                               {Isolation::read_committed, "read committed"},
                                               {Isolation::repeatable_read, "repeatable read"},
                                               {Isolation::serializable, "serializable"}};
  for (const auto& [isolation, name] : names) {
    for (const bool flag : {false, true}) {
      connection->begin({.isolation = isolation, .read_only = flag, .deferrable = flag}, soon());
      EXPECT_EQ(single(*connection, "SHOW transaction_isolation"), name);
      EXPECT_EQ(single(*connection, "SHOW transaction_read_only"), flag ? "on" : "off");
      EXPECT_EQ(single(*connection, "SHOW transaction_deferrable"), flag ? "on" : "off");
      connection->execute("COMMIT", soon());
    }
  }
}

TEST_P(PostgresSession, ResetKeepsTheTargetsSettingsAndDropsTheRest) {
  Target target = target_of(tested().url);
  target.settings = {{"work_mem", "6MB"}};
  const auto connection = tested().driver->connect(target, soon());
  connection->execute("SET work_mem = '7MB'", soon());
  connection->execute("SELECT pg_advisory_lock(4711)", soon());
  connection->execute("LISTEN news", soon());
  connection->reset(soon());
  EXPECT_EQ(single(*connection, "SHOW work_mem"), "6MB");
  EXPECT_EQ(single(*connection, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"), "0");
  EXPECT_EQ(single(*connection, "SELECT count(*) FROM pg_listening_channels()"), "0");
}

TEST_P(PostgresSession, TheNativeHandlesTransactionIsSeen) {
  const auto connection = connect();
  auto* native = static_cast<PGconn*>(connection->native_handle());
  PQclear(PQexec(native, "BEGIN"));
  EXPECT_EQ(connection->transaction_status(), TransactionStatus::open);
  EXPECT_EQ(error_of([&] { connection->begin({}, soon()); }).code, ErrorCode::misuse);
  PQclear(PQexec(native, "ROLLBACK"));
  EXPECT_EQ(connection->transaction_status(), TransactionStatus::idle);
}

TEST_P(PostgresSession, CodesFollowTheSqlstate) {
  const auto connection = connect();
  const std::map<std::string, ErrorCode> codes{
      {"23505", ErrorCode::constraint},    {"23503", ErrorCode::constraint},   {"23P01", ErrorCode::constraint},
      {"40001", ErrorCode::serialization}, {"40P01", ErrorCode::deadlock},     {"55P03", ErrorCode::lock_not_available},
      {"53100", ErrorCode::disk_full},     {"42501", ErrorCode::permission},   {"53200", ErrorCode::server_error},
      {"40002", ErrorCode::server_error},  {"08001", ErrorCode::server_error},  // postgres_fdw cannot reach its server:
                                                                                // that is no end of ours.
  };
  for (const auto& [sqlstate, code] : codes) {
    const Error error = error_of([&] {
      connection->execute("DO $$ BEGIN RAISE EXCEPTION 'on purpose' USING ERRCODE = '" + sqlstate + "'; END $$",
                          soon());
    });
    EXPECT_EQ(error.code, code) << sqlstate;
    EXPECT_EQ(error.sqlstate, sqlstate);
    EXPECT_EQ(error.blast, Blast::statement);
  }
}

TEST_P(PostgresSession, LockWaitsNameEveryBlockerButPreparedTransactions) {
  const auto one = connect();
  const auto two = connect();
  const auto waiter = connect();
  const auto observer = connect();
  make_two_rows(*one, "shared");
  for (Connection* holder : {one.get(), two.get()}) {
    holder->begin({}, soon());
    holder->execute("LOCK TABLE shared IN ACCESS SHARE MODE", soon());
  }
  Session prepared(tested().url);
  prepared.exec("BEGIN; LOCK TABLE shared IN ACCESS SHARE MODE; PREPARE TRANSACTION 'left'");
  waiter->begin({}, soon());
  auto waiting = std::async(std::launch::async, [&] { waiter->execute("LOCK TABLE shared", soon()); });
  // Whoever asks may see the waits, though not the states, of other roles.
  observer->execute("SET ROLE pg_read_all_settings", soon());
  const std::array<std::int64_t, 1> asked{waiter->server().backend_id};
  std::vector<LockWait> waits;
  const auto wait_for = [&](std::size_t count) {
    const auto is_seen = [&] {
      waits = observer->lock_waits(asked, soon());
      return waits.size() == count;
    };
    wait_until(is_seen, default_patience, "the waits to be seen");
  };
  wait_for(2);
  std::vector<std::int64_t> blockers;
  for (const LockWait& wait : waits) blockers.push_back(wait.blocker);
  EXPECT_THAT(blockers, UnorderedElementsAre(one->server().backend_id, two->server().backend_id));
  one->execute("COMMIT", soon());
  two->execute("COMMIT", soon());
  wait_for(0);
  EXPECT_EQ(waiting.wait_for(std::chrono::seconds(0)), std::future_status::timeout) << "it waits for no session now";
  prepared.exec("ROLLBACK PREPARED 'left'");
  waiting.get();
}

INSTANTIATE_TEST_SUITE_P(Postgres, PostgresSession, ::testing::ValuesIn(postgres_cases()),
                         [](const auto& instance) { return instance.param.label; });

}  // namespace
}  // namespace lockkeeper::testing
