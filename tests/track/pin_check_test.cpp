// What PostgreSQL says of a session's lasting state, on real servers: each kind set, told and cleared.
#include "track/postgres/pin_check.hpp"

#include <gmock/gmock.h>
#include <libpq-fe.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "support/servers.hpp"
#include "support/session.hpp"

namespace lockkeeper::track::postgres {
namespace {

using lockkeeper::testing::find_postgres;
using lockkeeper::testing::PostgresServer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::vector<std::string> custom = {"my.name", "my.'odd\\"};
constexpr std::string_view proxys_own[] = {"application_name", "datestyle"};

// Everything a careless or malicious client could put before pg_catalog.
constexpr const char* hostile_schema = R"(
CREATE SCHEMA hostile;
CREATE FUNCTION hostile.wrong(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT true';
CREATE FUNCTION hostile.wrong(integer, integer) RETURNS boolean LANGUAGE sql AS 'SELECT true';
CREATE FUNCTION hostile.wrong(oid, oid) RETURNS boolean LANGUAGE sql AS 'SELECT true';
CREATE OPERATOR hostile.= (FUNCTION = hostile.wrong, LEFTARG = text, RIGHTARG = text);
CREATE OPERATOR hostile.= (FUNCTION = hostile.wrong, LEFTARG = integer, RIGHTARG = integer);
CREATE OPERATOR hostile.= (FUNCTION = hostile.wrong, LEFTARG = oid, RIGHTARG = oid);
CREATE OPERATOR hostile.<> (FUNCTION = hostile.wrong, LEFTARG = text, RIGHTARG = text);
CREATE FUNCTION hostile.current_setting(text) RETURNS text LANGUAGE sql AS $$SELECT 'bob'$$;
CREATE FUNCTION hostile.pg_backend_pid() RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION hostile.pg_is_in_recovery() RETURNS boolean LANGUAGE sql AS 'SELECT true';
CREATE FUNCTION hostile.pg_advisory_unlock_all() RETURNS void LANGUAGE sql AS '';
CREATE FUNCTION hostile.quote_ident(text) RETURNS text LANGUAGE sql AS $$SELECT 'wrong'$$;
CREATE VIEW hostile.pg_locks AS SELECT 'advisory'::text AS locktype, 1 AS pid;
CREATE VIEW hostile.pg_settings AS SELECT 'wrong'::text AS name, 'session'::text AS source;
CREATE DOMAIN hostile.text AS pg_catalog.text CHECK (false);
CREATE DOMAIN hostile.regclass AS pg_catalog.regclass CHECK (false);
GRANT USAGE ON SCHEMA hostile TO PUBLIC;
)";

/// A connection as the proxy has it, with the messages of the extended protocol as well.
class Connection {
 public:
  explicit Connection(const std::string& url) : connection_(PQconnectdb(url.c_str()), &PQfinish) {
    if (PQstatus(connection_.get()) != CONNECTION_OK) throw std::runtime_error(PQerrorMessage(connection_.get()));
  }

  void exec(const std::string& sql) { expect_no_error(PQexec(connection_.get(), sql.c_str())); }
  void prepare(const std::string& name, const std::string& sql) {
    expect_no_error(PQprepare(connection_.get(), name.c_str(), sql.c_str(), 0, nullptr));
  }
  bool runs(const std::string& name) {
    const std::unique_ptr<PGresult, decltype(&PQclear)> result(
        PQexecPrepared(connection_.get(), name.c_str(), 0, nullptr, nullptr, nullptr, 0), &PQclear);
    return PQresultStatus(result.get()) == PGRES_TUPLES_OK;
  }
  std::string value(const std::string& sql) {
    const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection_.get(), sql.c_str()), &PQclear);
    return PQgetvalue(result.get(), 0, 0);
  }

  std::optional<SessionState> state() {
    const std::unique_ptr<PGresult, decltype(&PQclear)> result(
        PQexec(connection_.get(), pin_check_sql(proxys_own, custom).c_str()), &PQclear);
    EXPECT_EQ(PQntuples(result.get()), 1) << PQerrorMessage(connection_.get());
    if (PQntuples(result.get()) != 1) return std::nullopt;
    std::vector<std::optional<std::string_view>> cells;
    for (int column = 0; column < PQnfields(result.get()); ++column) {
      if (PQgetisnull(result.get(), 0, column) != 0) {
        cells.emplace_back();
      } else {
        cells.emplace_back(PQgetvalue(result.get(), 0, column));
      }
    }
    return read_pin_check(cells);
  }
  std::vector<std::string> reasons(const FreshSession& fresh) {
    const auto found = state();
    return found ? pin_reasons(*found, fresh) : std::vector<std::string>{"no answer"};
  }
  std::string fresh_role() { return value("SELECT 1" + std::string(fresh_role_sql)); }
  void clean_up() {
    const auto found = state();
    ASSERT_TRUE(found);
    exec(clean_up_sql(&*found));
  }

 private:
  static void expect_no_error(PGresult* taken) {
    const std::unique_ptr<PGresult, decltype(&PQclear)> result(taken, &PQclear);
    const ExecStatusType status = PQresultStatus(result.get());
    EXPECT_TRUE(status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) << PQresultErrorMessage(result.get());
  }

  std::unique_ptr<PGconn, decltype(&PQfinish)> connection_;
};

class PinCheck : public ::testing::TestWithParam<int> {
 protected:
  static PostgresServer& server(int major) {
    static std::map<int, std::unique_ptr<PostgresServer>> servers;
    auto& running = servers[major];
    if (!running) {
      running = std::make_unique<PostgresServer>(
          PostgresServer::start({.version = find_postgres(major), .settings = {{"wal_level", "logical"}}}));
      lockkeeper::testing::Session admin(running->url());
      admin.exec(hostile_schema);
      admin.exec(
          "CREATE ROLE bob LOGIN; CREATE ROLE carol; GRANT carol TO bob; CREATE ROLE dave LOGIN;"
          "GRANT carol TO dave; ALTER ROLE dave SET role = 'carol'; ALTER ROLE dave SET work_mem = '5MB'");
    }
    return *running;
  }
  PostgresServer& server() { return server(GetParam()); }
  std::string url(std::string_view user = "bob") { return server().url("postgres", user); }

  const FreshSession bob_{.user = "bob"};
};

INSTANTIATE_TEST_SUITE_P(Versions, PinCheck, ::testing::Values(15, 18),
                         [](const auto& instance) { return "postgres" + std::to_string(instance.param); });

struct Kind {
  std::string set;
  std::string reason;
  std::string clear;
};

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> all = {
      {"LISTEN a", "LISTEN on 1 channel", "UNLISTEN a"},
      {"LISTEN a; LISTEN \"B c\"", "LISTEN on 2 channels", "UNLISTEN *"},
      {"SELECT pg_advisory_lock(7)", "1 session advisory lock", "SELECT pg_advisory_unlock(7)"},
      {"SELECT pg_advisory_lock_shared(1, 2); SELECT pg_try_advisory_lock(3)", "2 session advisory locks",
       "SELECT pg_advisory_unlock_all()"},
      {"CREATE TEMP TABLE one (a int)", "1 temporary table", "DROP TABLE one"},
      {"SELECT 1 AS a INTO TEMP two; CREATE TABLE pg_temp.three (a int PRIMARY KEY, b text)", "2 temporary tables",
       "DROP TABLE two, three"},
      {"CREATE TEMP VIEW v AS SELECT 1", "1 other temporary object", "DROP VIEW v"},
      {"CREATE TEMP SEQUENCE s; CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
       "2 other temporary objects", "DISCARD TEMP"},
      {"DECLARE c CURSOR WITH HOLD FOR SELECT 1", "cursor c WITH HOLD", "CLOSE c"},
      {"DECLARE c CURSOR WITH HOLD FOR SELECT 1; DECLARE \"D, \"\"d\" CURSOR WITH HOLD FOR SELECT 2",
       "cursors \"D, \"\"d\", c WITH HOLD", "CLOSE ALL"},
      {"PREPARE p1 AS SELECT 1", "PREPARE by SQL: p1", "DEALLOCATE p1"},
      {"SET work_mem = '9MB'", "SET work_mem", "RESET work_mem"},
      {"SET my.Name = 'x'", "SET \"my.name\"", "RESET my.name"},
      {"SELECT set_config('work_mem', '9MB', false)", "SET work_mem", "SET work_mem TO DEFAULT"},
      {"SET ROLE carol", "SET ROLE", "SET ROLE NONE"},
      {"SET ROLE carol", "SET ROLE", "RESET ROLE"},
  };
  return all;
}

// A session that has other things open that end with their transactions, or are not the session's.
constexpr const char* innocent =
    "BEGIN; SET LOCAL work_mem = '9MB'; SELECT pg_advisory_xact_lock(1); DECLARE c CURSOR FOR SELECT 1;"
    "CREATE TEMP TABLE gone (a int) ON COMMIT DROP; SET LOCAL ROLE carol; COMMIT;"
    "BEGIN; LISTEN x; SET work_mem = '9MB'; CREATE TEMP TABLE t (a int); ROLLBACK;"
    "SET application_name = 'proxy'; SET DateStyle = 'German'";

TEST_P(PinCheck, SaysNothingOfAFreshSessionNorOfWhatEndsWithATransaction) {
  Connection connection(url());
  EXPECT_THAT(connection.reasons(bob_), IsEmpty());
  connection.exec(innocent);
  connection.prepare("lockkeeper_0_1", "SELECT 1");
  EXPECT_THAT(connection.reasons(bob_), IsEmpty());
}

TEST_P(PinCheck, SaysNothingOfAnotherSessionsState) {
  Connection other(url());
  for (const Kind& kind : {kinds()[1], kinds()[3], kinds()[5], kinds()[9], kinds()[10], kinds()[11]})
    other.exec(kind.set);
  Connection connection(url());
  EXPECT_THAT(connection.reasons(bob_), IsEmpty());
}

TEST_P(PinCheck, TellsEachKindUntilItIsCleared) {
  Connection connection(url());
  for (const Kind& kind : kinds()) {
    connection.exec(kind.set);
    EXPECT_THAT(connection.reasons(bob_), ElementsAre(kind.reason)) << kind.set;
    connection.exec(kind.clear);
    EXPECT_THAT(connection.reasons(bob_), IsEmpty()) << kind.clear;
  }
}

TEST_P(PinCheck, EachKindIsCleanedUp) {
  Connection connection(url());
  for (const Kind& kind : kinds()) {
    connection.exec(kind.set);
    EXPECT_THAT(connection.reasons(bob_), ElementsAre(kind.reason)) << kind.set;
    connection.clean_up();
    EXPECT_THAT(connection.reasons(bob_), IsEmpty()) << kind.set;
  }
}

constexpr const char* everything =
    "LISTEN a; SELECT pg_advisory_lock(7); CREATE TEMP TABLE t (id serial); DECLARE c CURSOR WITH HOLD FOR SELECT 1;"
    "PREPARE p1 AS SELECT 1; PREPARE \"P; 2\" AS SELECT 1; SET work_mem = '9MB'; SET ROLE carol";

TEST_P(PinCheck, TellsAllAtOnceAndCleansAllUpButWhatTheProtocolPrepared) {
  Connection connection(url());
  connection.prepare("lockkeeper_0_1", "SELECT 1");
  connection.exec(everything);
  connection.exec("SET search_path = hostile, pg_catalog");
  EXPECT_THAT(
      connection.reasons(bob_),
      ElementsAre("LISTEN on 1 channel", "1 session advisory lock", "1 temporary table", "1 other temporary object",
                  "cursor c WITH HOLD", "PREPARE by SQL: \"P; 2\", p1", "SET search_path, work_mem", "SET ROLE"));
  connection.clean_up();
  EXPECT_THAT(connection.reasons(bob_), IsEmpty());
  EXPECT_TRUE(connection.runs("lockkeeper_0_1"));
  EXPECT_EQ(connection.value("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"),
            "0");
  EXPECT_EQ(connection.value("SELECT current_user || ' ' || current_setting('work_mem')"), "bob 4MB");
}

TEST_P(PinCheck, IsRightInAHostileSearchPath) {
  Connection connection(url());
  connection.exec("SET search_path = hostile, pg_catalog");
  EXPECT_THAT(connection.reasons(bob_), ElementsAre("SET search_path"));
  for (const Kind& kind : kinds()) {
    if (kind.set.starts_with("SET") || kind.set.find("set_config") != std::string::npos) continue;
    connection.exec(kind.set);
    EXPECT_THAT(connection.reasons(bob_), ::testing::UnorderedElementsAre(kind.reason, "SET search_path")) << kind.set;
    connection.clean_up();
    EXPECT_THAT(connection.reasons(bob_), IsEmpty()) << kind.set;
    connection.exec("SET search_path = hostile, pg_catalog");
  }
}

TEST_P(PinCheck, ASuperusersSessionAuthorizationIsToldAndTakenBack) {
  Connection connection(url("postgres"));
  const FreshSession fresh{.user = "postgres"};
  connection.exec("SET SESSION AUTHORIZATION bob");
  EXPECT_THAT(connection.reasons(fresh), ElementsAre("SET SESSION AUTHORIZATION"));
  connection.exec("SET ROLE carol");
  EXPECT_THAT(connection.reasons(fresh), ElementsAre("SET SESSION AUTHORIZATION", "SET ROLE"));
  connection.clean_up();
  EXPECT_THAT(connection.reasons(fresh), IsEmpty());
}

TEST_P(PinCheck, ARoleThatALoginBeginsWithIsNoStateAndComesBack) {
  Connection connection(url("dave"));
  connection.exec("SET ROLE NONE; SET work_mem = '9MB'");
  const FreshSession fresh{.user = "dave", .role = connection.fresh_role()};
  EXPECT_EQ(fresh.role, "carol") << "by which SET ROLE NONE is known for one";
  EXPECT_THAT(connection.reasons(fresh), ElementsAre("SET work_mem", "SET ROLE")) << "it is as it was";
  connection.clean_up();
  EXPECT_THAT(connection.reasons(fresh), IsEmpty());
  EXPECT_EQ(connection.value("SELECT current_user || ' ' || current_setting('work_mem')"), "carol 5MB");
}

TEST_P(PinCheck, ATemporaryReplicationSlotIsTold) {
  Connection connection(url("postgres"));
  connection.exec("SELECT pg_create_physical_replication_slot('s', true, true)");
  EXPECT_THAT(connection.reasons({.user = "postgres"}), ElementsAre("1 temporary replication slot"));
  connection.exec("SELECT pg_drop_replication_slot('s')");
  EXPECT_THAT(connection.reasons({.user = "postgres"}), IsEmpty());
}

TEST_P(PinCheck, SequencesForgetTheirValues) {
  Connection connection(url("postgres"));
  connection.exec("CREATE SEQUENCE IF NOT EXISTS numbers; SELECT nextval('numbers')");
  EXPECT_NE(connection.value("SELECT lastval()"), "");
  connection.clean_up();
  Connection fresh(url("postgres"));
  lockkeeper::testing::Session session(url("postgres"));
  EXPECT_EQ(session.try_exec("SELECT lastval()"), "55000") << "what a fresh session says";
  session.exec("SELECT nextval('numbers')");
  session.exec(clean_up_sql(nullptr));
  EXPECT_EQ(session.try_exec("SELECT lastval()"), "55000");
}

TEST_P(PinCheck, CleansUpWithoutHavingAskedButForStatementsPreparedBySql) {
  Connection connection(url());
  connection.prepare("lockkeeper_0_1", "SELECT 1");
  connection.exec(everything);
  connection.exec(clean_up_sql(nullptr));
  EXPECT_THAT(connection.reasons(bob_), ElementsAre(HasSubstr("PREPARE by SQL: ")));
  EXPECT_TRUE(connection.runs("lockkeeper_0_1"));
}

TEST_P(PinCheck, OfAThousandNamesAHundredAreTakenAndAFewTold) {
  Connection connection(url());
  std::string sql;
  for (int each = 0; each < 150; ++each) sql += "PREPARE p" + std::to_string(each) + " AS SELECT 1;";
  connection.exec(sql);
  EXPECT_EQ(connection.state()->prepared.size(), most_pin_names);
  EXPECT_THAT(connection.reasons(bob_), ElementsAre(HasSubstr(" and 92 more")));
  connection.clean_up();
  EXPECT_EQ(connection.state()->prepared.size(), 50U) << "asked again, it says that the connection is not clean";
}

class PinCheckOnAStandby : public ::testing::TestWithParam<int> {};

INSTANTIATE_TEST_SUITE_P(Versions, PinCheckOnAStandby, ::testing::Values(15, 18),
                         [](const auto& instance) { return "postgres" + std::to_string(instance.param); });

TEST_P(PinCheckOnAStandby, WhatCanBeSetThereIsToldAndCleanedUp) {
  PostgresServer primary = PostgresServer::start({.version = find_postgres(GetParam())});
  PostgresServer standby = PostgresServer::start_standby(primary);
  const FreshSession fresh{.user = "postgres"};
  Connection connection(standby.url());
  EXPECT_THAT(connection.reasons(fresh), IsEmpty());
  EXPECT_TRUE(connection.state()->standby);
  connection.prepare("lockkeeper_0_1", "SELECT 1");
  connection.exec("SELECT pg_advisory_lock(7); PREPARE p1 AS SELECT 1; SET work_mem = '9MB'");
  connection.exec("DECLARE c CURSOR WITH HOLD FOR SELECT 1");
  EXPECT_EQ(connection.reasons(fresh).size(), 4U);
  connection.clean_up();
  EXPECT_THAT(connection.reasons(fresh), IsEmpty());
  EXPECT_TRUE(connection.runs("lockkeeper_0_1"));
  connection.exec(clean_up_sql(nullptr));
}

TEST(PinCheckRow, ThatIsNoneIsRefused) {
  using Cells = std::vector<std::optional<std::string_view>>;
  const Cells good = {"0", "0", "0", "0", "0", std::nullopt, std::nullopt, std::nullopt, "none", "bob", "f"};
  ASSERT_TRUE(read_pin_check(good));
  EXPECT_THAT(pin_reasons(*read_pin_check(good), {.user = "bob"}), IsEmpty());
  EXPECT_FALSE(read_pin_check({}));
  EXPECT_FALSE(read_pin_check(std::span(good).first(10)));
  for (std::size_t index = 0; index < 5; ++index) {
    for (const std::optional<std::string_view> bad : {std::optional<std::string_view>(), {"x"}, {"1x"}, {""}}) {
      Cells cells = good;
      cells[index] = bad;
      EXPECT_FALSE(read_pin_check(cells)) << index;
    }
  }
}

TEST(PinCheckRow, NamesAreMadeFitForATerminal) {
  const std::vector<std::optional<std::string_view>> cells = {
      "0", "0", "0", "0", "0", "\"a\x1b[2J\xff\"", "", "\"x, y\", z", "none", "bob", "f"};
  const auto state = read_pin_check(cells);
  ASSERT_TRUE(state);
  EXPECT_THAT(state->parameters, ElementsAre("\"x, y\"", "z"));
  const auto reasons = pin_reasons(*state, {.user = "bob"});
  ASSERT_EQ(reasons.size(), 2U);
  EXPECT_EQ(reasons[0].find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace lockkeeper::track::postgres
