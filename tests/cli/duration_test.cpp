#include "cli/duration.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace lockkeeper::cli {
namespace {

using std::chrono::milliseconds;

TEST(ParseDuration, ReadsWhatPeopleWrite) {
  struct Case {
    std::string text;
    milliseconds expected;
  };
  const std::vector<Case> cases{
      {"0", milliseconds(0)},
      {"0s", milliseconds(0)},
      {"1ms", milliseconds(1)},
      {"500ms", milliseconds(500)},
      {"10s", milliseconds(10'000)},
      {"2m", milliseconds(120'000)},
      {"2min", milliseconds(120'000)},
      {"3h", milliseconds(10'800'000)},
      {"1d", milliseconds(86'400'000)},
      {"1h30m", milliseconds(5'400'000)},
      {"1h30min", milliseconds(5'400'000)},
      {"1d2h3m4s5ms", milliseconds(93'784'005)},
      {"007s", milliseconds(7'000)},
      {"90s30s", milliseconds(120'000)},
      {"3650d", std::chrono::days(3650)},
  };
  for (const auto& [text, expected] : cases) {
    const auto parsed = parse_duration(text);
    ASSERT_TRUE(parsed) << text << ": " << parsed.error();
    EXPECT_EQ(*parsed, expected) << text;
  }
}

TEST(ParseDuration, SaysWhatIsWrongAndHowToWriteIt) {
  struct Case {
    std::string text;
    std::string complaint;
  };
  const std::vector<Case> cases{
      {"", "is no duration"},
      {"s", "is no duration"},
      {"-1s", "is no duration"},
      {"+1s", "is no duration"},
      {"1.5s", "has an unknown unit"},
      {" 1s", "is no duration"},
      {"1s ", "is no duration"},
      {"1 s", "has an unknown unit"},
      {"10", "has no unit"},
      {"1m30", "has no unit"},
      {"1us", "has an unknown unit"},
      {"1week", "has an unknown unit"},
      {"1S", "has an unknown unit"},
      {"3651d", "is too long"},
      {"3650d1ms", "is too long"},
      {"99999999999999999999s", "is too long"},
      {"9223372036854775807d", "is too long"},
  };
  for (const auto& [text, complaint] : cases) {
    const auto parsed = parse_duration(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error(), "\"" + text + "\" " + complaint + "; write it like 500ms, 10s, 2min, 1h30m or 1d");
  }
}

TEST(WriteDuration, IsShort) {
  EXPECT_EQ(write_duration(milliseconds(0)), "0");
  EXPECT_EQ(write_duration(milliseconds(90'000)), "1m30s");
  EXPECT_EQ(write_duration(std::chrono::hours(25)), "1d1h");
  EXPECT_EQ(write_duration(milliseconds(1'001)), "1s1ms");
  EXPECT_EQ(write_duration(std::chrono::microseconds(1'999)), "1ms");
}

RC_GTEST_PROP(WriteDuration, IsReadBackAsTheSame, ()) {
  constexpr std::int64_t ten_years = 3650LL * 86'400'000;
  const milliseconds duration(*rc::gen::inRange<std::int64_t>(0, ten_years + 1));
  const auto parsed = parse_duration(write_duration(duration));
  RC_ASSERT(parsed.has_value());
  const bool same = parsed.value() == duration;
  RC_ASSERT(same);
}

RC_GTEST_PROP(ParseDuration, TakesAnyBytesWithoutHarm, (const std::string& bytes)) {
  const auto parsed = parse_duration(bytes);
  if (parsed) {
    RC_ASSERT(*parsed >= milliseconds(0));
    const bool same = parse_duration(write_duration(*parsed)) == parsed;
    RC_ASSERT(same);
  } else {
    RC_ASSERT(!parsed.error().empty());
  }
}

}  // namespace
}  // namespace lockkeeper::cli
