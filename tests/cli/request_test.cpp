#include "cli/request.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/run.hpp"
#include "client/environment_variables.hpp"

namespace lockkeeper::cli {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

Request parse(std::vector<const char*> words) {
  words.insert(words.begin(), "lockkeeper");
  return parse_request(static_cast<int>(words.size()), words.data());
}

DoctorRequest parse_doctor(std::vector<const char*> words) {
  words.insert(words.begin(), "doctor");
  const Request request = parse(words);
  EXPECT_FALSE(request.exit_status) << request.output;
  EXPECT_FALSE(request.kill);
  return request.doctor.value_or(DoctorRequest{});
}

KillRequest parse_kill(std::vector<const char*> words) {
  words.insert(words.begin(), "kill");
  const Request request = parse(words);
  EXPECT_FALSE(request.exit_status) << request.output;
  EXPECT_FALSE(request.doctor);
  return request.kill.value_or(KillRequest{});
}

// What is printed for a command line that is wrong.
std::string complaint(const std::vector<const char*>& words) {
  const Request request = parse(words);
  EXPECT_EQ(request.exit_status, Status::usage) << ::testing::PrintToString(words);
  EXPECT_FALSE(request.doctor || request.kill);
  EXPECT_THAT(request.output, StartsWith("error: "));
  EXPECT_THAT(request.output, HasSubstr("--help shows what it takes, with examples\n"));
  return request.output;
}

constexpr const char* session = "4711@2026-11-22T05:02:22.123456Z";

TEST(DoctorRequest, Defaults) {
  const DoctorRequest request = parse_doctor({});
  EXPECT_TRUE(request.urls.empty());
  EXPECT_EQ(request.watch, 0s);
  EXPECT_EQ(request.interval, 1s);
  EXPECT_EQ(request.fail_on, model::Severity::warning);
  EXPECT_FALSE(request.allow_incomplete);
  EXPECT_EQ(request.common.timeout, 10s);
  EXPECT_FALSE(request.common.json);
  EXPECT_EQ(request.common.colour, Colour::automatic);
  EXPECT_EQ(request.common.limits.min_idle, 10s);
  EXPECT_EQ(request.common.limit_arguments, "");
}

TEST(DoctorRequest, EveryOption) {
  const DoctorRequest request =
      parse_doctor({"--for", "30s", "--interval=500ms", "--fail-on", "critical", "--allow-incomplete", "--timeout",
                    "3s", "--json", "--color", "always", "postgresql://one/db", "service=two"});
  EXPECT_THAT(request.urls, ElementsAre("postgresql://one/db", "service=two"));
  EXPECT_EQ(request.watch, 30s);
  EXPECT_EQ(request.interval, 500ms);
  EXPECT_EQ(request.fail_on, model::Severity::critical);
  EXPECT_TRUE(request.allow_incomplete);
  EXPECT_EQ(request.common.timeout, 3s);
  EXPECT_TRUE(request.common.json);
  EXPECT_EQ(request.common.colour, Colour::always);
}

TEST(DoctorRequest, EveryLimitIsRepeatedInCommandsThatSeeTheSame) {
  const DoctorRequest request = parse_doctor({"--min-idle", "90s", "--max-age", "1h", "--min-wait", "0",
                                              "--max-prepared-age", "2min", "--max-horizon", "1000"});
  EXPECT_EQ(request.common.limits.min_idle, 90s);
  EXPECT_EQ(request.common.limits.max_age, 1h);
  EXPECT_EQ(request.common.limits.min_wait, 0s);
  EXPECT_EQ(request.common.limits.max_prepared_age, 2min);
  EXPECT_EQ(request.common.limits.max_horizon, 1000);
  EXPECT_EQ(request.common.limit_arguments,
            "--min-idle 1m30s --max-age 1h --min-wait 0 --max-prepared-age 2m --max-horizon 1000");
}

TEST(DoctorRequest, LimitsGivenAsTheyAreByDefaultNeedNoRepeating) {
  EXPECT_EQ(parse_doctor({"--min-idle", "10000ms", "--max-age", "5m"}).common.limit_arguments, "");
  EXPECT_EQ(parse_doctor({"--min-idle", "10s", "--max-age", "6m"}).common.limit_arguments, "--max-age 6m");
}

TEST(DoctorRequest, FailOn) {
  EXPECT_EQ(parse_doctor({"--fail-on", "notice"}).fail_on, model::Severity::notice);
  EXPECT_EQ(parse_doctor({"--fail-on", "warning"}).fail_on, model::Severity::warning);
  EXPECT_EQ(parse_doctor({"--fail-on", "never"}).fail_on, std::nullopt);
}

TEST(DoctorRequest, Colour) {
  EXPECT_EQ(parse_doctor({"--color", "never"}).common.colour, Colour::never);
  EXPECT_EQ(parse_doctor({"--color", "auto"}).common.colour, Colour::automatic);
}

TEST(KillRequest, ByFindingIsADryRunByDefault) {
  const KillRequest request = parse_kill({"postgresql://one/db", "--finding", "idle-transaction-3f2a9c1b"});
  EXPECT_EQ(request.url, "postgresql://one/db");
  EXPECT_EQ(request.action.finding, model::FindingId("idle-transaction-3f2a9c1b"));
  EXPECT_FALSE(request.action.session);
  EXPECT_TRUE(request.action.dry_run);
  EXPECT_EQ(request.action.action, model::Action::terminate);
  EXPECT_FALSE(request.action.include_superusers);
  EXPECT_EQ(request.action.timeout, 10s);
}

TEST(KillRequest, EveryOption) {
  const KillRequest request = parse_kill({"--session", session, "--yes", "--cancel", "--include-superusers", "--audit",
                                          "/somewhere/audit", "--timeout", "3s", "--min-idle", "2s", "--json"});
  EXPECT_EQ(request.url, "");
  ASSERT_TRUE(request.action.session);
  EXPECT_EQ(to_string(*request.action.session), session);
  EXPECT_FALSE(request.action.finding);
  EXPECT_FALSE(request.action.dry_run);
  EXPECT_EQ(request.action.action, model::Action::cancel);
  EXPECT_TRUE(request.action.include_superusers);
  EXPECT_EQ(request.action.audit, "/somewhere/audit");
  EXPECT_EQ(request.action.timeout, 3s);
  EXPECT_EQ(request.common.limits.min_idle, 2s);
  EXPECT_EQ(request.common.limit_arguments, "--min-idle 2s");
  EXPECT_TRUE(request.common.json);
}

TEST(KillRequest, TheAuditGoesWhereStateGoes) {
  lockkeeper::testing::EnvironmentVariables variables;
  variables.set("HOME", "/users/somebody");
  variables.set("XDG_STATE_HOME", "");
  EXPECT_EQ(parse_kill({"--finding", "x"}).action.audit, "/users/somebody/.local/state/lockkeeper/audit.jsonl");
  variables.set("XDG_STATE_HOME", "/state");
  EXPECT_EQ(parse_kill({"--finding", "x"}).action.audit, "/state/lockkeeper/audit.jsonl");
}

TEST(WrongRequest, UnknownOptionsAndCommandsNameTheNearest) {
  EXPECT_THAT(complaint({"doctor", "--min-idel", "3s"}),
              HasSubstr("there is no option --min-idel; did you mean --min-idle?\n"));
  EXPECT_THAT(complaint({"doctor", "--min-idel=3s"}), HasSubstr("did you mean --min-idle?"));
  EXPECT_THAT(complaint({"kill", "--finding", "x", "--ja"}), HasSubstr("there is no option --ja\n"));
  EXPECT_THAT(complaint({"doctor", "-x"}), HasSubstr("there is no option -x\n"));
  EXPECT_THAT(complaint({"doctr"}), HasSubstr("there is no command doctr; did you mean doctor?\n"));
  EXPECT_THAT(complaint({"status"}), HasSubstr("there is no command status\n"));
}

TEST(WrongRequest, TheHelpNamedIsTheOneThatHelps) {
  EXPECT_THAT(complaint({"kill"}), HasSubstr("lockkeeper kill --help"));
  EXPECT_THAT(complaint({"doctor", "--nothing"}), HasSubstr("lockkeeper doctor --help"));
  EXPECT_THAT(complaint({}), HasSubstr("       lockkeeper --help"));
}

TEST(WrongRequest, NoCommandSaysWhichThereAre) {
  EXPECT_THAT(complaint({}), HasSubstr("no command given: demo shows what it is all about, doctor looks at a server, "
                                       "top goes on looking, kill acts on what it found"));
  EXPECT_THAT(
      complaint({"--json", "doctor"}),
      HasSubstr("--json comes after a command: doctor, top, kill, run, test, advise, dump, replay, history, demo"));
}

TEST(WrongRequest, ValuesSayWhatIsWrongAndHowToWriteThem) {
  for (const char* option : {"--min-idle", "--max-age", "--min-wait", "--max-prepared-age", "--timeout"}) {
    const std::string text = complaint({"doctor", option, "3"});
    EXPECT_THAT(text, HasSubstr(std::string(option) + ": \"3\" has no unit; write it like 500ms"));
  }
  EXPECT_THAT(complaint({"doctor", "--for", "soon"}), HasSubstr("--for: \"soon\" is no duration"));
  EXPECT_THAT(complaint({"doctor", "--interval", "0"}), HasSubstr("--interval: must be longer than 0"));
  EXPECT_THAT(complaint({"kill", "--finding", "x", "--timeout", "0s"}), HasSubstr("--timeout: must be longer than 0"));
  EXPECT_THAT(complaint({"doctor", "--timeout"}), HasSubstr("error: --timeout needs a value\n"));
  EXPECT_THAT(complaint({"doctor", "--fail-on", "bad"}),
              HasSubstr("\"bad\" is none of notice, warning, critical, never"));
  EXPECT_THAT(complaint({"doctor", "--color", "blue"}), HasSubstr("\"blue\" is none of auto, always, never"));
  for (const char* count : {"0", "-1", "many", "1e6", "5k", "99999999999999999999"}) {
    EXPECT_THAT(complaint({"doctor", "--max-horizon", count}), HasSubstr("is no count of transactions")) << count;
  }
}

TEST(WrongRequest, KillWantsExactlyOneOfFindingAndSession) {
  EXPECT_THAT(complaint({"kill", "postgresql://one/db", "--yes"}), HasSubstr("kill whom? Give --finding ID"));
  EXPECT_THAT(complaint({"kill", "--finding", "x", "--session", session}),
              HasSubstr("give either --finding or --session, not both"));
  EXPECT_THAT(complaint({"kill", "one", "two", "--finding", "x"}), HasSubstr("two is one too many: give one URL"));
  EXPECT_THAT(complaint({"kill", "--finding", "x", "--finding", "y"}), HasSubstr("--finding"));
}

TEST(KillRequest, ASessionsStartMayBeLeftOutWhereTheServerAllowsIt) {
  EXPECT_EQ(parse_kill({"--session", "4711"}).action.session, (model::SessionId{4711, {}}));
}

TEST(KillRequest, RowsToRollBackAreLimited) {
  EXPECT_EQ(parse_kill({"--finding", "x"}).action.max_rollback_rows, 1'000'000);
  EXPECT_EQ(parse_kill({"--finding", "x", "--max-rollback-rows", "5"}).action.max_rollback_rows, 5);
  for (const char* text : {"0", "-1", "many", "1e6", ""})
    EXPECT_THAT(complaint({"kill", "--finding", "x", "--max-rollback-rows", text}), HasSubstr("is no count of rows"));
}

TEST(WrongRequest, ASessionIsItsPidAndStart) {
  for (const char* text : {"4711@", "@2026-11-22T05:02:22Z", "x@2026-11-22T05:02:22Z", "4711@today", "0", "-4",
                           "0@2026-11-22T05:02:22Z", "-4@2026-11-22T05:02:22Z", "4711@2026-13-22T05:02:22Z", ""}) {
    EXPECT_THAT(complaint({"kill", "--session", text}), HasSubstr("is not PID@START, as in 4711@2026-11-22")) << text;
  }
}

TEST(Help, HasUsageOptionsAndExamples) {
  for (const std::string command : {"doctor", "kill"}) {
    const Request request = parse({command.c_str(), "--help"});
    EXPECT_EQ(request.exit_status, Status::nothing_found);
    EXPECT_THAT(request.output, HasSubstr("Usage: lockkeeper " + command + " [OPTIONS]"));
    EXPECT_THAT(request.output, HasSubstr("Examples:\n  lockkeeper " + command + " postgresql://"));
    EXPECT_THAT(request.output, HasSubstr("--min-idle DURATION"));
    EXPECT_THAT(request.output, HasSubstr("[default: 10s]"));
    EXPECT_THAT(request.output, Not(HasSubstr("->"))) << "no map of the parser's own";
  }
  const Request main = parse({"--help"});
  EXPECT_EQ(main.exit_status, Status::nothing_found);
  EXPECT_THAT(main.output, HasSubstr("lockkeeper doctor postgresql://postgres@localhost/postgres"));
  EXPECT_THAT(main.output, HasSubstr("Exit status: 0"));
}

// The examples of the help are command lines that work.
TEST(Help, EveryExampleIsUnderstood) {
  for (const char* command : {"doctor", "kill", "run"}) {
    const std::string text = parse({command, "--help"}).output;
    std::size_t examples = 0;
    for (auto at = text.find("Examples:"); (at = text.find("\n  ", at)) != std::string::npos; ++at) {
      const std::string line = text.substr(at + 3, text.find('\n', at + 3) - at - 3);
      std::istringstream stream(
          line.substr(line.find("lockkeeper ") + 11, line.find("    ") - line.find("lockkeeper ") - 11));
      std::vector<std::string> words;
      for (std::string word; stream >> word && word != "|";) words.push_back(word);
      std::vector<const char*> pointers;
      for (const auto& word : words) pointers.push_back(word.c_str());
      EXPECT_FALSE(parse(pointers).exit_status) << line;
      ++examples;
    }
    EXPECT_GE(examples, 3U) << command;
  }
}

TEST(Version, IsOneLine) {
  const Request request = parse({"--version"});
  EXPECT_EQ(request.exit_status, Status::nothing_found);
  EXPECT_THAT(request.output, ::testing::MatchesRegex("lockkeeper [0-9]+\\.[0-9]+\\.[0-9]+\n"));
}

TEST(RunRequest, LooksAtTheServerUnlessToldNotTo) {
  EXPECT_TRUE(parse({"run", "postgresql://h/d"}).run.value().look);
  EXPECT_FALSE(parse({"run", "postgresql://h/d", "--no-look"}).run.value().look);
}

TEST(RunRequest, ClientsAndConsoleHaveTheirAddresses) {
  const RunRequest request =
      parse({"run", "mysql://h/d", "--listen", "a:1", "--console", "b:2", "--listen", "c:3", "--console", "d:4"})
          .run.value();
  EXPECT_EQ(request.url, "mysql://h/d");
  EXPECT_THAT(request.listen, ElementsAre("a:1", "c:3"));
  EXPECT_THAT(request.console, ElementsAre("b:2", "d:4"));
  EXPECT_THAT(complaint({"run", "mysql://h", "--consol", "b:2"}), HasSubstr("did you mean --console?"));
}

TEST(DoctorRequest, LogsOfApplications) {
  const DoctorRequest request = parse({"doctor", "--app-log", "shop=/var/log/shop.log", "postgresql://h", "--app-log",
                                       "./a=b.log", "--app-log=-"})
                                    .doctor.value();
  EXPECT_THAT(request.urls, ElementsAre("postgresql://h"));
  ASSERT_EQ(request.app_logs.size(), 3U);
  EXPECT_EQ(request.app_logs[0].application, "shop");
  EXPECT_EQ(request.app_logs[0].file, "/var/log/shop.log");
  EXPECT_EQ(request.app_logs[1].application, "") << "a / is no part of a name";
  EXPECT_EQ(request.app_logs[1].file, "./a=b.log");
  EXPECT_EQ(request.app_logs[2].file, "-");
  EXPECT_EQ(request.common.limit_arguments, "--app-log 'shop=/var/log/shop.log' --app-log './a=b.log' --app-log '-'");
  EXPECT_EQ(app_log_arguments({{"it's", "x"}}), "--app-log 'it'\\''s=x'");
  EXPECT_THAT(complaint({"doctor", "--app-log", "shop="}), HasSubstr("names no file"));
  EXPECT_THAT(complaint({"run", "postgresql://h", "--app-log", "-"}), HasSubstr("cannot be followed"));
}

TEST(DumpRequest, UrlAndTimeout) {
  const DumpRequest request = parse({"dump", "postgresql://h/pgbouncer", "--timeout", "3s"}).dump.value();
  EXPECT_EQ(request.url, "postgresql://h/pgbouncer");
  EXPECT_EQ(request.timeout, 3s);
}

TEST(ReplayRequest, AFileAndTheDoctorsLimits) {
  const ReplayRequest request = parse({"replay", "-", "--min-idle", "2s", "--fail-on", "critical"}).replay.value();
  EXPECT_EQ(request.file, "-");
  EXPECT_EQ(request.common.limits.min_idle, 2s);
  EXPECT_EQ(request.common.limit_arguments, "--min-idle 2s");
  EXPECT_EQ(request.fail_on, model::Severity::critical);
  EXPECT_THAT(complaint({"replay"}), HasSubstr("FILE"));
  EXPECT_THAT(complaint({"replay", "a", "b"}), HasSubstr("b is one too many"));
}

}  // namespace
}  // namespace lockkeeper::cli
