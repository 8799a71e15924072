#include "proxy/differential_cases.hpp"

namespace lockkeeper::testing {
namespace {

Step coming(std::size_t client, std::uint16_t minor, Parameters more, std::string_view sql) {
  Step step = on(client, sql);
  step.login.minor = minor;
  step.login.more = std::move(more);
  return step;
}

std::vector<Case> setting_cases() {
  return {
      {"Set",
       {on(0, "SET work_mem = '17MB'"), on(1, "SHOW work_mem"), on(0, "SHOW work_mem"), on(1, "SET work_mem = '18MB'"),
        on(0, "SHOW work_mem"), on(0, "RESET work_mem"), on(0, "SHOW work_mem"), on(1, "SHOW work_mem")}},
      {"SetRolledBack",
       {on(0, "BEGIN"), on(0, "SET work_mem = '17MB'"), on(0, "SHOW work_mem"), on(0, "ROLLBACK"),
        on(0, "SHOW work_mem"), on(1, "SHOW work_mem")}},
      {"SetLocal",
       {on(0, "BEGIN"), on(0, "SET LOCAL work_mem = '17MB'"), on(1, "SHOW work_mem"), on(0, "COMMIT"),
        on(0, "SHOW work_mem"), on(0, "SET LOCAL work_mem = '17MB'")}},
      {"SetRolledBackToASavepoint",
       {on(0, "BEGIN"), on(0, "SET work_mem = '17MB'"), on(0, "SAVEPOINT a"), on(0, "SET work_mem = '18MB'"),
        on(0, "ROLLBACK TO a"), on(0, "COMMIT"), on(1, "SHOW work_mem"), on(0, "SHOW work_mem")}},
      {"SetConfig",
       {on(0, "SELECT set_config('work_mem', '17MB', false)"), on(1, "SHOW work_mem"), on(0, "SHOW work_mem"),
        on(0, "SELECT set_config('search_path', '', false)"), on(1, "SELECT count(*) FROM item"),
        on(0, "SELECT count(*) FROM item")}},
      {"SetConfigWithinALargerStatement",
       {on(0, "WITH a AS (SELECT set_config('lk.own', 'x', false)) SELECT 1 FROM a"),
        on(1, "SELECT current_setting('lk.own', true)"), on(0, "SELECT current_setting('lk.own', true)")}},
      {"SetInTheExtendedProtocol",
       {on(0, {parse("", "SET work_mem = '17MB'"), bind_to("", ""), execute(), sync()}), on(1, "SHOW work_mem"),
        on(0, "SHOW work_mem")}},
      {"SearchPath",
       {on(0, "CREATE TABLE scratch.item (own text)"), on(0, "INSERT INTO scratch.item VALUES ('scratch')"),
        on(0, "SET search_path = scratch"), on(0, "SELECT * FROM item"), on(1, "SELECT count(*) FROM item"),
        on(0, {parse("s", "SELECT * FROM item"), sync()}),
        on(1, {parse("s", "SELECT id FROM item WHERE id = 100"), sync()}), on(0, {bind_to("", "s"), execute(), sync()}),
        on(1, {bind_to("", "s"), execute(), sync()}), on(0, "RESET search_path"), on(0, "SELECT count(*) FROM item")}},
  };
}

std::vector<Case> reported_cases() {
  return {
      {"ReportedParameters",
       {on(0, "SET TimeZone = 'Asia/Tokyo'"), on(1, "SHOW TimeZone"), on(1, "SET DateStyle = 'German'"),
        on(0, "SHOW DateStyle"), on(0, "SELECT '2026-01-02 03:04:05+00'::timestamptz"),
        on(1, "SELECT '2026-01-02 03:04:05+00'::timestamptz"), on(0, "SET client_encoding = 'LATIN1'"),
        on(0, "SELECT chr(228)"), on(1, "SELECT chr(228)"), on(0, "SET application_name = 'zero'"),
        on(1, "SHOW application_name"), on(0, "SHOW application_name")}},
      {"ReportedParametersRolledBack",
       {on(0, "BEGIN"), on(0, "SET TimeZone = 'Asia/Tokyo'"), on(0, "ROLLBACK"), on(0, "SHOW TimeZone"), on(0, "BEGIN"),
        on(0, "SET LOCAL TimeZone = 'Asia/Tokyo'"), on(0, "COMMIT"), on(1, "SHOW TimeZone"), on(0, "SHOW TimeZone")}},
      {"AStyleWithoutAnOrder",
       {on(0, "SET DateStyle = 'SQL, DMY'"), coming(1, 0, {{"DateStyle", "ISO"}}, "SHOW DateStyle"),
        on(1, "SELECT '02/01/2026'::date"), on(0, "SELECT '02/01/2026'::date"), on(1, "SELECT '02/01/2026'::date")}},
      {"TheValueIsTheSameButSet",
       {on(0, "SET TimeZone = 'Asia/Tokyo'"), on(0, "SET TimeZone = 'Asia/Tokyo'"), on(0, "RESET TimeZone")}},
      {"ResetAll",
       {coming(0, 0, {{"TimeZone", "Asia/Tokyo"}}, "SHOW TimeZone"), on(0, "SET TimeZone = 'Europe/Paris'"),
        on(0, "SET work_mem = '17MB'"), on(0, "RESET ALL"), on(0, "SHOW TimeZone"), on(0, "SHOW work_mem"),
        on(1, "SHOW TimeZone")}},
      {"StartupParameters",
       {coming(0, 0, {{"application_name", "mine"}, {"TimeZone", "Asia/Tokyo"}, {"work_mem", "17MB"}}, "SHOW work_mem"),
        coming(1, 0, {}, "SHOW work_mem"), on(0, "SHOW TimeZone"), on(1, "SHOW TimeZone"),
        on(0, "SHOW application_name"), on(0, "RESET work_mem"), on(0, "SHOW work_mem")}},
      {"StartupOptions",
       {coming(0, 0, {{"options", "-c search_path=scratch -c work_mem=17MB"}}, "SHOW search_path"),
        coming(1, 0, {}, "SHOW search_path"), on(0, "SHOW work_mem"), on(0, "RESET ALL"), on(0, "SHOW search_path")}},
      {"AWrongStartupParameter",
       {coming(0, 0, {{"no_such_setting", "1"}}, "SELECT 1"), coming(1, 0, {{"TimeZone", "Mars"}}, "SELECT 1")}},
      {"Protocol32", {coming(0, 2, {}, "SELECT 1"), coming(1, 0, {}, "SELECT 1")}},
      {"AProtocolOptionNobodyKnows", {coming(0, 0, {{"_pq_.unknown", "1"}}, "SELECT 1"), coming(1, 9, {}, "SELECT 1")}},
      {"AnUnknownDatabase", {coming(0, 0, {{"database", "nowhere"}}, "SELECT 1"), on(1, "SELECT 1")}},
  };
}

std::vector<Case> role_cases() {
  return {
      {"SetRole",
       {on(0, "SET ROLE reader"), on(1, "SELECT current_user"), on(0, "SELECT current_user"),
        on(0, "INSERT INTO item VALUES (1300, 1, '', 1)"), on(1, "INSERT INTO item VALUES (1301, 1, '', 1)"),
        on(0, "RESET ALL"), on(0, "SELECT current_user"), on(0, "RESET ROLE"), on(0, "SELECT current_user"),
        on(1, "SELECT current_user")}},
      {"SetSessionAuthorization",
       {on(0, "SET SESSION AUTHORIZATION reader"), on(1, "SELECT session_user"),
        on(0, "SELECT session_user, current_user"), on(0, "RESET SESSION AUTHORIZATION"), on(0, "SELECT session_user"),
        on(1, "SELECT session_user")}},
      {"SetRoleAndLeave",
       {on(0, "SET ROLE reader"), on(0, {terminate()}, 0), on(1, "SELECT current_user"), on(0, "SELECT current_user")}},
      {"SettingsOfTransactions",
       {on(0, "SET default_transaction_read_only = on"), on(0, "INSERT INTO item VALUES (1300, 1, '', 1)"),
        on(1, "INSERT INTO item VALUES (1301, 1, '', 1)"), on(0, "SET default_transaction_read_only = off"),
        on(0, "INSERT INTO item VALUES (1300, 1, '', 1)")}},
      {"AStatementTimeout",
       {on(0, "SET statement_timeout = '500ms'"), taking_time(on(1, "SELECT pg_sleep(0.7)")),
        taking_time(on(0, "SELECT pg_sleep(30)")), on(0, "SELECT 'fine'")}},
  };
}

std::vector<Case> object_cases() {
  return {
      {"TemporaryTables",
       {on(0, "CREATE TEMP TABLE t (a int)"), on(1, "SELECT * FROM t"), on(0, "INSERT INTO t VALUES (7)"),
        on(1, "CREATE TEMP TABLE t (b text)"), on(0, "SELECT * FROM t"), on(1, "SELECT * FROM t"),
        on(0, "DROP TABLE t"), on(0, "SELECT * FROM t"), on(1, "SELECT * FROM t")}},
      {"ATemporaryTableInDisguise",
       {on(0, "SELECT 7 AS a INTO TEMP t"), on(1, "SELECT * FROM t"), on(0, "SELECT * FROM t"),
        on(0, "CREATE TABLE pg_temp.u (a int)"), on(1, "SELECT * FROM u"), on(0, "SELECT * FROM u"),
        on(0, "CREATE TEMP VIEW v AS SELECT 8 AS a"), on(1, "SELECT 1"), on(0, "SELECT * FROM v")}},
      {"ATemporaryTableMadeByAFunction",
       {on(0, "DO $$BEGIN CREATE TEMP TABLE hidden AS SELECT 7 AS a; END$$"), on(1, "SELECT * FROM hidden"),
        on(0, "SELECT * FROM hidden")}},
      {"DiscardTemp",
       {on(0, "CREATE TEMP TABLE t (a int)"), on(0, "DISCARD TEMP"), on(1, "SELECT 1"), on(0, "SELECT * FROM t")}},
      {"AdvisoryLocks",
       {on(0, "SELECT pg_advisory_lock(7)"), on(1, "SELECT pg_try_advisory_lock(7)"),
        on(0, "SELECT pg_try_advisory_lock(7)"), on(0, "SELECT pg_advisory_unlock(7)"),
        on(1, "SELECT pg_try_advisory_lock(7)"), on(0, "SELECT pg_advisory_unlock(7)"),
        on(1, "SELECT pg_try_advisory_lock(7)"), on(1, "SELECT pg_advisory_unlock_all()"),
        on(0, "SELECT pg_advisory_unlock(7)")}},
      {"AnAdvisoryLockOutlivesItsTransaction",
       {on(0, "BEGIN"), on(0, "SELECT pg_advisory_lock(7)"), on(0, "COMMIT"), on(1, "SELECT pg_try_advisory_lock(7)"),
        on(0, "SELECT pg_advisory_unlock(7)")}},
      {"AnAdvisoryLockEndsWithItsClient",
       {on(0, "SELECT pg_advisory_lock(7)"), on(0, {terminate()}, 0), on(1, "SELECT pg_advisory_lock(7)"),
        on(1, "SELECT pg_advisory_unlock(7)")}},
      {"AnAdvisoryLockOfATransaction",
       {on(0, "BEGIN"), on(0, "SELECT pg_advisory_xact_lock(7)"), on(0, "COMMIT"),
        on(1, "SELECT pg_try_advisory_lock(7)")}},
      {"AnAdvisoryLockMadeByAFunction",
       {on(0, "DO $$BEGIN PERFORM pg_advisory_lock(7); END$$"), on(1, "SELECT pg_try_advisory_lock(7)"),
        on(0, "SELECT pg_advisory_unlock(7)")}},
      {"ListenAndNotify",
       {on(0, "LISTEN news"), on(1, "NOTIFY news, 'one'"), on(0, "SELECT pg_listening_channels()"),
        on(0, "NOTIFY news, 'two'"), on(1, "SELECT pg_listening_channels()"), on(0, "UNLISTEN *"),
        on(1, "NOTIFY news, 'unheard'"), on(0, "SELECT 1")}},
      {"ListenRolledBack",
       {on(0, "BEGIN"), on(0, "LISTEN news"), on(0, "ROLLBACK"), on(1, "NOTIFY news"),
        on(0, "SELECT pg_listening_channels()")}},
      {"HeldCursors",
       {on(0, "DECLARE held CURSOR WITH HOLD FOR SELECT generate_series(1, 9)"), on(1, "FETCH 1 FROM held"),
        on(0, "FETCH 2 FROM held"), on(1, "SELECT name FROM pg_cursors"), on(0, "FETCH 2 FROM held"),
        on(0, "CLOSE held"), on(0, "FETCH 1 FROM held")}},
      {"Sequences",
       {on(0, "SELECT nextval('counter1')"), on(1, "SELECT nextval('counter1')"), on(0, "SELECT currval('counter1')"),
        on(1, "SELECT currval('counter1'), lastval()"), on(0, "SELECT lastval()"),
        on(2, "SELECT currval('counter1')")}},
      {"TwoPhaseCommit",
       {on(0, "BEGIN"), on(0, "UPDATE item SET price = 1 WHERE id = 100"), on(0, "PREPARE TRANSACTION 'two'"),
        on(1, "SELECT 1"), on(0, "ROLLBACK PREPARED 'two'")}},
      {"LoadAndThenAnother", {on(0, "LOAD 'plpgsql'"), on(1, "SELECT 1"), on(0, "SELECT 1")}},
      {"LargeObjects",
       {on(0, "BEGIN"), on(0, "SELECT lo_create(424242)"), on(0, "SELECT lo_open(424242, 393216)"), on(1, "SELECT 1"),
        on(0, "SELECT lowrite(0, 'abc')"), on(0, "SELECT lo_unlink(424242)"), on(0, "COMMIT")}},
  };
}

}  // namespace

std::vector<Case> session_cases() {
  std::vector<Case> all = setting_cases();
  for (const auto& more : {reported_cases(), role_cases(), object_cases()}) {
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}

}  // namespace lockkeeper::testing
