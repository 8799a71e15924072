// What a client was told of its statement, and what a name stands for before that is known.
#include "proxy/differential_cases.hpp"

#include <utility>

namespace lockkeeper::testing {
namespace {

// A table changes after a client was told what its statement takes and gives; then the client uses it, on another
// server connection than before: `uses`. The other client has the one that it was made on.
Case changed_elsewhere(std::string name, Messages told, std::string_view change, Script uses) {
  Script script{on(0, "CREATE TABLE scratch.changing (a int)"), on(0, "INSERT INTO scratch.changing VALUES (1)"),
                on(0, std::move(told)), on(1, change), on(1, "BEGIN")};
  script.insert(script.end(), uses.begin(), uses.end());
  return {std::move(name), std::move(script)};
}

std::vector<Case> changing_cases() {
  const std::string all = "SELECT * FROM scratch.changing", to_text = "ALTER TABLE scratch.changing ALTER a TYPE text";
  const std::string add = "ALTER TABLE scratch.changing ADD COLUMN b int";
  const std::string rename = "ALTER TABLE scratch.changing RENAME a TO b";
  const Messages told{parse("s", all), describe_statement("s"), sync()};
  const Messages told_of_a_portal{parse("s", all), bind_to("", "s"), describe_portal(""), execute(), sync()};
  const Messages again{close_statement("s"), parse("s", all), describe_statement("s"), sync()};
  const Messages find{parse("s", "SELECT count(*) FROM scratch.changing WHERE a = $1"), describe_statement("s"),
                      sync()};
  const Messages found{bind_to("", "s", {"1"}), execute(), sync()};
  return {
      changed_elsewhere("AResultThatHasChangedElsewhere", told, to_text,
                        {on(0, use("s")), on(0, use("s")), on(0, {describe_statement("s"), sync()}), on(1, "COMMIT"),
                         on(0, use("s")), on(0, again), on(0, use("s"))}),
      changed_elsewhere("AColumnMoreElsewhere", told, add, {on(0, use("s")), on(0, again), on(0, use("s"))}),
      changed_elsewhere("AColumnOfAnotherNameElsewhere", told, rename, {on(0, use("s"))}),
      changed_elsewhere("AResultToldOfAPortalThatHasChangedElsewhere", told_of_a_portal, to_text,
                        {on(0, use("s")), on(0, again), on(0, use("s"))}),
      changed_elsewhere("AResultThatHasNotChangedElsewhere", told, "CREATE INDEX ON scratch.changing (a)",
                        {on(0, use("s")), on(0, {describe_statement("s"), sync()}), on(0, use("s"))}),
      changed_elsewhere("AResultThatHasChangedWithinATransaction", told, to_text,
                        {on(0, "BEGIN"), on(0, use("s")), on(0, "SELECT 1"), on(0, "ROLLBACK"), on(0, use("s"))}),
      changed_elsewhere(
          "AResultThatHasChangedWithinAPipeline", told, to_text,
          {on(0,
              Messages{parse("", "INSERT INTO scratch.changing VALUES ('2')"), bind_to("", ""), execute()} + use("s") +
                  use("s") + Messages{query("TABLE scratch.changing")},
              3)}),
      changed_elsewhere("AnUnnamedResultThatHasChangedElsewhere", {parse("", all), describe_statement(""), sync()},
                        to_text, {on(0, use("")), on(0, use("")), on(0, {parse("", all), sync()}), on(0, use(""))}),
      changed_elsewhere("AParameterOfAnotherTypeElsewhere", find, to_text, {on(0, found), on(0, found)}),
      changed_elsewhere("AParameterOfAWiderTypeElsewhere", find, "ALTER TABLE scratch.changing ALTER a TYPE bigint",
                        {on(0, found), on(0, {describe_statement("s"), sync()}),
                         on(0, {bind_to("", "s", {"5000000000"}), execute(), sync()})}),
      changed_elsewhere("ATableThatIsGoneElsewhere", told, "DROP TABLE scratch.changing",
                        {on(0, use("s")), on(0, "CREATE TABLE scratch.changing (a int)"), on(0, use("s"))}),
      // Who prepares it now is told of today's, beside one who was told otherwise.
      {"AResultThatHasChangedForAnother",
       {on(0, "CREATE TABLE scratch.changing (a int)"), on(0, told), on(1, to_text), on(0, "BEGIN"),
        on(1, {parse("t", all), describe_statement("t"), sync()}), on(1, use("t")), on(0, "COMMIT"), on(0, use("s")),
        on(1, use("t")), on(0, "BEGIN"), on(1, use("t")), on(0, use("s")), on(0, "ROLLBACK"), on(1, use("t"))}},
      {"AResultThatHasChangedForAnotherWithinAPipeline",
       {on(0, "CREATE TABLE scratch.changing (a int)"), on(0, told), on(1, to_text), on(0, "BEGIN"),
        on(1, Messages{parse("t", all)} + use("t") + use("t"), 2), on(0, "COMMIT"), on(1, use("t")), on(0, use("s"))}},
  };
}

Messages made() { return {parse("s", "SELECT 'first'"), sync()}; }
Messages again() { return Messages{parse("s", "SELECT 'second'")} + use("s"); }
Messages drop() { return {parse("", "DEALLOCATE s"), bind_to("", ""), execute()}; }
Messages drop_all() { return {parse("", "DEALLOCATE ALL"), bind_to("", ""), execute()}; }

// A batch that fails at once, and so skips these messages, and what is sent behind it before anybody knows.
Step behind(Messages skipped, Messages next, int count) {
  return on(0, Messages{describe_portal("nobody")} + std::move(skipped) + Messages{sync()} + std::move(next),
            count + 1);
}

// What a name stands for, where the batch before is skipped.
std::vector<Case> open_name_cases() {
  return {
      {"AParseBehindOneThatIsSkipped", {behind({parse("s", "SELECT 'first'")}, again(), 1), on(0, use("s"))}},
      {"AUseBehindAParseThatIsSkipped", {behind({parse("s", "SELECT 'first'")}, use("s"), 1), on(0, again())}},
      {"AParseBehindAQueryBehindOneThatIsSkipped",
       {behind({parse("s", "SELECT 'first'")}, Messages{query("SELECT 0")} + again(), 2), on(0, use("s"))}},
      {"AParseBehindACloseThatIsSkipped", {on(0, made()), behind({close_statement("s")}, again(), 1), on(0, use("s"))}},
      {"AUseBehindACloseAndAParseThatAreSkipped",
       {on(0, made()), behind({close_statement("s"), parse("s", "SELECT 'never'")}, use("s") + again() + use("s"), 3),
        on(0, use("s"))}},
      {"AUseBehindADeallocateAllThatIsSkipped",
       {on(0, made()), behind(drop_all(), use("s") + again() + use("s"), 3), on(0, use("s"))}},
      {"AUseBehindADeallocateThatIsSkipped",
       {on(0, made()), behind(drop(), use("s") + again() + use("s"), 3), on(0, use("s"))}},
      {"AUseBehindADeallocate",
       {on(0, made()), on(0, Messages{query("DEALLOCATE s")} + use("s") + again() + use("s"), 4), on(0, use("s"))}},
      {"AUseBehindADeallocateWithinOneBatch",
       {on(0, made()), on(0, drop() + use("s")), on(0, again()), on(0, drop() + again()), on(0, use("s"))}},
      {"AUseBehindADeallocateAllWithinOneBatch",
       {on(0, made()), on(0, drop_all() + use("s")), on(0, again()), on(0, drop_all() + again()), on(0, use("s"))}},
      {"AUseBehindADeallocateElsewhere",
       {on(0, made()), on(1, "BEGIN"), on(0, drop_all() + use("s")), on(0, again()), on(1, "COMMIT"), on(1, "BEGIN"),
        on(0, Messages{query("DEALLOCATE s")} + use("s"), 2), on(0, again()), on(0, use("s"))}},
  };
}

std::vector<Case> dropped_name_cases() {
  return {
      {"TwoNamesOfOneTextAndADeallocate",
       {on(0, {parse("s", "SELECT 'one'"), parse("t", "SELECT 'one'"), sync()}), on(0, drop() + use("t")),
        on(0, use("s")), on(0, use("t"))}},
      {"TwoNamesOfOneTextAndADeallocateThatFails",
       {on(0, {parse("s", "SELECT 'one'"), parse("t", "SELECT 'one'"), sync()}), on(0, "BEGIN"), on(0, "SELECT 1/0"),
        on(0, drop() + Messages{sync()}), on(0, "DEALLOCATE s"), on(0, "ROLLBACK"), on(0, use("s")), on(0, use("t"))}},
      {"DeallocateOfAStatementWhoseTableIsGone",
       {on(0, "CREATE TABLE scratch.leaving (a int)"), on(0, {parse("s", "SELECT * FROM scratch.leaving"), sync()}),
        on(0, "DROP TABLE scratch.leaving"), on(0, use("s")), on(1, "BEGIN"), on(0, "DEALLOCATE s"), on(0, use("s"))}},
      {"AnUnnamedDeallocateBehindOneThatIsSkipped",
       {on(0, made()), on(0, {parse("", "SELECT 'kept'"), sync()}),
        behind({parse("", "DEALLOCATE s")}, use("") + use("s"), 2), on(0, use("s"))}},
      {"AnUnnamedStatementBehindADeallocateThatIsSkipped",
       {on(0, made()), on(0, {parse("", "DEALLOCATE s"), sync()}), behind({parse("", "SELECT 'never'")}, use(""), 1),
        on(0, use("s"))}},
      {"ADeallocateAllBehindACloseThatIsSkipped",
       {on(0, made()), behind({close_statement("s")}, Messages{query("DEALLOCATE ALL")} + again(), 2),
        on(0, use("s"))}},
      {"AQueryBehindACloseOfTheUnnamedOneThatIsSkipped",
       {on(0, {parse("", "SELECT 'gone'"), sync()}),
        behind({close_statement("")}, Messages{query("SELECT 1")} + use(""), 2)}},
      {"ADeallocateOfSeveralThatFails",
       {on(0, made()), on(0, "PREPARE q AS SELECT 1"), on(0, "DEALLOCATE q; SELECT 1/0; DEALLOCATE ALL"),
        on(0, use("s"))}},
      {"AUseBehindOneThatMakesItElsewhereAndFails",
       {on(0, made()), on(1, "BEGIN"), on(0, "BEGIN"),
        taking_time(on(
            0,
            use("s") + Messages{query("SELECT pg_sleep(0.1), 1/0")} + use("s") + Messages{query("ROLLBACK")} + use("s"),
            5)),
        on(1, "ROLLBACK"), on(0, use("s"))}},
      {"DeallocateOfTwoByTwoPortals",
       {on(0, made() + Messages{parse("t", "SELECT 1"), sync()}, 2),
        on(0, {parse("", "DEALLOCATE s"), bind_to("a", ""), parse("", "DEALLOCATE t"), bind_to("b", ""), execute("a"),
               execute("b"), sync()}),
        on(0, use("s")), on(0, use("t"))}},
      {"DeallocateOfWhatIsClosedBeforeItIsRun",
       {on(0, made()), on(0, {parse("", "DEALLOCATE s"), bind_to("p", ""), close_statement("s"), execute("p"), sync()}),
        on(0, use("s"))}},
      {"DeallocateTwiceByTwoPortals",
       {on(0, made()),
        on(0, {parse("", "DEALLOCATE s"), bind_to("a", ""), bind_to("b", ""), execute("a"), execute("b"), sync()}),
        on(0, use("s"))}},
      {"DeallocateThatIsBoundAndNotRun",
       {on(0, made()), on(0, {parse("", "DEALLOCATE s"), bind_to("", ""), close_statement("s"), sync()}),
        on(0, {bind_to("", ""), execute(), sync()}), on(0, again())}},
  };
}

}  // namespace

std::vector<Case> name_cases() {
  std::vector<Case> all = changing_cases();
  for (const auto& more : {open_name_cases(), dropped_name_cases()}) all.insert(all.end(), more.begin(), more.end());
  return all;
}

}  // namespace lockkeeper::testing
