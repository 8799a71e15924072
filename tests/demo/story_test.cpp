#include "demo/story.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <sstream>

namespace lockkeeper::demo {
namespace {

std::string told(const std::function<void(Story&)>& tell, report::Options options = {}) {
  std::ostringstream out;
  Story story(out, std::move(options));
  tell(story);
  return out.str();
}

TEST(Story, HeadingStandsAlone) {
  EXPECT_EQ(told([](Story& story) { story.heading("1. webhook", "a mistake"); }), "\n1. webhook  a mistake\n\n");
}

TEST(Story, WrapsWhatIsSaidUnderItsBeginning) {
  report::Options narrow;
  narrow.width = 24;
  EXPECT_EQ(told([](Story& story) { story.note("six webhooks have been answered"); }, narrow),
            "  - six webhooks have been\n    answered\n");
}

TEST(Story, QuotesLineByLineAndPrintsNothingThatATerminalWouldObey) {
  EXPECT_EQ(told([](Story& story) { story.quote("one\n  two\x1b[2J"); }).find('\x1b'), std::string::npos);
  const std::string quoted = told([](Story& story) { story.quote("one\ntwo"); });
  EXPECT_EQ(quoted, "    > one\n    > two\n");
  EXPECT_EQ(told([](Story& story) { story.quote("  indented\n"); }), "    >   indented\n");
}

TEST(Story, VerdictSaysWhetherItHolds) {
  EXPECT_EQ(told([](Story& story) { story.verdict("found", true, "all six"); }), "  + found: all six\n");
  EXPECT_EQ(told([](Story& story) { story.verdict("found", false, "two of six"); }), "  ! found: two of six\n");
}

TEST(Story, CommandIsNeverWrapped) {
  report::Options narrow;
  narrow.width = 20;
  const std::string command = "lockkeeper kill postgresql://shop@127.0.0.1:5432/shop --yes";
  EXPECT_EQ(told([&](Story& story) { story.command(command); }, narrow), "\n$ " + command + "\n");
}

}  // namespace
}  // namespace lockkeeper::demo
