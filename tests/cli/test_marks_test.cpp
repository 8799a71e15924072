#include "cli/test_marks.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <sstream>
#include <string>

namespace lockkeeper::cli {
namespace {

using testing::SizeIs;

TEST(TestMarks, ReadsWhatReportersWrite) {
  const auto mark = parse_mark("begins 1795945742.5 4711 posts > creates a post");
  ASSERT_TRUE(mark);
  EXPECT_TRUE(mark->begins);
  EXPECT_EQ(model::to_rfc3339(mark->at), "2026-11-29T09:49:02.500000Z");
  EXPECT_EQ(mark->process, 4711);
  EXPECT_EQ(mark->test, "posts > creates a post");
  EXPECT_FALSE(parse_mark("ends 1795945742.5 4711 a")->begins);
}

TEST(TestMarks, TakesNothingElseForOne) {
  for (const char* line : {"", "begins", "begins 1795945742.5 4711", "begins 1795945742.5 4711 ",
                           "begun 1795945742.5 4711 a", "begins 1795945742500 4711 a", "begins nan 4711 a",
                           "begins -1 4711 a", "begins inf 4711 a", "begins 1.5x 4711 a", "begins 1795945742.5 0 a",
                           "begins 1795945742.5 -4 a", "begins 1795945742.5 pid a", "begins  1795945742.5 4711 a"}) {
    EXPECT_FALSE(parse_mark(line)) << line;
  }
  EXPECT_FALSE(parse_mark("begins 1795945742.5 4711 " + std::string(longest_mark, 'a')));
}

TEST(TestMarks, WhatIsNoMarkIsCountedAndCostsNoOther) {
  std::istringstream file("begins 1795945742.5 4711 a\r\n\nnonsense\nends 1795945743.5 4711 a\nbegins 17");
  const TestMarks read = read_marks(file);
  ASSERT_THAT(read.marks, SizeIs(2));
  EXPECT_EQ(read.marks[0].test, "a");
  EXPECT_EQ(read.unreadable, 2U);
}

RC_GTEST_PROP(TestMarks, AnyBytesAreBorne, (const std::string& bytes)) {
  std::istringstream file(bytes);
  RC_ASSERT(read_marks(file).marks.size() <= bytes.size());
}

}  // namespace
}  // namespace lockkeeper::cli
