// What the doctor says about a server, end to end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "cli/scene.hpp"

namespace lockkeeper::testing {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

class Doctor : public ::testing::TestWithParam<PostgresVersion> {
 protected:
  Scene scene{shared_server(GetParam().major)};

  Finished look(const std::vector<std::string>& arguments) {
    return lockkeeper(std::vector<std::string>{"doctor", scene.url()} + arguments);
  }
};

// The one line of text that starts with `lead` (spaces apart), without it.
std::string line_after(const std::string& text, const std::string& lead) {
  const auto at = text.find(lead);
  if (at == std::string::npos) return "";
  const auto start = text.find_first_not_of(' ', at + lead.size());
  return text.substr(start, text.find('\n', start) - start);
}

TEST_P(Doctor, AHealthyServerGetsOneLine) {
  scene.session().exec("SELECT 1");
  const Finished result = look({});
  EXPECT_EQ(result.status, 0) << result;
  EXPECT_EQ(std::ranges::count(result.out, '\n'), 1);
  EXPECT_THAT(result.out, MatchesRegex("healthy: PostgreSQL " + std::to_string(GetParam().major) +
                                       ".* at 127\\.0\\.0\\.1:[0-9]+: 2 client sessions \\(0 active, .*\\)\n"));
  EXPECT_EQ(result.error, "");
}

TEST_P(Doctor, AHealthyServerIsOneCompleteObjectInJson) {
  const auto report = parse_line(look({"--json"}).out);
  EXPECT_EQ(report.at("version"), 1);
  EXPECT_EQ(report.at("complete"), true);
  EXPECT_EQ(report.at("looks"), 1);
  EXPECT_TRUE(report.at("findings").as_array().empty());
  EXPECT_TRUE(report.at("error").is_null());
}

TEST_P(Doctor, AYoungTransactionIsNoFinding) {
  scene.leak(1);
  const Finished result = look({});
  EXPECT_EQ(result.status, 0) << result;
  EXPECT_THAT(result.out, HasSubstr("1 idle in transaction"));
}

TEST_P(Doctor, ALeakIsAFindingWithItsStatementAndACommandThatResolvesIt) {
  Session& leaked = scene.leak(1);
  Session& neighbour = scene.session();
  const Finished result = look({"--min-idle", "0"});
  EXPECT_EQ(result.status, 1) << result;
  EXPECT_THAT(result.out, ContainsRegex("warning\\[idle-transaction\\]: 1 transaction of .*checkout"));
  EXPECT_THAT(result.out, ContainsRegex("last statement +UPDATE orders SET state = .* WHERE id = "));
  EXPECT_THAT(result.all(), Not(HasSubstr("top-secret"))) << "a literal";
  EXPECT_THAT(result.out, HasSubstr(scene.id_of(leaked)));
  const std::string command = line_after(result.out, "= resolve:");
  EXPECT_THAT(command, HasSubstr("--min-idle 0 --yes")) << "or it would not find what we found";

  const Finished resolved = shell(command);
  EXPECT_EQ(resolved.status, 0) << command << resolved;
  EXPECT_FALSE(scene.exists(leaked));
  EXPECT_TRUE(scene.exists(neighbour));
  EXPECT_EQ(look({"--min-idle", "0"}).status, 0);
}

TEST_P(Doctor, WhoWaitsIsFoundWithTheRoot) {
  Session& root = scene.leak(1);
  Session& waiter = scene.waiter(1);
  const auto report = look_closely(scene.url());
  const auto blocker = finding_of(report, "root-blocker");
  EXPECT_EQ(blocker.at("subjects").at(0).at("pid"), root.pid());
  const auto& tree = blocker.at("evidence").at("wait_tree").as_array();
  ASSERT_EQ(tree.size(), 2U);
  EXPECT_EQ(tree[1].at("pid"), waiter.pid());
  EXPECT_EQ(report.at("sessions").at("waiting"), 1);
}

TEST_P(Doctor, TheExitStatusFollowsFailOn) {
  scene.leak(1);
  EXPECT_EQ(look({"--min-idle", "0"}).status, 1);
  EXPECT_EQ(look({"--min-idle", "0", "--fail-on", "notice"}).status, 1);
  EXPECT_EQ(look({"--min-idle", "0", "--fail-on", "critical"}).status, 0);
  const Finished never = look({"--min-idle", "0", "--fail-on", "never"});
  EXPECT_EQ(never.status, 0);
  EXPECT_THAT(never.out, HasSubstr("idle-transaction")) << "still reported";
  EXPECT_EQ(look({"--min-idle", "1d"}).status, 0);
}

TEST_P(Doctor, TheSameTroubleKeepsItsId) {
  scene.leak(1);
  const std::string first = find_id(scene.url());
  scene.leak(2);
  EXPECT_EQ(find_id(scene.url()), first);
}

INSTANTIATE_TEST_SUITE_P(Installed, Doctor, ::testing::ValuesIn(installed_postgres()),
                         [](const auto& instance) { return instance.param.label; });

TEST(DoctorOfSeveral, OneDeadServerHidesNoFindingOfTheLiving) {
  Scene scene;
  scene.leak(1);
  const std::string dead = "postgresql://postgres@127.0.0.1:1/postgres";
  const Finished text = lockkeeper({"doctor", dead, scene.url(), "--min-idle", "0"});
  EXPECT_EQ(text.status, 3) << text;
  EXPECT_THAT(text.out, HasSubstr("warning[idle-transaction]"));
  EXPECT_THAT(text.error, HasSubstr("error: " + dead));
  const Finished json = lockkeeper({"doctor", dead, scene.url(), "--min-idle", "0", "--json"});
  EXPECT_EQ(json.status, 3) << json;
  const auto second = json.out.find('\n') + 1;
  EXPECT_EQ(parse_line(json.out.substr(0, second)).at("error").at("code"), "unreachable");
  EXPECT_EQ(string_of(parse_line(json.out.substr(second)).at("url")), scene.url());
}

TEST(DoctorOfSeveral, TheWorstStatusWins) {
  Scene scene;
  EXPECT_EQ(lockkeeper({"doctor", scene.url(), scene.url()}).status, 0);
  EXPECT_EQ(lockkeeper({"doctor", scene.url(), "postgresql://u@127.0.0.1:notaport/x"}).status, 2);
}

}  // namespace
}  // namespace lockkeeper::testing
