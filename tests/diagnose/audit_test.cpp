// The audit: an intent before and an outcome after every action, and no action without it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "diagnose/kill.hpp"

namespace lockkeeper::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST(Audit, SaysWhoDidWhatToWhomWhyAndHowItEnded) {
  Scene scene;
  Session& leaked = scene.leak(1);
  const auto session = scene.id_of(leaked);
  const auto id = find_id(scene.url());
  const Kill killed = kill(scene.url(), {"--finding", id, "--yes"});
  ASSERT_EQ(killed.audit.size(), 2U);
  const auto& intent = killed.audit[0];
  const auto& outcome = killed.audit[1];
  EXPECT_EQ(intent.at("phase"), "intent");
  EXPECT_FALSE(intent.contains("outcome"));
  EXPECT_EQ(outcome.at("phase"), "outcome");
  EXPECT_EQ(outcome.at("outcome"), "terminated");
  for (const auto& line : killed.audit) {
    EXPECT_EQ(line.at("action"), "terminate");
    EXPECT_EQ(line.at("session"), session.c_str());
    EXPECT_EQ(line.at("finding"), id.c_str());
    EXPECT_EQ(line.at("application"), "checkout");
    EXPECT_EQ(line.at("user"), "app");
    EXPECT_EQ(line.at("role"), "postgres");
    EXPECT_EQ(line.at("wrote"), true);
    EXPECT_FALSE(line.at("actor").as_string().empty());
    EXPECT_THAT(string_of(line.at("why")), HasSubstr("checkout"));
    EXPECT_THAT(string_of(line.at("statement")), HasSubstr("UPDATE orders"));
    EXPECT_THAT(boost::json::serialize(line), Not(HasSubstr("top-secret"))) << "a literal";
  }
}

TEST(Audit, IsAppendedToAndReadableByItsOwnerAlone) {
  Scene scene;
  const TemporaryFolder folder;
  const auto audit = folder.path() / "new" / "folders" / "audit.jsonl";
  for (int round = 1; round <= 2; ++round) {
    scene.leak(round);
    const Finished result = lockkeeper(std::vector<std::string>{"kill", scene.url(), "--finding", find_id(scene.url()),
                                                                "--yes", "--audit", audit.string()} +
                                       no_limits);
    EXPECT_EQ(result.status, 0) << result;
    EXPECT_EQ(read_audit(audit).size(), 2U * static_cast<unsigned>(round));
  }
  EXPECT_EQ(fs::status(audit).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST(Audit, GoesIntoTheStateFolderUnlessToldOtherwise) {
  Scene scene;
  scene.leak(1);
  const TemporaryFolder state;
  const Finished result =
      lockkeeper(std::vector<std::string>{"kill", scene.url(), "--finding", find_id(scene.url()), "--yes"} + no_limits,
                 {{"XDG_STATE_HOME", state.path().string()}});
  EXPECT_EQ(result.status, 0) << result;
  EXPECT_EQ(read_audit(state.path() / "lockkeeper" / "audit.jsonl").size(), 2U);
}

// Without a record nothing is done.
void expect_nothing_done(const std::string& audit, const std::string& words) {
  Scene scene;
  Session& leaked = scene.leak(1);
  const auto arguments =
      std::vector<std::string>{"kill", scene.url(), "--finding", find_id(scene.url()), "--yes", "--audit", audit} +
      no_limits;
  const Finished text = lockkeeper(arguments);
  EXPECT_EQ(text.status, 1) << text;
  EXPECT_THAT(text.error, HasSubstr("error: the audit"));
  EXPECT_THAT(text.error, HasSubstr(words));
  EXPECT_THAT(text.error, HasSubstr("--audit FILE"));
  EXPECT_TRUE(scene.exists(leaked));
  const auto report = parse_line(lockkeeper(arguments + std::vector<std::string>{"--json"}).out);
  EXPECT_EQ(report.at("error").at("code"), "audit");
  EXPECT_NE(report.at("targets").at(0).at("outcome"), "terminated");
  EXPECT_TRUE(scene.exists(leaked));
}

TEST(Audit, AFullDiskMeansNothingWasDone) { expect_nothing_done("/dev/full", "No space left on device"); }
TEST(Audit, AFolderMeansNothingWasDone) { expect_nothing_done("/tmp", "Is a directory"); }
TEST(Audit, AFileInTheWayMeansNothingWasDone) { expect_nothing_done("/dev/null/audit", "Not a directory"); }

TEST(Audit, ADryRunWritesNothingAndNeedsNoFile) {
  Scene scene;
  scene.leak(1);
  const Finished result = lockkeeper(
      std::vector<std::string>{"kill", scene.url(), "--finding", find_id(scene.url()), "--audit", "/dev/null/audit"} +
      no_limits);
  EXPECT_EQ(result.status, 0) << result;
}

TEST(Audit, WhoMayNotBeTouchedIsNotRecordedAsTouched) {
  Scene scene;
  Session& superuser = scene.leak(1, "admin", "postgres");
  const Kill skipped = kill(scene.url(), {"--session", scene.id_of(superuser), "--yes"});
  EXPECT_EQ(skipped.outcome(superuser.pid()), "skipped");
  EXPECT_THAT(skipped.audit, IsEmpty());
}

}  // namespace
}  // namespace lockkeeper::testing
