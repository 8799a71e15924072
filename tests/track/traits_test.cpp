// What a text is suspected of, each with a look-alike that is not; and that it depends on the text's shape alone.
#include "track/postgres/traits.hpp"

#include <gmock/gmock.h>
#include <rapidcheck.h>
// Needs gtest's macros, and must come after it.
#include <rapidcheck/gtest.h>

#include <cctype>
#include <optional>

#include "sql/fingerprint.hpp"

namespace lockkeeper::track::postgres {
namespace {

using sql::StatementKind;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

Scanned scanned(std::string_view text) {
  const sql::Statement statement = sql::analyze(text, {});
  return scan_traits(statement.normalized, statement.truncated);
}

Traits traits_of(std::string_view text) { return scanned(text).traits; }

std::vector<std::string> list(std::span<const std::string> names) { return {names.begin(), names.end()}; }

/// What a text has, bit by bit.
std::uint32_t mask_of(const Traits& traits) {
  std::uint32_t mask = 0;
  for (std::uint32_t bit = 1; bit <= traits_mask(Trait::chained); bit *= 2) mask |= traits.has_any(bit) ? bit : 0;
  return mask;
}

struct Case {
  std::string_view text;
  std::string_view look_alike;  // has not the trait
  Trait trait;
  std::uint32_t others = 0;  // that the text has too; and no more
};

using enum Trait;

// clang-format off
constexpr Case cases[] = {
    {"LISTEN news", "SELECT listen FROM t", listen},
    {"listen \"News\"", "SELECT 'LISTEN x'", listen},
    {"/* why */ Listen/**/x", "/* LISTEN x */ SELECT 1", listen},
    {"SELECT 1; LISTEN x", "SELECT 1 -- ; LISTEN x", listen},
    {"LISTEN x", "NOTIFY listen, 'x'", listen},
    {"LISTEN x", "SELECT $$; LISTEN x;$$", listen},
    {"LISTEN x", "INSERT INTO listen VALUES (1)", listen},
    {"UNLISTEN *", "NOTIFY unlisten", unlisten},
    {"UNLISTEN x", "SELECT 1 AS unlisten", unlisten},

    {"SELECT pg_advisory_lock(1)", "SELECT pg_advisory_xact_lock(1)", session_advisory_lock},
    {"SELECT pg_advisory_lock_shared(1, 2)", "SELECT pg_advisory_xact_lock_shared(1)", session_advisory_lock},
    {"SELECT pg_catalog.Pg_Try_Advisory_Lock($1)", "SELECT pg_try_advisory_xact_lock($1)", session_advisory_lock},
    {"SELECT \"pg_try_advisory_lock_shared\"(1)", "SELECT 'pg_try_advisory_lock_shared'", session_advisory_lock},
    {"WITH l AS (SELECT pg_advisory_lock(id) FROM t) SELECT 1 FROM l", "SELECT locktype FROM pg_locks", session_advisory_lock},
    {"UPDATE t SET a = 1 WHERE pg_try_advisory_lock(id)", "UPDATE t SET a = 1 WHERE a = 'pg_try_advisory_lock(id)'", session_advisory_lock},
    {"PREPARE p AS SELECT pg_advisory_lock(1)", "SELECT my_advisory_lock(1)", session_advisory_lock, traits_mask(sql_prepare)},
    {"SELECT pg_advisory_unlock(1)", "SELECT pg_advisory_xact_lock(1)", advisory_unlock},
    {"SELECT pg_advisory_unlock_all()", "SELECT advisory_unlock()", advisory_unlock},

    {"CREATE TEMP TABLE t (a int)", "CREATE TABLE temp (a int)", temporary, traits_mask(create)},
    {"CREATE TEMPORARY TABLE t AS SELECT 1", "CREATE UNLOGGED TABLE temporary AS SELECT 1", temporary, traits_mask(create)},
    {"create local temp table t (a int)", "CREATE TABLE local (temp int)", temporary, traits_mask(create)},
    {"CREATE GLOBAL TEMPORARY TABLE t (a int)", "CREATE TABLE t (global int, temporary int)", temporary, traits_mask(create)},
    {"CREATE OR REPLACE TEMP VIEW v AS SELECT 1", "CREATE OR REPLACE VIEW v AS SELECT temp FROM t", temporary, traits_mask(create)},
    {"CREATE TEMP SEQUENCE s", "CREATE SEQUENCE temp", temporary, traits_mask(create)},
    {"CREATE TEMP RECURSIVE VIEW v (n) AS SELECT 1", "CREATE VIEW temp AS SELECT 1", temporary, traits_mask(create)},
    {"EXPLAIN ANALYZE CREATE TEMP TABLE t AS SELECT 1", "EXPLAIN SELECT temp FROM t", temporary, traits_mask(create)},
    {"SELECT 1 INTO TEMP t", "SELECT temp FROM t", temporary, traits_mask(create)},
    {"SELECT 1INTO TEMP t", "INSERT INTO temp VALUES (1)", temporary, traits_mask(create)},
    {"WITH x AS (SELECT 1) SELECT * INTO TEMPORARY TABLE t FROM x", "MERGE INTO temp USING t ON true WHEN MATCHED THEN DELETE", temporary, traits_mask(create)},
    {"SELECT 1 INTO LOCAL TEMP t", "WITH x AS (INSERT INTO temp VALUES (1) RETURNING 1) SELECT * FROM x", temporary, traits_mask(create)},
    {"CREATE TABLE pg_temp.t (a int)", "CREATE TABLE pg_tmp.t (a int)", temporary, traits_mask(create)},
    {"DROP TABLE pg_temp_3.t", "DROP VIEW t", temporary, traits_mask(drop)},
    {"SET search_path TO pg_temp, public", "SET search_path TO tmp, public", temporary, traits_mask(set_session)},
    {"CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql AS 'SELECT 1'", "SELECT 'pg_temp'", temporary, traits_mask(create)},
    {"CREATE TABLE t (a int)", "ALTER TABLE t ADD a int", create},
    {"SELECT 1 INTO t", "INSERT INTO t SELECT 1", create},
    {"DROP TABLE t", "TRUNCATE t", drop},

    {"DECLARE c CURSOR WITH HOLD FOR SELECT 1", "DECLARE c CURSOR FOR SELECT 1", hold_cursor, traits_mask(cursor)},
    {"DECLARE c BINARY INSENSITIVE SCROLL CURSOR WITH /**/ hold FOR SELECT 1", "DECLARE c CURSOR WITHOUT HOLD FOR SELECT 1", hold_cursor, traits_mask(cursor)},
    {"CLOSE c", "FETCH ALL FROM c", close_cursor},
    {"CLOSE ALL", "MOVE c", close_cursor},

    {"PREPARE p AS SELECT 1", "PREPARE TRANSACTION 'p'", sql_prepare},
    {"PREPARE transaction AS SELECT 1", "COMMIT PREPARED 'p'", sql_prepare},
    {"PREPARE p (int, text) AS SELECT $1, $2", "SELECT prepare FROM p", sql_prepare},
    {"EXECUTE p", "GRANT EXECUTE ON FUNCTION p() TO x", sql_execute},
    {"EXECUTE p(1, 2)", "REVOKE EXECUTE ON FUNCTION p() FROM x", sql_execute},
    {"EXPLAIN (ANALYZE, BUFFERS) EXECUTE p", "EXPLAIN (ANALYZE) SELECT 1", sql_execute},
    {"CREATE TABLE t AS EXECUTE p", "CREATE TRIGGER r AFTER INSERT ON t EXECUTE FUNCTION p()", sql_execute, traits_mask(create)},
    {"DEALLOCATE p", "SELECT deallocate", deallocate},
    {"DEALLOCATE PREPARE p", "SELECT 'DEALLOCATE'", deallocate},
    {"DEALLOCATE ALL", "DEALLOCATE \"all\"", deallocate_all},
    {"DEALLOCATE PREPARE ALL", "DEALLOCATE PREPARE", deallocate_all},
    {"DISCARD ALL", "DISCARD PLANS", discard_all},
    {"DISCARD TEMP", "DISCARD ALL", discard},

    {"SET work_mem = '1MB'", "SET LOCAL work_mem = '1MB'", set_session},
    {"SET SESSION work_mem TO 4", "UPDATE t SET work_mem = 4", set_session},
    {"SET ROLE bob", "SET LOCAL ROLE bob", set_session},
    {"SET TIME ZONE 'UTC'", "SET TRANSACTION READ ONLY", set_session},
    {"SET SESSION AUTHORIZATION bob", "SET LOCAL SESSION AUTHORIZATION bob", set_session},
    {"SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY", "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", set_session},
    {"SET transaction = 1", "SET TRANSACTION SNAPSHOT 'x'", set_session},
    {"SET a.b = 1", "SET CONSTRAINTS ALL DEFERRED", set_session},
    {"RESET work_mem", "ALTER ROLE x RESET work_mem", set_session, traits_mask(reset)},
    {"RESET ALL", "ALTER SYSTEM RESET ALL", set_session, traits_mask(reset)},
    {"SET work_mem TO DEFAULT", "ALTER DATABASE d SET work_mem TO DEFAULT", set_session, traits_mask(reset)},
    {"SET work_mem = DEFAULT", "ALTER SYSTEM SET work_mem = 1", set_session, traits_mask(reset)},
    {"SET SESSION AUTHORIZATION DEFAULT", "SELECT session_user", set_session, traits_mask(reset)},
    {"SELECT set_config('work_mem', '1MB', false)", "SELECT current_setting('set_config')", set_config},

    {"LOAD 'auto_explain'", "COPY t FROM 'load'", load},
    {"SELECT currval('s')", "SELECT nextval('s')", sequence_value},
    {"INSERT INTO t VALUES (lastval())", "INSERT INTO t (last_val) VALUES (1)", sequence_value},
    {"SELECT pg_create_logical_replication_slot('s', 'test_decoding', true)", "SELECT * FROM pg_replication_slots", replication_slot},
    {"SELECT pg_backup_start('x')", "SELECT pg_switch_wal()", untold},
    {"SELECT dblink_connect('c', 'dbname=x')", "SELECT dblink('dbname=x', 'SELECT 1')", untold},
    {"DO $$ BEGIN PERFORM 1; END $$", "INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING", unknown_effects},
    {"CALL p()", "SELECT call FROM t", unknown_effects},
    {"SELECT 'never ends", "SELECT 'ends'", unknown_effects},
    {"SELECT U&\"pg_\\0061dvisory_lock\"(1)", "SELECT U&'pg_\\0061dvisory_lock'", unknown_effects},
    {"SELECT a[:f(1)] FROM t", "SELECT a[1:f(1)] FROM t", unknown_effects},

    {"COMMIT AND CHAIN", "COMMIT AND NO CHAIN", chained},
    {"ROLLBACK WORK AND CHAIN", "ROLLBACK TO SAVEPOINT chain", chained},
    {"END AND CHAIN", "SELECT 1 FROM a, chain WHERE a AND chain", chained},
};
// clang-format on

TEST(Traits, EachTextHasExactlyItsOwnAndItsLookAlikeDoesNot) {
  for (const Case& each : cases) {
    EXPECT_EQ(mask_of(traits_of(each.text)), traits_mask(each.trait) | each.others) << each.text;
    EXPECT_FALSE(traits_of(each.look_alike).has(each.trait)) << each.look_alike;
  }
}

TEST(Traits, OrdinaryStatementsAreSuspectedOfNothing) {
  for (const std::string_view text : {"",
                                      ";",
                                      "SELECT 1",
                                      "BEGIN",
                                      "COMMIT",
                                      "ROLLBACK TO a",
                                      "INSERT INTO t VALUES (1), (2)",
                                      "COPY t FROM STDIN",
                                      "UPDATE t SET a = 1, b = 'SET x'",
                                      "DELETE FROM t USING u",
                                      "VACUUM t",
                                      "SHOW ALL",
                                      "LOCK TABLE t",
                                      "NOTIFY c",
                                      "EXPLAIN DELETE FROM t",
                                      "ALTER TABLE t SET (fillfactor = 70)",
                                      "SELECT nextval('s')",
                                      "FETCH 10 FROM c",
                                      "MERGE INTO t USING u ON true WHEN MATCHED THEN UPDATE SET a = 1",
                                      "COMMENT ON TABLE t IS 'TEMP'"}) {
    EXPECT_EQ(mask_of(traits_of(text)), 0U) << text;
  }
}

TEST(Traits, OfSeveralStatementsAreTheUnion) {
  const Scanned seen =
      scanned("BEGIN; CREATE TEMP TABLE t (a int); ; SELECT currval('s'); SAVEPOINT a; LISTEN x; COMMIT;");
  EXPECT_EQ(mask_of(seen.traits), traits_mask(temporary, create, sequence_value, listen));
  EXPECT_EQ(seen.traits.statements(), 6U);
  for (const auto kind : {StatementKind::begin, StatementKind::ddl, StatementKind::select, StatementKind::savepoint,
                          StatementKind::listen, StatementKind::commit}) {
    EXPECT_TRUE(seen.traits.has(kind)) << to_string(kind);
  }
  EXPECT_FALSE(seen.traits.has(StatementKind::rollback));
  EXPECT_EQ(seen.last, StatementKind::commit);
}

TEST(Traits, TheLastKindIsTheOneThatTheFingerprintSays) {
  for (const std::string_view text :
       {"", ";", "()", "SELECT 1; BEGIN", "(SELECT 1)", "WITH a AS (SELECT 1) DELETE FROM t", "START TRANSACTION",
        "PREPARE TRANSACTION 'x'", "ROLLBACK PREPARED 'x'", "EXPLAIN ANALYZE DELETE FROM t", "SELECT 1 FOR UPDATE",
        "COMMIT;;", "gibberish 1", "COPY (DELETE FROM t RETURNING 1) TO STDOUT", "SELECT 1; ;", "END", "ABORT"}) {
    EXPECT_EQ(scanned(text).last, sql::analyze(text, {}).kind) << text;
  }
}

// Quotes that make no difference to the fingerprint must make none here: whoever sends "listen" x first, which no
// server takes, would else hide the LISTEN x that follows.
TEST(Traits, AQuotedWordOfTheSameFingerprintHasTheSameTraits) {
  for (const auto& [plain, quoted] :
       {std::pair("LISTEN x", "\"listen\" x"), std::pair("COMMIT", "\"commit\""),
        std::pair("SET a = 1", "\"set\" \"a\" = 1"), std::pair("LOAD 'x'", "\"load\" 'x'")}) {
    ASSERT_EQ(sql::analyze(plain, {}).fingerprint, sql::analyze(quoted, {}).fingerprint);
    EXPECT_EQ(mask_of(traits_of(plain)), mask_of(traits_of(quoted))) << quoted;
    EXPECT_EQ(scanned(plain).last, scanned(quoted).last) << quoted;
  }
}

TEST(Traits, ABodyOfSqlIsOneStatementAndItsEndNoCommit) {
  const Scanned seen = scanned(
      "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT pg_advisory_lock(1); SELECT CASE WHEN true THEN 1 END; END; "
      "LISTEN x");
  EXPECT_EQ(seen.traits.statements(), 2U);
  EXPECT_FALSE(seen.traits.has(StatementKind::commit));
  EXPECT_EQ(mask_of(seen.traits), traits_mask(create, session_advisory_lock, listen));
  EXPECT_EQ(seen.last, StatementKind::listen);
}

struct Named {
  std::string_view text;
  std::vector<std::string> names;
};

TEST(Traits, ParametersAreNamed) {
  const std::vector<Named> named = {
      {"SET Work_Mem = 1", {"work_mem"}},
      {"SET SESSION \"Work_Mem\" TO 1", {"work_mem"}},
      {"SET my_app.User_Id = '7'", {"my_app.user_id"}},
      {"SET session.user = 7", {"session.user"}},
      {"SET TIME ZONE LOCAL", {"timezone"}},
      {"SET SESSION TIME ZONE 'UTC'", {"timezone"}},
      {"RESET TIME ZONE", {"timezone"}},
      {"SET NAMES 'latin1'", {"client_encoding"}},
      {"SET SCHEMA 'x'", {"search_path"}},
      {"SET ROLE NONE", {"role"}},
      {"SET role TO x", {"role"}},
      {"RESET ROLE", {"role"}},
      {"SET SESSION AUTHORIZATION 'x'", {"session_authorization"}},
      {"SET SESSION SESSION AUTHORIZATION 'x'", {"session_authorization"}},
      {"RESET SESSION AUTHORIZATION", {"session_authorization"}},
      {"SET XML OPTION DOCUMENT", {"xmloption"}},
      {"SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ WRITE, NOT DEFERRABLE",
       {"default_transaction_isolation", "default_transaction_read_only", "default_transaction_deferrable"}},
      {"RESET ALL", {"all"}},
      {"SET a = 1; SELECT 1; RESET b; SET A = 2", {"a", "b"}},
      {"SET LOCAL a = 1; BEGIN", {}},
  };
  for (const Named& each : named) EXPECT_EQ(list(traits_of(each.text).parameters()), each.names) << each.text;
}

TEST(Traits, PreparedStatementsAreNamed) {
  const Traits traits =
      traits_of("PREPARE One AS SELECT 1; EXECUTE \"Two\"\"s\"; DEALLOCATE PREPARE three; EXECUTE one(1)");
  EXPECT_THAT(traits.prepared(), ElementsAre("one"));
  EXPECT_THAT(traits.executed(), ElementsAre("Two\"s", "one"));
  EXPECT_THAT(traits.deallocated(), ElementsAre("three"));
  EXPECT_EQ(traits.deallocate_name(), std::nullopt);
  EXPECT_EQ(traits_of("DEALLOCATE \"S_1\";").deallocate_name(), "S_1");
  EXPECT_EQ(traits_of("DEALLOCATE PREPARE").deallocate_name(), "prepare");
  EXPECT_EQ(traits_of("DEALLOCATE \"all\"").deallocate_name(), "all");
  EXPECT_EQ(traits_of("DEALLOCATE ALL").deallocate_name(), std::nullopt);
  EXPECT_THAT(traits_of("DISCARD ALL").deallocated(), IsEmpty());
}

TEST(Traits, WhatMakesOrUnmakesStateIsInTheMasks) {
  EXPECT_TRUE(traits_of("LISTEN x").has_any(makes_state));
  EXPECT_FALSE(traits_of("UNLISTEN x").has_any(makes_state));
  EXPECT_TRUE(traits_of("UNLISTEN x").has_any(unmakes_state));
  EXPECT_FALSE(traits_of("DECLARE c CURSOR FOR SELECT 1; COMMIT AND CHAIN").has_any(makes_state | unmakes_state));
  EXPECT_TRUE(traits_of("LOAD 'x'").has_any(makes_untold_state));
  static_assert((makes_untold_state & ~makes_state) == 0);
}

// --- Another text of the same shape has the same traits ---

rc::Gen<std::string> gaps() {
  return rc::gen::element<std::string>(" ", "\n", "\t ", " /* LISTEN x; ' */ ", " -- ; DO\n", "/**/",
                                       " /* /* a */ \" */");
}

std::string any_case(std::string text) {
  for (char& c : text) {
    if (*rc::gen::arbitrary<bool>()) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return text;
}

// Words, quoted names and literals of a text that has a single space between its tokens.
std::string rewritten(const std::string& text) {
  std::string result = *gaps();
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::string word = text.substr(at, end - at);
    if (word == "'x'") {
      result += *rc::gen::element<std::string>("'x'", "'; LISTEN y; '", "E'a\\' DO'", "$$ CALL p() $$", "'a''b'");
    } else {
      result += word.front() == '"' ? word : any_case(word);
    }
    result += *gaps();
    at = end + 1;
  }
  return result;
}

RC_GTEST_PROP(Traits, DependOnTheShapeAlone, ()) {
  const auto count = *rc::gen::inRange(1, 4);
  std::string plain;
  std::string other;
  for (int each = 0; each < count; ++each) {
    const auto text = *rc::gen::element<std::string>(
        "listen x", "select pg_advisory_lock ( 'x' )", "select pg_advisory_xact_lock ( 'x' )",
        "create temp table t ( a int )", "set work_mem = 'x'", "set local work_mem = 'x'", "prepare p as select 'x'",
        "deallocate \"P\"", "select 'x'", "declare c cursor with hold for select 'x'", "load 'x'", "do 'x'",
        "commit and chain", "begin", "explain execute p",
        "create function f ( ) returns int begin atomic select 'x' ; end", "insert into temp values ( 'x' )",
        "set time zone 'x'", "select set_config ( 'x' , 'x' , 'x' )", "update t set a = 'x'", "drop table pg_temp . t");
    plain += text + " ; ";
    other += rewritten(text) + ";" + *gaps();
  }
  const Scanned one = scanned(plain);
  const Scanned two = scanned(other);
  RC_ASSERT(sql::analyze(plain, {}).fingerprint == sql::analyze(other, {}).fingerprint);
  RC_ASSERT(mask_of(one.traits) == mask_of(two.traits));
  RC_ASSERT(one.last == two.last);
  RC_ASSERT(one.traits.statements() == two.traits.statements());
  RC_ASSERT(list(one.traits.parameters()) == list(two.traits.parameters()));
  RC_ASSERT(list(one.traits.prepared()) == list(two.traits.prepared()));
  RC_ASSERT(list(one.traits.deallocated()) == list(two.traits.deallocated()));
}

RC_GTEST_PROP(Traits, OfAnyBytesAreReadWithoutHarm, (const std::string& bytes)) {
  const std::string text = "CREATE FUNCTION f() BEGIN ATOMIC " + bytes;
  static_cast<void>(scanned(bytes));
  static_cast<void>(scanned(text));
  static_cast<void>(scan_traits(bytes, false));
}

}  // namespace
}  // namespace lockkeeper::track::postgres
