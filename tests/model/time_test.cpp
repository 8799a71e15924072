#include "model/time.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace lockkeeper::model {
namespace {

using namespace std::chrono;

WallTime at(int year_number, unsigned month_number, unsigned day_number, Duration since_midnight) {
  return WallTime(sys_days(year(year_number) / month(month_number) / day(day_number))) + since_midnight;
}

const WallTime example = at(2026, 11, 22, hours(5) + minutes(2) + seconds(22) + microseconds(123456));

TEST(Time, IsWrittenInUtcWithMicroseconds) {
  EXPECT_EQ(to_rfc3339(example), "2026-11-22T05:02:22.123456Z");
  EXPECT_EQ(to_rfc3339(WallTime{}), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(to_rfc3339(WallTime(microseconds(-1))), "1969-12-31T23:59:59.999999Z");
  EXPECT_EQ(to_rfc3339(at(2028, 2, 29, hours(23))), "2028-02-29T23:00:00.000000Z");
}

TEST(Time, PostgresAndRfc3339FormsAreRead) {
  struct Case {
    const char* text;
    WallTime expected;
  };
  const Case cases[] = {
      {"2026-11-22T05:02:22.123456Z", example},
      {"2026-11-22 05:02:22.123456+00", example},
      {"2026-11-22 10:32:22.123456+05:30", example},
      {"2026-11-22 02:02:22.123456-03", example},
      {"2026-11-21 19:32:22.123456-09:30", example},
      {"2026-11-22T06:02:22.123456+01:00", example},
      {"2026-11-22 05:02:22.123456789+00", example},  // what is below a microsecond is cut off
      {"2026-11-22 05:02:22+00", floor<seconds>(example)},
      {"2026-11-22 05:02:22.5+00", floor<seconds>(example) + milliseconds(500)},
      {"2026-11-22 05:02:22.05+00", floor<seconds>(example) + milliseconds(50)},
      {"2027-01-01 00:15:00+05:45", at(2026, 12, 31, hours(18) + minutes(30))},
      {"2028-02-29 00:00:00+00", at(2028, 2, 29, {})},
      {"1999-12-31 23:59:60+00", at(2000, 1, 1, {})},  // a leap second
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(parse_time(text), expected) << text;
}

TEST(Time, NonsenseIsRejected) {
  for (const char* text :
       {"", "now", "infinity", "2026-11-22", "2026-11-22 05:02:22", "2026-11-22 05:02+00", "2026-11-22 05:02:22.+00",
        "2026-11-22 05:02:22.1", "2026-13-01 00:00:00Z", "2026-00-01 00:00:00Z", "2026-02-29 00:00:00Z",
        "2026-11-31 00:00:00Z", "2026-11-22 24:00:00Z", "2026-11-22 05:60:00Z", "2026-11-22 05:02:61Z",
        "2026-11-22 05:02:22Z ", " 2026-11-22 05:02:22Z", "2026-11-22 05:02:22ZZ", "2026-11-22X05:02:22Z",
        "2026/11/22 05:02:22Z", "2026-11-22 05.02.22Z", "26-11-22 05:02:22Z", "22026-11-22 05:02:22Z",
        "2026-11-22 05:02:22+0", "2026-11-22 05:02:22+5:30", "2026-11-22 05:02:22+05:3", "2026-11-22 05:02:22+24",
        "2026-11-22 05:02:22+05:60", "2026-11-22 05:02:22+05:30:15", "2026-11-22 05:02:22+00 BC",
        // Signs are no digits.
        "-026-11-22 05:02:22Z", "2026--1-22 05:02:22Z", "2026-11-22 -5:02:22Z", "2026-11-22 05:-2:22Z",
        "2026-11-22 05:02:-2Z", "2026-11-22 05:02:22+-5", "2026-11-22 +5:02:22Z"}) {
    EXPECT_EQ(parse_time(text), std::nullopt) << text;
  }
  EXPECT_EQ(parse_time(std::string_view("2026-11-22T05:02:22Z\0", 21)), std::nullopt);
}

TEST(TimeProperty, WhatIsWrittenIsReadBack) {
  EXPECT_TRUE(rc::check([] {
    const auto first = at(1, 1, 1, {}).time_since_epoch().count();
    const auto last = at(9999, 12, 31, hours(24) - microseconds(1)).time_since_epoch().count();
    const WallTime time(microseconds(*rc::gen::inRange(first, last)));
    const std::string text = to_rfc3339(time);
    RC_ASSERT(text.size() == std::string_view("2026-11-22T05:02:22.123456Z").size());
    RC_ASSERT(parse_time(text) == time);
  }));
}

TEST(TimeProperty, ReadingAnyTextEndsAndCutTextsAreNotTimes) {
  EXPECT_TRUE(rc::check([] {
    static_cast<void>(parse_time(*rc::gen::arbitrary<std::string>()));
    const std::string whole = "2026-11-22 05:02:22.123456+05:30";
    const auto length = *rc::gen::inRange<std::size_t>(0, whole.size());
    const std::string_view cut = std::string_view(whole).substr(0, length);
    // The one shorter text that is a time: +05 instead of +05:30.
    RC_ASSERT(parse_time(cut).has_value() == cut.ends_with("+05"));
  }));
}

TEST(Time, ForPeopleHasTwoUnitsAtMost) {
  struct Case {
    Duration duration;
    const char* expected;
  };
  const Case cases[] = {
      {Duration(-5), "0 ms"},
      {Duration(0), "0 ms"},
      {microseconds(999), "0 ms"},
      {milliseconds(350), "350 ms"},
      {milliseconds(999), "999 ms"},
      {seconds(1), "1 s"},
      {milliseconds(12345), "12.3 s"},
      {milliseconds(59999), "59.9 s"},
      {seconds(60), "1 min"},
      {seconds(125), "2 min 5 s"},
      {minutes(59) + seconds(59), "59 min 59 s"},
      {hours(1), "1 h"},
      {hours(1) + seconds(59), "1 h"},
      {hours(2) + minutes(14) + seconds(50), "2 h 14 min"},
      {hours(24), "1 d"},
      {hours(24) + minutes(59), "1 d"},
      {hours(76), "3 d 4 h"},
      {hours(24 * 400), "400 d"},
  };
  for (const auto& [duration, expected] : cases) EXPECT_EQ(to_human(duration), expected) << duration.count();
}

}  // namespace
}  // namespace lockkeeper::model
