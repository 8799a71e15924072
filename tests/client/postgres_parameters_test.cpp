// Parameters as PostgreSQL reads them, and its bytea as bytes: without a server.
#include "client/drivers/postgres_parameters.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <string>

#include "client/drivers/postgres_results.hpp"

namespace lockkeeper::client {
namespace {

using std::chrono::microseconds;
using std::chrono::sys_days;
using namespace std::chrono_literals;

std::string text_of(TimePoint time) {
  std::string text;
  append_time(text, time);
  return text;
}

std::string text_of(double number) {
  std::string text;
  append_double(text, number);
  return text;
}

TEST(PostgresTime, IsIsoInUtc) {
  EXPECT_EQ(text_of(TimePoint()), "1970-01-01 00:00:00.000000+00");
  EXPECT_EQ(text_of(TimePoint(microseconds(-1))), "1969-12-31 23:59:59.999999+00");
  EXPECT_EQ(text_of(sys_days(2000y / 2 / 29) + 13h + 5min + 9s + 42us), "2000-02-29 13:05:09.000042+00");
  EXPECT_EQ(text_of(sys_days(1900y / 3 / 1)), "1900-03-01 00:00:00.000000+00");
}

TEST(PostgresTime, HasYearsBeyondFourDigitsAndBeforeTheFirst) {
  EXPECT_EQ(text_of(sys_days(9999y / 12 / 31) + 24h), "10000-01-01 00:00:00.000000+00");
  EXPECT_EQ(text_of(sys_days(32767y / 12 / 31)), "32767-12-31 00:00:00.000000+00");
  EXPECT_EQ(text_of(sys_days(1y / 1 / 1)), "0001-01-01 00:00:00.000000+00");
  EXPECT_EQ(text_of(sys_days(1y / 1 / 1) - 1us), "0001-12-31 23:59:59.999999+00 BC");
  EXPECT_EQ(text_of(sys_days(std::chrono::year(-43) / 3 / 15)), "0044-03-15 00:00:00.000000+00 BC");
  EXPECT_EQ(text_of(TimePoint::max()), "294247-01-10 04:00:54.775807+00");
  EXPECT_EQ(text_of(TimePoint::min()), "290309-12-21 19:59:05.224192+00 BC");
}

TEST(PostgresTime, EveryDayOfManyYearsAsTheCalendarSays) {
  for (auto day = sys_days(1895y / 1 / 1); day < sys_days(2110y / 1 / 1); day += std::chrono::days(1)) {
    const std::chrono::year_month_day date(day);
    std::array<char, 40> expected{};
    std::snprintf(expected.data(), expected.size(), "%04d-%02u-%02u 00:00:00.000000+00", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
    ASSERT_EQ(text_of(TimePoint(day)), expected.data());
  }
}

TEST(PostgresDouble, IsTheShortestThatReadsBack) {
  using Limits = std::numeric_limits<double>;
  EXPECT_EQ(text_of(0.1), "0.1");
  EXPECT_EQ(text_of(1.0), "1");
  EXPECT_EQ(text_of(-0.0), "-0");
  EXPECT_EQ(text_of(Limits::quiet_NaN()), "NaN");
  EXPECT_EQ(text_of(Limits::infinity()), "Infinity");
  EXPECT_EQ(text_of(-Limits::infinity()), "-Infinity");
  for (const double number : {Limits::max(), Limits::lowest(), Limits::min(), Limits::denorm_min(), 1.0 / 3}) {
    EXPECT_EQ(std::strtod(text_of(number).c_str(), nullptr), number);
  }
}

TEST(BoundParameters, AreTextsWithAZeroByteAtTheirEndAndBytesWhereTheyAre) {
  const std::string bytes("a\0b", 3);
  const std::string text = "text and more";
  const std::array<Parameter, 8> parameters{std::nullopt,
                                            true,
                                            -7,
                                            std::string_view(text).substr(0, 4),
                                            std::as_bytes(std::span(bytes)),
                                            BytesView(),
                                            0.5,
                                            std::string_view()};
  BoundParameters bound;
  bound.bind(parameters);
  ASSERT_EQ(bound.count(), 8);
  EXPECT_EQ(bound.values()[0], nullptr);
  EXPECT_STREQ(bound.values()[1], "t");
  EXPECT_STREQ(bound.values()[2], "-7");
  EXPECT_STREQ(bound.values()[3], "text");
  EXPECT_EQ(bound.values()[4], bytes.data());
  EXPECT_EQ(bound.lengths()[4], 3);
  EXPECT_EQ(bound.formats()[4], 1);
  EXPECT_NE(bound.values()[5], nullptr) << "empty bytes are not NULL";
  EXPECT_EQ(bound.lengths()[5], 0);
  EXPECT_STREQ(bound.values()[6], "0.5");
  EXPECT_STREQ(bound.values()[7], "");
  EXPECT_EQ(bound.text(0), std::nullopt);
  EXPECT_EQ(bound.text(3), "text");
  EXPECT_EQ(bound.text(4), std::nullopt);
}

TEST(BoundParameters, AreUsedAgain) {
  BoundParameters bound;
  const std::string big(1'000'000, 'b');
  for (int round = 0; round < 3; ++round) {
    const std::array<Parameter, 3> many{big, round, "c"};
    bound.bind(many);
    EXPECT_TRUE(bound.text(0) == big);
    EXPECT_EQ(bound.text(1), std::to_string(round));
    const Parameter one("d");
    bound.bind({&one, 1});
    ASSERT_EQ(bound.count(), 1);
    EXPECT_EQ(bound.text(0), "d");
    bound.bind({});
    EXPECT_EQ(bound.count(), 0);
  }
}

TEST(PostgresBytes, OfBothForms) {
  EXPECT_EQ(bytes_of("\\x"), "");
  EXPECT_EQ(bytes_of("\\x00ff5cAB"), std::string("\0\xff\\\xab", 4));
  EXPECT_EQ(bytes_of(""), "");
  EXPECT_EQ(bytes_of("plain"), "plain");
  EXPECT_EQ(bytes_of("a\\000\\\\b\\377"), std::string("a\0\\b\xff", 5));
}

}  // namespace
}  // namespace lockkeeper::client
