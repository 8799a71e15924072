#include <string>

#include "proxy/differential_cases.hpp"

namespace lockkeeper::testing {
namespace {

Messages run(std::string_view sql) { return {parse("", sql), bind_to("", ""), execute()}; }
Messages synced(Messages messages) { return std::move(messages) + Messages{sync()}; }

const std::string million(1'000'000, 'm');

std::vector<Case> pipeline_cases() {
  return {
      {"SeveralSyncsAtOnce",
       {on(0, synced(run("SELECT 1")) + synced(run("SELECT 2")) + synced(run("SELECT 3")), 3),
        on(1, "SELECT 'other'")}},
      {"BeginWithinAPipelineAndCommitInTheNext",
       {on(0, synced(run("BEGIN")) + synced(run("UPDATE item SET price = 99 WHERE id = 100")), 2),
        on(1, "SELECT price FROM item WHERE id = 100"), on(0, synced(run("COMMIT")) + synced(run("SELECT 1")), 2),
        on(1, "SELECT price FROM item WHERE id = 100")}},
      {"SimpleQueriesInFlight",
       {on(0, {query("BEGIN"), query("SELECT 1"), query("COMMIT"), query("BEGIN"), query("SELECT 2")}, 5),
        on(1, "SELECT 'other'"), on(0, {query("COMMIT")})}},
      {"AnErrorSkipsUntilSync",
       {on(0,
           run("SELECT 1") + run("SELECT 1/0") + run("SELECT 2") + synced({describe_statement("x")}) +
               synced(run("SELECT 3")),
           2)}},
      {"AnErrorWithFlushIsToldAtOnce", {on(0, run("SELECT 1/0") + Messages{flush()}, 1, "E"), on(0, {sync()})}},
      {"ASimpleQueryBehindAnErrorIsSkipped",
       {on(0, run("SELECT 1/0") + Messages{query("SELECT 'skipped'"), sync(), query("SELECT 'run'")}, 2)}},
      {"DescribeAndFlushWithoutSync",
       {on(0, {parse("", "SELECT $1::int"), describe_statement(""), flush()}, 1, "T"), on(1, "SELECT 'other'"),
        on(0, {bind_to("", "", {"5"}), execute(), flush()}, 1, "C"), on(1, "SELECT 'other'"), on(0, {sync()})}},
      {"FlushWithNothing", {on(0, {flush(), flush(), sync()}), on(0, {sync()})}},
      {"EmptyQueries", {on(0, ""), on(0, ";"), on(0, synced(run(""))), on(0, synced(run(" -- nothing")))}},
      {"AFailedTransactionIsOnesOwn",
       {on(0, "BEGIN"), on(0, "SELECT 1/0"), on(1, "SELECT 'fine'"), on(0, "SELECT 1"), on(0, synced(run("SELECT 1"))),
        on(1, synced(run("SELECT 'fine'"))), on(0, "COMMIT"), on(0, "SELECT 2")}},
      {"ATransactionAbandoned",
       {on(0, "BEGIN"), on(0, "UPDATE item SET price = 77 WHERE id = 100"), on(0, {terminate()}, 0),
        on(1, "SELECT price FROM item WHERE id = 100"), on(0, "SELECT price FROM item WHERE id = 100")}},
      {"BeginTwiceAndCommitWithNothingOpen", {on(0, "BEGIN"), on(0, "BEGIN"), on(0, "COMMIT"), on(0, "COMMIT")}},
      {"SeveralStatementsOneFails",
       {on(0, "SELECT 1; SELECT 1/0; SELECT 3"), on(0, "BEGIN; SELECT 1/0"), on(0, "END")}},
      {"ATransactionOpenedWithinSeveral",
       {on(0, "SELECT 1; BEGIN; SELECT 2"), on(1, "SELECT 'other'"), on(0, "COMMIT; SELECT 3"),
        on(1, "SELECT 'other'")}},
      {"CommitAndChain", {on(0, "BEGIN"), on(0, "COMMIT AND CHAIN"), on(1, "SELECT 1"), on(0, "ROLLBACK")}},
      {"FunctionCalls",
       {on(0, {function_call(177, {"20", "22"})}), on(0, {function_call(154, {"1", "0"})}),
        on(0, {function_call(1, {})}), on(0, "BEGIN"), on(0, {function_call(177, {"1", "1"})}), on(1, "SELECT 'other'"),
        on(0, "COMMIT")}},
      {"FunctionCallsThatLeaveALock",  // pg_advisory_lock(bigint)
       {on(0, {function_call(2880, {"7"})}), on(1, "SELECT pg_try_advisory_lock(7)"),
        on(0, "SELECT pg_advisory_unlock(7)")}},
      {"FunctionCallsThatLeaveASetting",  // set_config
       {on(0, {function_call(2078, {"work_mem", "17MB", "f"})}), on(1, "SHOW work_mem"), on(0, "SHOW work_mem"),
        on(0, "RESET work_mem")}},
  };
}

// Several COPYs, and Syncs beside them, before the server has answered any.
std::vector<Case> copy_pipeline_cases() {
  const Step begin_copy = on(0, Messages{query("COPY item FROM STDIN")}, 1, "GZ");
  const Messages extended = run("COPY item FROM STDIN");
  const Message row = copy_data("1300\t1\tcopied\t1\n"), another = copy_data("1301\t1\tcopied\t1\n");
  return {
      {"SeveralCopiesAsOnePiece",
       {on(0, {query("COPY item FROM STDIN"), row, copy_done(), query("COPY item FROM STDIN"), another, copy_done()},
           2),
        on(0, "SELECT 'after'"), on(1, "SELECT count(*) FROM item")}},
      {"SeveralExtendedCopiesAsOnePiece",
       {on(0,
           extended + Messages{row, copy_done(), sync()} + extended + Messages{sync(), another, copy_done(), sync()} +
               run("SELECT 'fine'") + Messages{sync()},
           3),
        on(0, "SELECT 'after'"), on(1, "SELECT count(*) FROM item")}},
      {"SeveralCopiesOfWhichOneFails",
       {on(0,
           {query("COPY no_such FROM STDIN"), row, copy_done(), query("COPY item FROM STDIN"), copy_data("nonsense\n"),
            copy_done(), query("COPY item FROM STDIN"), row, copy_fail("no"), query("COPY item FROM STDIN"), another,
            copy_done()},
           4),
        on(0, "SELECT 'after'"), on(1, "SELECT count(*) FROM item")}},
      {"ACopyThatFailsBeforeItReadsItsSync",
       {on(0, "CREATE VIEW scratch.seen AS SELECT 1 AS a"),
        on(0, run("COPY scratch.seen FROM STDIN") + Messages{sync(), copy_data("1\n"), copy_done(), sync()}, 2),
        on(0, "SELECT 'after'"), on(1, "SELECT 'other'"),
        on(0, run("COPY scratch.seen FROM STDIN") + Messages{sync()}, 1), on(0, "SELECT 'after'"),
        on(1, "SELECT 'other'")}},
      {"SyncsDuringACopyThatHasFailed",
       {begin_copy, on(0, {copy_data("nonsense\n"), sync(), row, sync(), copy_done()}, 3), on(0, "SELECT 'after'"),
        on(1, "SELECT 'other'"), on(0, extended + Messages{sync()}, 1, "G"),
        on(0, {copy_data("nonsense\n"), sync(), row, copy_done(), sync()}, 2), on(0, "SELECT 'after'"),
        on(1, "SELECT 'other'")}},
      {"TwoCopiesInOneTextAsOnePiece",
       {on(0, {query("COPY item FROM STDIN; COPY item FROM STDIN"), row, copy_done(), another, copy_done()}),
        on(0, "SELECT 'after'"), on(1, "SELECT count(*) FROM item")}},
  };
}

std::vector<Case> copy_cases() {
  const Step begin_copy = on(0, Messages{query("COPY item FROM STDIN")}, 1, "GZ");
  const Messages extended = run("COPY item FROM STDIN");
  const Message row = copy_data("1300\t1\tcopied\t1\n");
  return {
      {"CopyIn",
       {begin_copy, on(1, "SELECT 'other'"), on(0, {row, copy_done()}), on(1, "SELECT count(*) FROM item"),
        on(0, "SELECT 1")}},
      {"CopyInRefusedByTheClient", {begin_copy, on(0, {row, copy_fail("changed my mind")}), on(0, "SELECT 1")}},
      {"CopyInRefusedByTheServerAndMoreCome",
       {begin_copy, on(0, {copy_data("nonsense\n")}, 0), on(0, {row, row, copy_done()}), on(1, "SELECT 'other'"),
        on(0, "SELECT 'after'")}},
      {"SyncDuringCopyIsIgnored",
       {begin_copy, on(0, {sync(), flush(), row, sync()}, 0), on(1, "SELECT 'other'"), on(0, {copy_done()}),
        on(0, "SELECT 'after'")}},
      {"SyncBehindExecuteOfCopy",
       {on(0, extended + Messages{sync()}, 1, "G"), on(1, "SELECT 'other'"), on(0, {row, copy_done(), sync()}),
        on(0, "SELECT 'after'"), on(1, "SELECT 'other'")}},
      {"SyncBehindExecuteOfCopyThatFails",
       {on(0, extended + Messages{sync()}, 1, "G"), on(0, {copy_data("nonsense\n"), copy_done(), sync()}),
        on(0, "SELECT 'after'"), on(1, "SELECT 'other'")}},
      {"CopyAsOnePiece", {on(0, extended + Messages{row, copy_done(), sync()}), on(0, "SELECT 'after'")}},
      {"CopyThatDoesNotBegin",
       {on(0, run("COPY no_such FROM STDIN") + Messages{row, copy_done(), sync()}), on(1, "SELECT 'other'"),
        on(0, "SELECT 'after'")}},
      {"AQueryDuringCopy", {begin_copy, on(0, {query("SELECT 'within'")}, 2), on(0, "SELECT 'after'")}},
      {"TwoCopiesInOneQuery",
       {on(0, Messages{query("COPY item FROM STDIN; COPY item TO STDOUT; SELECT 1")}, 1, "G"), on(0, {copy_done()}),
        on(0, "SELECT 'after'")}},
      {"CopyOut",
       {on(0, "COPY (SELECT repeat('o', 9000) FROM generate_series(1, 30)) TO STDOUT"),
        on(0, synced(run("COPY (SELECT 1) TO STDOUT")))}},
      {"CopyOutThatFailsMidway",
       {on(0, "COPY (SELECT 10 / (5000 - g) FROM generate_series(1, 9999) g) TO STDOUT"), on(0, "SELECT 'after'")}},
      {"StrayCopyMessages", {on(0, {row, copy_done(), copy_fail("stray"), query("SELECT 'fine'")}), on(1, "SELECT 1")}},
      {"ALargeCopy",
       {begin_copy,
        on(0, {copy_data("1301\t1\t" + million + "\t1\n"), copy_data("1302\t1\t" + million + "\t1\n"), copy_done()}),
        on(0, "SELECT sum(length(name)) FROM item")}},
  };
}

std::vector<Case> portal_cases() {
  return {
      {"APortalRowByRow",
       {on(0, "BEGIN"), on(0, {parse("", "SELECT generate_series(1, 7)"), bind_to("p", ""), execute("p", 3), sync()}),
        on(1, "SELECT 'other'"), on(0, {execute("p", 3), describe_portal("p"), sync()}), on(0, {execute("p"), sync()}),
        on(0, {close_portal("p"), execute("p"), sync()}), on(1, "SELECT 'other'"), on(0, "ROLLBACK")}},
      {"APortalSuspendedBehindFlush",
       {on(0, {parse("", "SELECT generate_series(1, 7)"), bind_to("", ""), execute("", 3), flush()}, 1, "s"),
        on(1, "SELECT 'other'"), on(0, {execute("", 3), flush()}, 1, "s"), on(0, {execute(), sync()})}},
      {"APortalDoesNotOutliveItsTransaction",
       {on(0, {parse("", "SELECT 1"), bind_to("p", ""), sync()}), on(0, {execute("p"), sync()}),
        on(0, {describe_portal("p"), sync()})}},
      {"TwoPortalsByTurns",
       {on(0, "BEGIN"),
        on(0, {parse("", "SELECT generate_series(1, 4)"), bind_to("p", ""), bind_to("q", ""), execute("p", 1),
               execute("q", 2), execute("p", 1), sync()}),
        on(0, {bind_to("p", ""), sync()}), on(0, "COMMIT")}},
      {"ACursorInSql",
       {on(0, "DECLARE c CURSOR FOR SELECT 1"), on(0, "BEGIN"),
        on(0, "DECLARE c CURSOR FOR SELECT generate_series(1, 9)"), on(0, "FETCH 3 FROM c"), on(1, "FETCH 1 FROM c"),
        on(0, {describe_portal("c"), execute("c", 2), sync()}), on(0, "CLOSE c"), on(0, "COMMIT")}},
      {"LargeRows",
       {on(0, "SELECT repeat('r', 1000000), repeat('s', 8187) FROM generate_series(1, 3)"),
        on(0, synced(run("SELECT repeat('r', 1000000)")))}},
      {"LargeParameters",
       {on(0, {parse("", "SELECT length($1::text), length($2::text)"), bind_to("", "", {million, million}), execute(),
               sync()}),
        on(0, {parse("n", "SELECT length($1::text)"), bind_to("", "n", {million}), execute(), sync()}),
        on(1, "SELECT 'other'"), on(0, {bind_to("", "n", {million}), describe_portal(""), execute(), sync()})}},
      {"ALargeQuery",
       {on(0, "SELECT length('" + million + "')"), on(0, synced(run("SELECT length('" + million + "')")))}},
      {"NullsAndEmptyTexts",
       {on(0, {parse("", "SELECT $1::text, $2::text, $3::text"), bind_to("", "", {Value(), "", "x"}),
               describe_portal(""), execute(), sync()})}},
      {"NoticesAndWarnings",
       {on(0, "DO $$BEGIN RAISE NOTICE 'one'; RAISE WARNING 'two' USING DETAIL = 'd'; END$$"), on(1, "SELECT 'other'"),
        on(0, "SET client_min_messages = error"), on(0, "DO $$BEGIN RAISE NOTICE 'unheard'; END$$"),
        on(1, "DO $$BEGIN RAISE NOTICE 'heard'; END$$")}},
      {"AnUnknownMessage", {on(0, {Message{'y', "?"}}), on(1, "SELECT 1"), on(0, "SELECT 'a new session'")}},
      {"AnUnknownMessageWithinATransaction",
       {on(0, "BEGIN"), on(0, "UPDATE item SET price = 1 WHERE id = 100"), on(0, {Message{'y', "?"}}),
        on(1, "SELECT price FROM item WHERE id = 100")}},
      {"ALengthThatIsNone", {on(0, {raw_bytes(std::string("Q\0\0\0\1", 5))}), on(1, "SELECT 1")}},
      {"AQueryWithoutTerminator", {on(0, {Message{'Q', "SELECT 1"}}), on(0, "SELECT 1"), on(1, "SELECT 1")}},
      {"ABindThatIsCutShort", {on(0, {Message{'B', std::string("\0\0\0", 3)}, sync()}), on(0, "SELECT 1")}},
      {"ADescribeOfNothing", {on(0, {Message{'D', std::string("X\0", 2)}, sync()}), on(0, "SELECT 1")}},
  };
}

}  // namespace

std::vector<Case> protocol_cases() {
  std::vector<Case> all = pipeline_cases();
  for (const auto& more : {copy_cases(), copy_pipeline_cases(), portal_cases()})
    all.insert(all.end(), more.begin(), more.end());
  return all;
}

}  // namespace lockkeeper::testing
