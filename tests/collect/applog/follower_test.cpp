// Files that grow, are renamed, cut, missing, or not ours to read.
#include "collect/applog/follower.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "collect/applog/app_logs.hpp"
#include "support/servers.hpp"

namespace lockkeeper::collect::applog {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* complaint =
    "ERROR shop - HikariPool-1 - Connection is not available, request timed out after 30000ms.";

// Root may read everything: nobody, as long as this lives, where we are root.
class NotRoot {
 public:
  NotRoot() {
    const auto user = lockkeeper::testing::unprivileged_user();
    EXPECT_TRUE(!user || seteuid(user->uid) == 0);
  }
  NotRoot(const NotRoot&) = delete;
  NotRoot& operator=(const NotRoot&) = delete;
  ~NotRoot() { EXPECT_EQ(seteuid(getuid()), 0); }
};

class Follow : public ::testing::Test {
 protected:
  [[nodiscard]] std::filesystem::path path(const char* name = "shop.log") const { return folder_.path() / name; }
  void append(const std::string& text) const { std::ofstream(path(), std::ios::app) << text; }
  static std::vector<std::string> poll(Follower& follower, std::size_t most = 1 << 20) {
    std::vector<std::string> lines;
    while (follower.poll(most, [&](std::string_view line) { lines.emplace_back(line); })) {
    }
    return lines;
  }

 private:
  testing::TemporaryFolder folder_;
};

TEST_F(Follow, WhatIsThereAlreadyIsNoNews) {
  append("old\nhalf of ");
  Follower follower(path(), Follower::Begin::at_end);
  EXPECT_THAT(poll(follower), IsEmpty());
  append("an old line\nnew\n");
  EXPECT_THAT(poll(follower), ElementsAre("new"));
  EXPECT_TRUE(follower.is_news());
}

TEST_F(Follow, HistoryIsReadWhereItIsAskedFor) {
  append("one\ntwo");
  Follower follower(path(), Follower::Begin::at_history);
  EXPECT_THAT(poll(follower), ElementsAre("one")) << "the second has no end yet";
  append(" and a half\n");
  EXPECT_THAT(poll(follower), ElementsAre("two and a half"));
}

TEST_F(Follow, OfAHugeHistoryOnlyTheEnd) {
  append(std::string(Follower::most_history, 'x') + "\nlast\n");
  Follower follower(path(), Follower::Begin::at_history);
  EXPECT_THAT(poll(follower), ElementsAre("last"));
}

TEST_F(Follow, ARenamedFileIsReadToItsEndFirst) {
  append("one\n");
  Follower follower(path(), Follower::Begin::at_history);
  EXPECT_THAT(poll(follower), ElementsAre("one"));
  append("two\n");
  std::filesystem::rename(path(), path("shop.log.1"));
  append("three\n");
  EXPECT_THAT(poll(follower), ElementsAre("two", "three"));
}

TEST_F(Follow, BetweenTwoFilesTheOldOneIsStillRead) {
  append("one\n");
  Follower follower(path(), Follower::Begin::at_history);
  EXPECT_THAT(poll(follower), ElementsAre("one"));
  std::filesystem::rename(path(), path("shop.log.1"));
  std::ofstream(path("shop.log.1"), std::ios::app) << "late\n";
  EXPECT_THAT(poll(follower), ElementsAre("late"));
  EXPECT_EQ(follower.trouble(), "");
}

TEST_F(Follow, ATruncatedFileBeginsAgain) {
  append("one\nhalf");
  Follower follower(path(), Follower::Begin::at_history);
  EXPECT_THAT(poll(follower), ElementsAre("one"));
  std::filesystem::resize_file(path(), 0);
  append("two\n");
  EXPECT_THAT(poll(follower), ElementsAre("half", "two"));
}

TEST_F(Follow, AFileThatComesLateIsReadWhole) {
  Follower follower(path(), Follower::Begin::at_end);
  EXPECT_THAT(poll(follower), IsEmpty());
  EXPECT_THAT(follower.trouble(), HasSubstr("no such file"));
  append("one\n");
  EXPECT_THAT(poll(follower), ElementsAre("one"));
  EXPECT_EQ(follower.trouble(), "");
}

TEST_F(Follow, WhatMayNotBeReadIsSaid) {
  Follower follower(path("."), Follower::Begin::at_end);
  EXPECT_THAT(poll(follower), IsEmpty());
  EXPECT_THAT(follower.trouble(), HasSubstr("folder"));
  append("one\n");
  chmod(path().c_str(), 0);
  const NotRoot not_root;
  Follower forbidden(path(), Follower::Begin::at_end);
  EXPECT_THAT(poll(forbidden), IsEmpty());
  EXPECT_THAT(forbidden.trouble(), HasSubstr("permissions"));
}

TEST_F(Follow, APipeWithoutAWriterHoldsNobodyUp) {
  ASSERT_EQ(mkfifo(path().c_str(), 0600), 0);
  Follower follower(path(), Follower::Begin::at_end);
  EXPECT_THAT(poll(follower), IsEmpty());
  EXPECT_EQ(follower.trouble(), "");
}

TEST_F(Follow, ALookReadsABoundedNumberOfBytes) {
  for (int line = 0; line < 40'000; ++line) append("0123456789\n");
  Follower follower(path(), Follower::Begin::at_history);
  std::size_t lines = 0;
  EXPECT_TRUE(follower.poll(100'000, [&](std::string_view) { ++lines; }));
  EXPECT_LT(lines, 20'000U);
}

TEST_F(Follow, TheLogsOfTheDaemonTellWhatIsAppended) {
  append(std::string(complaint) + "\n");
  AppLogs logs({{"shop", path()}, {"", path("other.log")}});
  const auto before = logs.look();
  EXPECT_THAT(before->complaints, IsEmpty());
  ASSERT_THAT(before->files, SizeIs(2));
  EXPECT_EQ(before->files[0].trouble, "");
  EXPECT_THAT(before->files[1].trouble, HasSubstr("no such file"));
}

TEST_F(Follow, ADoctorReadsWhatIsThere) {
  append("2026-11-29T10:00:00Z " + std::string(complaint) + "\n2026-11-29T10:00:01Z " + complaint);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  auto logs = AppLogs::read_once({{"shop", path()}}, deadline);
  ASSERT_TRUE(logs) << logs.error();
  const auto told = (*logs)->look();
  ASSERT_THAT(told->complaints, SizeIs(2));
  EXPECT_EQ(told->complaints[1].line_number, 2);
  EXPECT_EQ(told->complaints[0].application, "shop");

  const auto missing = AppLogs::read_once({{"", path("none.log")}}, deadline);
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error(), HasSubstr("none.log"));
}

TEST_F(Follow, WhatLacksATimeIsNoYoungerThanItsFile) {
  append(std::string(complaint) + "\n");
  const auto old = std::filesystem::file_time_type::clock::now() - std::chrono::hours(2);
  std::filesystem::last_write_time(path(), old);
  auto logs = AppLogs::read_once({{"", path()}}, std::chrono::steady_clock::now() + std::chrono::seconds(5));
  ASSERT_TRUE(logs) << logs.error();
  const auto told = (*logs)->look();
  ASSERT_THAT(told->complaints, SizeIs(1));
  EXPECT_EQ(told->complaints[0].time, model::ComplaintTime::unknown);
  EXPECT_LT(told->complaints[0].at, told->taken_at - std::chrono::hours(1));
}

TEST_F(Follow, ComplaintsAreBoundedAndTheOldestGo) {
  std::string text;
  for (int line = 0; line < 300; ++line)
    text +=
        "2026-11-29T10:00:00." + std::to_string(100 + line) + "Z [" + std::to_string(line) + "] " + complaint + "\n";
  append(text);
  auto logs = AppLogs::read_once({{"", path()}}, std::chrono::steady_clock::now() + std::chrono::seconds(5));
  ASSERT_TRUE(logs) << logs.error();
  const auto told = (*logs)->look();
  EXPECT_THAT(told->complaints, SizeIs(model::AppLog::most_complaints));
  EXPECT_EQ(told->dropped, 300 - model::AppLog::most_complaints);
}

}  // namespace
}  // namespace lockkeeper::collect::applog
