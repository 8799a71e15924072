#include "proxy/differential_cases.hpp"

namespace lockkeeper::testing {
namespace {

std::vector<Case> unnamed_cases() {
  return {
      {"TheUnnamedStatementAcrossSyncs",
       {on(0, {parse("", "SELECT 'mine'"), sync()}), on(1, {parse("", "SELECT 'yours'"), sync()}), on(0, use("")),
        on(1, use("")), on(0, {describe_statement(""), sync()}), on(1, use(""))}},
      {"TheUnnamedStatementIsGoneAfterASimpleQuery",
       {on(0, {parse("", "SELECT 'mine'"), sync()}), on(0, "SELECT 1"), on(0, use("")), on(1, "SELECT 1")}},
      {"TheUnnamedStatementAfterAFailedParse",
       {on(0, {parse("", "SELECT 'mine'"), sync()}), on(0, {parse("", "SELEC"), sync()}), on(0, use(""))}},
      {"TheUnnamedStatementClosed", {on(0, {parse("", "SELECT 1"), close_statement(""), sync()}), on(0, use(""))}},
      {"TheUnnamedStatementWithParameters",
       {on(0, {parse("", "SELECT $1::int + 1"), sync()}), on(1, {parse("", "SELECT $1::int + 2"), sync()}),
        on(0, {bind_to("", "", {"1"}), execute(), sync()}), on(1, {bind_to("", "", {"1"}), execute(), sync()})}},
      {"TheUnnamedStatementNeverMade", {on(0, use("")), on(0, {describe_statement(""), sync()})}},
  };
}

// Two clients prepare one text, the first one with parameters of its own: what it means is decided when it is prepared.
Case read_twice(std::string name, std::string_view set, std::string_view text) {
  const Messages prepare{parse("s", text), sync()}, prepare_unnamed{parse("", text), sync()};
  return {std::move(name),
          {on(0, set), on(0, prepare), on(1, prepare), on(1, use("s")), on(0, use("s")), on(0, prepare_unnamed),
           on(1, prepare_unnamed), on(0, use("")), on(1, use("")), on(1, use("s")), on(0, use("s"))}};
}

std::vector<Case> reading_cases() {
  const std::string text = "SELECT '2026-01-02 03:04'::timestamptz";
  const Messages prepare{parse("s", text), sync()};
  const std::string to_tokyo = "SET TimeZone = 'Asia/Tokyo'";
  const auto and_the_other = [&](Script script) {
    for (const Step& step : {on(1, prepare), on(1, use("s")), on(0, use("s")), on(1, use("s"))}) script.push_back(step);
    return script;
  };
  return {
      read_twice("OneTextInTwoTimeZones", to_tokyo, text),
      read_twice("OneTextInTwoDateStyles", "SET DateStyle = 'SQL, DMY'", "SELECT '01/02/2026'::date"),
      read_twice("OneTextInTwoIntervalStyles", "SET IntervalStyle = 'sql_standard'", "SELECT '-1 2:03:04'::interval"),
      read_twice("OneTextInTwoEncodings", "SET client_encoding = 'LATIN1'", "SELECT length('\xc3\xa4')"),
      read_twice("OneTextWithBackslashesAndWithout", "SET standard_conforming_strings = off",
                 "SELECT length('a\\\\b')"),
      {"ATimeZoneSetInThePipelineOfAParse", and_the_other({on(0, Messages{query(to_tokyo)} + prepare, 2)})},
      {"ATimeZoneSetBeforeTheSyncOfAParse",
       and_the_other({on(0, Messages{parse("", to_tokyo), bind_to("", ""), execute()} + prepare)})},
      {"ATimeZoneOfOneTransaction",
       and_the_other({on(0, "BEGIN"), on(0, "SET LOCAL TimeZone = 'Asia/Tokyo'"), on(0, prepare), on(0, "COMMIT")})},
      {"ATimeZoneSetAfterTheParse", and_the_other({on(0, "BEGIN"), on(0, prepare), on(0, to_tokyo), on(0, use("s")),
                                                   on(0, "COMMIT"), on(0, use("s"))})},
      {"ATimeZoneOfAPipelineThatCommits",
       and_the_other({on(
           0,
           Messages{query("BEGIN"), query("SET LOCAL TimeZone = 'Asia/Tokyo'")} + prepare + Messages{query("COMMIT")},
           4)})},
      {"AParseBehindTheTransactionThatHadATimeZone",
       and_the_other({on(0, "BEGIN"), on(0, "SET LOCAL TimeZone = 'Asia/Tokyo'"),
                      on(0, Messages{query("COMMIT")} + prepare, 2)})},
      {"AParseBeforeATimeZoneInOnePipeline",
       and_the_other({on(0, Messages{parse("s", text)} + Messages{query(to_tokyo), sync()}, 2)})},
      {"ATimeZoneSetByAFunction",
       and_the_other({on(0, Messages{query("SELECT set_config('TimeZone', 'Asia/Tokyo', false)")} + prepare, 2)})},
      {"ATimeZoneSetByABlock",
       and_the_other({on(0, Messages{query("DO $$BEGIN SET TimeZone = 'Asia/Tokyo'; END$$")} + prepare, 2)})},
      // True in the transaction of the Parse.
      {"AMomentIsThatOfTheParse",
       {on(0, {parse("s", "SELECT 'now'::timestamptz = now()"), bind_to("", "s"), execute(), sync()}),
        on(1, {parse("s", "SELECT 'now'::timestamptz = now()"), bind_to("", "s"), execute(), sync()})}},
      {"ATemporaryTableInFrontOfAnother",
       {on(0, "CREATE TEMP TABLE first_of_the_session (id int)"), on(0, "DROP TABLE first_of_the_session"),
        on(1, {parse("s", "SELECT count(*) FROM item"), sync()}), on(1, use("s")),
        on(0, "CREATE TEMP TABLE item (id int)"), on(0, {parse("s", "SELECT count(*) FROM item"), sync()}),
        on(0, use("s")), on(1, use("s")), on(0, "DROP TABLE item"), on(1, use("s")), on(0, use("s"))}},
      {"ASettingThatIsNotReported",
       {on(0, "SET transform_null_equals = on"), on(0, {parse("s", "SELECT 1 = NULL"), sync()}), on(0, use("s")),
        on(1, {parse("s", "SELECT 1 = NULL"), sync()}), on(0, "RESET transform_null_equals"), on(1, use("s")),
        on(1, {parse("", "SELECT 1 = NULL"), bind_to("", ""), execute(), sync()}),
        // In one piece, so that it is the connection that has the statement.
        on(1, use("s") + Messages{query("SET transform_null_equals = on")}, 2),
        on(1, {parse("t", "SELECT 1 = NULL"), sync()}), on(1, use("t")), on(1, use("s"))}},
  };
}

std::vector<Case> named_cases() {
  return {
      {"ANameInALaterSegment",
       {on(0, {parse("s", "SELECT 'mine'"), sync()}), on(1, "BEGIN"), on(0, use("s")), on(1, use("s")),
        on(1, "ROLLBACK"), on(0, use("s"))}},
      {"OneNameTwoClients",
       {on(0, {parse("s", "SELECT 'mine'"), sync()}), on(1, {parse("s", "SELECT 'yours'"), sync()}), on(0, use("s")),
        on(1, use("s")), on(0, {close_statement("s"), sync()}), on(1, use("s")), on(0, use("s"))}},
      {"ManyNames",
       [] {
         Script script;
         for (int i = 0; i < 300; ++i) {
           script.push_back(on(0, {parse("s" + std::to_string(i), "SELECT " + std::to_string(i)), sync()}));
         }
         for (int i = 0; i < 300; i += 7) script.push_back(on(0, use("s" + std::to_string(i))));
         return script;
       }()},
      {"AnUnknownName",
       {on(0, use("nobody")), on(0, {describe_statement("nobody"), sync()}), on(0, {close_statement("nobody"), sync()}),
        on(0, "SELECT 'still here'")}},
      {"AnUnknownNameWithinATransaction",
       {on(0, "BEGIN"), on(0, use("nobody")), on(0, "SELECT 1"), on(0, "ROLLBACK"), on(0, "SELECT 1")}},
      {"ADuplicateName",
       {on(0, {parse("s", "SELECT 1"), sync()}), on(0, {parse("s", "SELECT 2"), sync()}), on(0, use("s")),
        on(0, {parse("t", "SELECT 1"), parse("t", "SELECT 1"), sync()}), on(0, use("t"))}},
      {"CloseAndParseAgain",
       {on(0, {parse("s", "SELECT 1"), sync()}),
        on(0, {close_statement("s"), parse("s", "SELECT 2"), bind_to("", "s"), execute(), sync()}), on(0, use("s")),
        on(0, {close_statement("s"), bind_to("", "s"), execute(), sync()})}},
      {"AParseThatFails",
       {on(0, {parse("s", "SELECT no_such"), sync()}), on(0, use("s")), on(0, {parse("s", "SELECT 1"), sync()}),
        on(0, use("s"))}},
      {"AParseThatIsSkipped",
       {on(0, {parse("", "SELECT 1/0"), bind_to("", ""), execute(), parse("s", "SELECT 1"), sync()}), on(0, use("s")),
        on(0, {parse("s", "SELECT 2"), sync()}), on(0, use("s"))}},
      {"ACloseThatIsSkipped",
       {on(0, {parse("s", "SELECT 1"), sync()}),
        on(0, {parse("", "SELECT 1/0"), bind_to("", ""), execute(), close_statement("s"), sync()}), on(0, use("s"))}},
      {"AStatementOutlivesARollback",
       {on(0, "BEGIN"), on(0, {parse("s", "SELECT 1"), sync()}), on(0, "ROLLBACK"), on(1, "SELECT 1"),
        on(0, use("s"))}},
      {"DescribeOfANameElsewhere",
       {on(0, {parse("s", "SELECT $1::int AS a, $2::text AS b"), sync()}), on(1, "BEGIN"),
        on(0, {describe_statement("s"), sync()}), on(1, "COMMIT"), on(0, {describe_statement("s"), flush(), sync()})}},
      {"APlanThatChanges",
       {on(0, "CREATE TABLE scratch.changing (a int)"), on(0, {parse("s", "SELECT * FROM scratch.changing"), sync()}),
        on(0, use("s")), on(1, "ALTER TABLE scratch.changing ADD COLUMN b int"), on(0, use("s")), on(0, use("s"))}},
      {"APlanThatHasChangedForWhoPreparesNow",
       {on(0, "CREATE TABLE scratch.changing (a int)"), on(0, {parse("s", "SELECT * FROM scratch.changing"), sync()}),
        on(0, use("s")), on(1, "ALTER TABLE scratch.changing ADD COLUMN b int"), on(0, use("s")),
        on(1, {parse("t", "SELECT * FROM scratch.changing"), sync()}), on(1, use("t")), on(0, use("s"))}},
  };
}

std::vector<Case> deallocating_cases() {
  return {
      {"DeallocateOfAProtocolName",
       {on(0, {parse("s", "SELECT 1"), sync()}), on(0, "DEALLOCATE s"), on(0, use("s")), on(0, "DEALLOCATE s"),
        on(0, {parse("s", "SELECT 2"), sync()}), on(0, use("s"))}},
      {"DeallocateByTheExtendedProtocol",  // As psycopg does.
       {on(0, {parse("s", "SELECT 1"), sync()}), on(1, {parse("t", "SELECT 1"), sync()}),
        on(0, {parse("", "DEALLOCATE s"), bind_to("", ""), describe_portal(""), execute(), sync()}), on(0, use("s")),
        on(1, use("t")), on(0, {parse("", "DEALLOCATE s"), bind_to("", ""), execute(), sync()}),
        on(0, {parse("s", "SELECT 2"), sync()}), on(0, use("s"))}},
      {"DeallocateWithinAPipeline",
       {on(0, {parse("s", "SELECT 1"), parse("t", "SELECT 'kept'"), sync()}),
        on(0, {parse("", "DEALLOCATE s"), bind_to("", ""), execute(), parse("s", "SELECT 1"), bind_to("", "s"),
               execute(), sync()}),
        on(0, use("s")), on(0, use("t"))}},
      {"DeallocateTwiceWithinAPipeline",
       {on(0, {parse("s", "SELECT 1"), sync()}),
        on(0, {parse("", "DEALLOCATE s"), bind_to("", ""), execute(), bind_to("", ""), execute(), sync()}),
        on(0, use("s"))}},
      {"DeallocateThatIsSkipped",
       {on(0, {parse("s", "SELECT 1"), sync()}),
        on(0, {parse("", "SELECT 1/0"), bind_to("", ""), execute(), parse("", "DEALLOCATE s"), bind_to("", ""),
               execute(), sync()}),
        on(0, use("s"))}},
      {"DeallocateAll",
       {on(0, {parse("s", "SELECT 1"), parse("t", "SELECT 2"), sync()}), on(1, {parse("s", "SELECT 'yours'"), sync()}),
        on(0, "DEALLOCATE ALL"), on(0, use("s")), on(1, use("s")), on(0, {parse("s", "SELECT 3"), sync()}),
        on(0, use("s"))}},
      {"DeallocateAllWithinAPipeline",
       {on(0, {parse("s", "SELECT 1"), bind_to("", "s"), execute(), parse("", "DEALLOCATE ALL"), bind_to("", ""),
               execute(), parse("s", "SELECT 2"), bind_to("", "s"), execute(), sync()}),
        on(0, use("s"))}},
      {"DeallocateAllThatFailsMidway",
       {on(0, {parse("s", "SELECT 1"), sync()}),
        on(0, {parse("", "SELECT 1/0"), bind_to("", ""), execute(), parse("", "DEALLOCATE ALL"), bind_to("", ""),
               execute(), sync()}),
        on(0, use("s"))}},
      {"DiscardAll",
       {on(0, {parse("s", "SELECT 1"), sync()}), on(0, "SET work_mem = '17MB'"), on(0, "DISCARD ALL"), on(0, use("s")),
        on(0, "SHOW work_mem"), on(1, "SELECT 1"), on(0, "BEGIN"), on(0, "DISCARD ALL"), on(0, "ROLLBACK")}},
      {"DiscardAllWithinAPipeline",
       {on(0, {parse("s", "SELECT 1"), sync()}),
        on(0, {parse("", "DISCARD ALL"), bind_to("", ""), execute(), sync(), bind_to("", "s"), execute(), sync()}, 2),
        on(0, {parse("s", "SELECT 2"), sync()}), on(0, use("s"))}},
      {"SqlPrepare",
       {on(0, "PREPARE p AS SELECT 'mine'"), on(1, "PREPARE p AS SELECT 'yours'"), on(0, "EXECUTE p"),
        on(1, "EXECUTE p"), on(0, use("p")), on(0, "DEALLOCATE p"), on(0, "EXECUTE p"), on(1, "EXECUTE p")}},
      {"SqlPrepareAndTheProtocol",
       {on(0, "PREPARE p AS SELECT 1"), on(0, {parse("p", "SELECT 2"), sync()}), on(0, use("p")),
        on(0, {parse("q", "SELECT 3"), sync()}), on(0, "PREPARE q AS SELECT 4"), on(0, "EXECUTE q")}},
      {"ExecuteOfAProtocolNameInSql",
       {on(0, {parse("s", "SELECT 'mine'"), sync()}), on(0, "EXECUTE s"), on(1, "EXECUTE s"), on(0, use("s"))}},
      {"DeallocateWithinSeveral",
       {on(0, {parse("s", "SELECT 1"), sync()}), on(0, "SELECT 1; DEALLOCATE s; SELECT 2"), on(0, use("s")),
        on(0, {parse("s", "SELECT 2"), sync()}), on(0, use("s"))}},
      {"DeallocatePreparedInAFunction",
       {on(0, {parse("s", "SELECT 1"), sync()}), on(0, "DO $$BEGIN EXECUTE 'DEALLOCATE ALL'; END$$"), on(0, use("s"))}},
  };
}

}  // namespace

std::vector<Case> statement_cases() {
  std::vector<Case> all = unnamed_cases();
  for (const auto& more : {reading_cases(), named_cases(), deallocating_cases()})
    all.insert(all.end(), more.begin(), more.end());
  return all;
}

}  // namespace lockkeeper::testing
