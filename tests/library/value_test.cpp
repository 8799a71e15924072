// Cells to values and arguments to parameters, without a database: every form that a server writes, and bad ones.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include <lockkeeper/value.hpp>

#include "library/value_reading.hpp"

namespace lockkeeper::testing {

struct Colour {
  std::string name;
  friend bool operator==(const Colour&, const Colour&) = default;
};

// What a user of the library writes.
struct Percent {
  int value = 0;
};

struct Birthday {
  int year = 0;
};

}  // namespace lockkeeper::testing

template <>
struct lockkeeper::Codec<lockkeeper::testing::Colour> {
  static constexpr std::string_view sql_type = "colour";
  static std::optional<std::string> write(const testing::Colour& colour) {
    if (colour.name.empty()) return std::nullopt;
    return "#" + colour.name;
  }
  static testing::Colour read(std::string_view cell) {
    if (!cell.starts_with('#')) throw unreadable("it does not begin with #");
    return {std::string(cell.substr(1))};
  }
};

template <>
struct lockkeeper::Codec<lockkeeper::testing::Percent> {
  static int write(const testing::Percent& percent) { return percent.value; }
};

template <>
struct lockkeeper::Codec<lockkeeper::testing::Birthday> {
  // Which becomes a text in turn, somewhere.
  static std::optional<std::chrono::sys_days> write(const testing::Birthday& birthday) {
    return std::chrono::year(birthday.year) / 2 / 1;
  }
};

namespace lockkeeper::testing {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using namespace std::string_view_literals;
using std::chrono::sys_days;
using std::chrono::year;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

TimePoint at(sys_days day, std::chrono::microseconds time = 0us) { return day + time; }
sys_days day(int the_year, unsigned month, unsigned the_day) {
  return year(the_year) / static_cast<int>(month) / static_cast<int>(the_day);
}

TEST(Value, ReadsIntegersWithinTheirRange) {
  EXPECT_EQ(read<std::int8_t>("-128"), -128);
  EXPECT_EQ(read<std::uint8_t>("255"), 255);
  EXPECT_EQ(read<std::int64_t>("-9223372036854775808"), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(read<std::uint64_t>("18446744073709551615"), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(read<int>("+7"), 7);
  EXPECT_EQ(refusal<std::int8_t>("128"), "column \"age\", row 1: cannot be read as integer: it is outside -128 to 127");
  EXPECT_THAT(refusal<std::uint16_t>("-1"), HasSubstr("it is outside 0 to 65535"));
  EXPECT_THAT(refusal<std::int64_t>("9223372036854775808"), HasSubstr("it is outside"));
  for (const auto* text : {"", "-", "+", "+-1", "1.0", " 1", "1 ", "0x1", "one", "1e3", "--1"}) {
    EXPECT_THAT(refusal<int>(text), HasSubstr("it is not a whole number")) << text;
    EXPECT_THAT(refusal<unsigned>(text), HasSubstr("it is not a whole number")) << text;
  }
}

TEST(Value, ReadsTruthAsEveryEngineWritesIt) {
  for (const auto text : {"t"sv, "1"sv, "true"sv, "\1"sv}) EXPECT_TRUE(read<bool>(text)) << text;
  for (const auto text : {"f"sv, "0"sv, "false"sv, "\0"sv}) EXPECT_FALSE(read<bool>(text)) << text;
  for (const auto text : {""sv, "2"sv, "yes"sv, "T"sv, "tt"sv}) EXPECT_TRUE(is_refused<bool>(text)) << text;
}

TEST(Value, ReadsFloatingNumbers) {
  EXPECT_EQ(read<double>("-0.1"), -0.1);
  EXPECT_EQ(read<double>("1e300"), 1e300);
  EXPECT_TRUE(std::isnan(read<double>("NaN")));
  EXPECT_EQ(read<double>("Infinity"), std::numeric_limits<double>::infinity());
  EXPECT_EQ(read<float>("-Infinity"), -std::numeric_limits<float>::infinity());
  EXPECT_THAT(refusal<float>("1e300"), HasSubstr("outside the range"));
  for (const auto* text : {"", ".", "1,5", "1.5 ", "nan(", "one"}) EXPECT_TRUE(is_refused<double>(text)) << text;
}

TEST(Value, RefusalsNameColumnRowTypeAndReasonButNeverTheCell) {
  Rows rows;
  rows.set_columns({"id", "salary"});
  for (const auto* cell : {"1", "100", "2", "secret"}) rows.append(cell);
  try {
    static_cast<void>(detail::read_cell<int>(rows, 1, 1, 256));
    FAIL() << "read what is no number";
  } catch (const Failure& failure) {
    EXPECT_STREQ(failure.what(), "column \"salary\", row 258: cannot be read as integer: it is not a whole number");
  }
  EXPECT_THAT(refusal<Decimal>("secret"), Not(HasSubstr("secret")));
  EXPECT_THAT(refusal<TimePoint>("secret"), Not(HasSubstr("secret")));
  EXPECT_THAT(refusal<std::vector<int>>("{secret}"), Not(HasSubstr("secret")));
}

TEST(Value, NullNeedsAnOptional) {
  EXPECT_EQ(read<std::optional<int>>(std::nullopt), std::nullopt);
  EXPECT_EQ(read<std::optional<int>>("3"), 3);
  EXPECT_EQ(read<std::optional<std::string>>(""), "");
  EXPECT_EQ(refusal<std::string>(std::nullopt),
            "column \"age\", row 1: cannot be read as text: it is NULL; read std::optional where NULL is expected");
  EXPECT_TRUE(is_refused<std::optional<int>>("three"));
}

TEST(Value, KeepsTextAndBytesAsTheyAre) {
  EXPECT_EQ(read<std::string>("a\0b"sv), "a\0b"s);
  EXPECT_THAT(read<std::vector<std::byte>>("\x00\xff"sv), ElementsAre(std::byte{0}, std::byte{255}));
}

TEST(Value, ReadsPostgresTimesWithAnyOffset) {
  const TimePoint noon = at(day(2024, 2, 29), 12h);
  EXPECT_EQ(read<TimePoint>("2024-02-29 12:00:00+00"), noon);
  EXPECT_EQ(read<TimePoint>("2024-02-29 17:30:00+05:30"), noon);
  EXPECT_EQ(read<TimePoint>("2024-02-29 17:30:00+0530"), noon);
  EXPECT_EQ(read<TimePoint>("2024-02-28 23:59:59.5-12"), at(day(2024, 2, 29), 11h + 59min + 59s + 500ms));
  EXPECT_EQ(read<TimePoint>("1910-01-01 00:00:00+00:19:32"), at(day(1910, 1, 1)) - (19min + 32s));
  EXPECT_EQ(read<TimePoint>("2024-02-29 12:00:00.000001"), noon + 1us);
  EXPECT_EQ(read<TimePoint>("0044-03-15 10:00:00+00 BC"), at(day(-43, 3, 15), 10h));
  EXPECT_EQ(read<TimePoint>("0001-12-31 BC"), at(day(0, 12, 31)));
  EXPECT_EQ(read<TimePoint>("1969-12-31 23:59:59.999999+00").time_since_epoch(), -1us);
  EXPECT_THAT(refusal<TimePoint>("infinity"), HasSubstr("infinity is no point in time"));
  EXPECT_THAT(refusal<TimePoint>("-infinity"), HasSubstr("infinity is no point in time"));
  EXPECT_THAT(refusal<TimePoint>("Thu Feb 29 12:00:00 2024 UTC"), HasSubstr("set DateStyle to ISO"));
  EXPECT_THAT(refusal<TimePoint>("294277-01-01 00:00:00+00"), HasSubstr("beyond what microseconds"));
  EXPECT_EQ(read<TimePoint>("294247-01-10 04:00:53+00").time_since_epoch(), 9'223'372'036'853s);
}

TEST(Value, ReadsTheOtherEnginesTimes) {
  EXPECT_EQ(read<TimePoint>("2024-02-29 01:02:03"), at(day(2024, 2, 29), 1h + 2min + 3s));
  EXPECT_EQ(read<TimePoint>("2024-02-29 01:02:03.25"), at(day(2024, 2, 29), 1h + 2min + 3s + 250ms));
  EXPECT_EQ(read<TimePoint>("2024-02-29T01:02:03.123Z"), at(day(2024, 2, 29), 1h + 2min + 3s + 123ms));
  EXPECT_EQ(read<TimePoint>("2024-02-29T01:02:03.123456789Z"), at(day(2024, 2, 29), 1h + 2min + 3s + 123'456us));
  EXPECT_EQ(read<TimePoint>("2024-02-29 01:02"), at(day(2024, 2, 29), 1h + 2min));
  EXPECT_EQ(read<sys_days>("2024-02-29"), day(2024, 2, 29));
  EXPECT_EQ(read<sys_days>("2024-02-29 23:59:59"), day(2024, 2, 29));
  EXPECT_THAT(refusal<TimePoint>("0000-00-00 00:00:00"), HasSubstr("a zero date is no day"));
  EXPECT_THAT(refusal<sys_days>("2023-02-29"), HasSubstr("there is no such day"));
  EXPECT_THAT(refusal<sys_days>("2023-13-01"), HasSubstr("there is no such day"));
  for (const auto* text : {"", "2024", "2024-02", "2024-02-29 ", "2024-02-29 24:00:00", "2024-02-29 12:60:00",
                           "2024-02-29 12:00:60", "2024-02-29 12:00:00.", "2024-02-29 12:00:00+", "2024-2-29",
                           "2024-02-29 12:00:00 PM", "12:00:00", "99999999-01-01", "2024-02-29 12:00:00+05:"}) {
    EXPECT_TRUE(is_refused<TimePoint>(text)) << text;
  }
}

TEST(Value, TimesOfAnyDurationAreRoundedDownAndChecked) {
  EXPECT_EQ(read<std::chrono::sys_seconds>("1969-12-31 23:59:59.5"), std::chrono::sys_seconds(-1s));
  EXPECT_EQ(read<std::chrono::system_clock::time_point>("2024-01-01 00:00:00.000001").time_since_epoch() % 1s, 1us);
  EXPECT_THAT(refusal<std::chrono::system_clock::time_point>("2300-01-01"), HasSubstr("outside the range"));
  using ShortSeconds = std::chrono::sys_time<std::chrono::duration<std::int32_t>>;
  EXPECT_EQ(read<ShortSeconds>("2038-01-19 03:14:06").time_since_epoch().count(), 2'147'483'646);
  EXPECT_TRUE(is_refused<ShortSeconds>("2038-01-19 03:14:08"));
  using Fractional = std::chrono::sys_time<std::chrono::duration<double>>;
  EXPECT_DOUBLE_EQ(read<Fractional>("1970-01-01 00:00:01.5").time_since_epoch().count(), 1.5);
  EXPECT_EQ(bound(std::chrono::sys_time<std::chrono::nanoseconds>(-1ns)), "\"1969-12-31 23:59:59.999999+00\"");
  EXPECT_EQ(bound(std::chrono::sys_time<std::chrono::hours>(36h)), "\"1970-01-02 12:00:00.000000+00\"");
  EXPECT_THAT(binding_error(std::chrono::sys_seconds::max()), HasSubstr("cannot be bound"));
  EXPECT_THAT(binding_error(Fractional(std::chrono::duration<double>(NAN))), HasSubstr("cannot be bound"));
  EXPECT_EQ(binding_error(TimePoint::max()), "");
}

TEST(Value, DatesAreDates) {
  EXPECT_EQ(bound(day(2024, 2, 29)), "\"2024-02-29\"");
  EXPECT_EQ(bound(day(-43, 3, 15)), "\"0044-03-15 BC\"");
  EXPECT_EQ(bound(std::optional(day(1, 1, 1))), "\"0001-01-01\"");
}

TEST(Value, ReadsUuidsAsTextAndAsBytes) {
  const auto uuid = Uuid::parse("A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11");
  ASSERT_TRUE(uuid);
  EXPECT_EQ(uuid->text(), "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11");
  EXPECT_EQ(Uuid::parse("{a0eebc999c0b4ef8bb6d6bb9bd380a11}"), std::nullopt);
  EXPECT_EQ(Uuid::parse("{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}"), uuid);
  EXPECT_EQ(Uuid::parse("a0eebc999c0b4ef8bb6d6bb9bd380a11"), uuid);
  EXPECT_EQ(Uuid::parse("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1g"), std::nullopt);
  EXPECT_EQ(Uuid::parse("a0eebc999-c0b-4ef8-bb6d-6bb9bd380a11"), std::nullopt);
  EXPECT_EQ(Uuid::parse(""), std::nullopt);
  const auto& bytes = uuid->bytes();
  const std::string raw(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  EXPECT_EQ(read<Uuid>(raw), *uuid);
  EXPECT_EQ(read<Uuid>(uuid->text()), *uuid);
  EXPECT_TRUE(is_refused<Uuid>("not a uuid"));
  EXPECT_EQ(bound(*uuid), "\"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11\"");
  EXPECT_EQ(bound(uuid->view()), "\"\\\\xa0eebc999c0b4ef8bb6d6bb9bd380a11\"");
  EXPECT_LT(Uuid(), *uuid);
  EXPECT_EQ((std::unordered_set<Uuid>{*uuid, *uuid, Uuid()}.size()), 2U);
}

TEST(Value, DecimalsKeepTheirTextExactly) {
  for (const auto* text : {"0", "-1.50", "+.5", "5.", "123456789012345678901234567890.123", "1E-7", "2e+10"}) {
    EXPECT_EQ(read<Decimal>(text).text(), text);
  }
  for (const auto* text : {"", ".", "-", "1.2.3", "1e", "NaN", "Infinity", "1,000", " 1", "1 ", "0x10"}) {
    EXPECT_TRUE(is_refused<Decimal>(text)) << text;
  }
  EXPECT_NE(*Decimal::parse("1.5"), *Decimal::parse("1.50"));
  EXPECT_EQ(Decimal().text(), "0");
  EXPECT_EQ(bound(*Decimal::parse("1.50")), "\"1.50\"");
}

enum class Level : std::int16_t { low = -1, high = 300 };
enum class Switch : bool { off, on };

TEST(Value, EnumsAreTheirUnderlyingIntegers) {
  EXPECT_EQ(read<Level>("300"), Level::high);
  EXPECT_EQ(read<Switch>("t"), Switch::on);
  EXPECT_THAT(refusal<Level>("40000"), HasSubstr("outside -32768 to 32767"));
  EXPECT_EQ(bound(Level::low), "-1");
  EXPECT_EQ(bound(Switch::on), "t");
}

TEST(Value, UserTypesComeFromTheirCodec) {
  EXPECT_EQ(read<Colour>("#red"), Colour{"red"});
  EXPECT_EQ(read<std::optional<Colour>>(std::nullopt), std::nullopt);
  EXPECT_EQ(refusal<Colour>("red"), "column \"age\", row 1: cannot be read as colour: it does not begin with #");
  EXPECT_EQ(bound(Colour{"red"}), "\"#red\"");
  EXPECT_EQ(bound(Colour{}), "NULL");
  EXPECT_EQ(bound(std::optional<Colour>()), "NULL");
  EXPECT_EQ(bound(Percent{40}), "40");
  EXPECT_EQ(bound(Birthday{1990}), "\"1990-02-01\"");
  EXPECT_EQ(bound(std::vector<Colour>{{"a"}, {""}}), "\"{\\\"#a\\\",NULL}\"");
}

TEST(Value, ReadsArrays) {
  using Texts = std::vector<std::optional<std::string>>;
  EXPECT_THAT(read<std::vector<int>>("{1,-2,3}"), ElementsAre(1, -2, 3));
  EXPECT_TRUE(read<std::vector<int>>("{}").empty());
  EXPECT_THAT(read<std::vector<int>>("[2:4]={1,2,3}"), ElementsAre(1, 2, 3));
  EXPECT_EQ(read<Texts>(R"({a,NULL,"NULL","","with \"quotes\", \\ and {}",null})"),
            (Texts{"a", std::nullopt, "NULL", "", R"(with "quotes", \ and {})", "null"}));
  EXPECT_EQ(read<std::vector<bool>>("{t,f}"), (std::vector<bool>{true, false}));
  EXPECT_THAT(read<std::vector<TimePoint>>(R"({"1970-01-01 00:00:01+00"})"), ElementsAre(TimePoint(1s)));
  EXPECT_THAT(read<std::vector<std::vector<std::byte>>>(R"({"\\x00fF","\\x"})"),
              ElementsAre(ElementsAre(std::byte{0}, std::byte{255}), ElementsAre()));
  EXPECT_THAT(refusal<std::vector<int>>("{1,NULL}"), HasSubstr("an element is NULL"));
  EXPECT_THAT(refusal<std::vector<int>>("{{1,2},{3,4}}"), HasSubstr("more than one dimension"));
  EXPECT_THAT(refusal<std::vector<int>>("{1,x}"), HasSubstr("cannot be read as array: it is not a whole number"));
  EXPECT_THAT(refusal<std::vector<std::vector<std::byte>>>(R"({"\\000"})"), HasSubstr("bytea_output"));
  for (const auto* text : {"", "{", "}", "1", "{1,}", "{,1}", "{1}2", "{\"a}", "{\"a\\", "[1:2]{1,2}", "{a\"b}"}) {
    EXPECT_TRUE(is_refused<std::vector<std::string>>(text)) << text;
  }
}

TEST(Value, WritesArrays) {
  EXPECT_EQ(Codec<std::vector<int>>::write({1, 2}), "{1,2}");
  EXPECT_EQ(Codec<std::vector<int>>::write({}), "{}");
  EXPECT_EQ(Codec<std::vector<double>>::write({0.1, NAN, -INFINITY}), "{0.1,nan,-inf}");
  EXPECT_EQ(Codec<std::vector<std::optional<std::string>>>::write({"a\"\\", std::nullopt, "NULL"}),
            R"({"a\"\\",NULL,"NULL"})");
  EXPECT_EQ(Codec<std::vector<bool>>::write({true, false}), "{t,f}");
}

TEST(Value, BindsWhatCallersHave) {
  const char* pointer = "text";
  const char buffer[8] = "text";
  EXPECT_EQ(bound(pointer), "\"text\"");
  EXPECT_EQ(bound(buffer), "\"text\"");
  EXPECT_EQ(bound("text"), "\"text\"");
  EXPECT_EQ(bound("text"sv), "\"text\"");
  EXPECT_EQ(bound(std::nullopt), "NULL");
  EXPECT_EQ(bound(Parameter(7)), "7");
  EXPECT_EQ(bound(std::array{std::byte{1}}), "\"\\\\x01\"");
  EXPECT_EQ(bound(std::int8_t{-5}), "-5");
  EXPECT_EQ(bound(1.5F), "1.5");
  EXPECT_THAT(binding_error(static_cast<const char*>(nullptr)), HasSubstr("bind std::nullopt for NULL"));
  EXPECT_THAT(binding_error(std::numeric_limits<std::uint64_t>::max()), HasSubstr("9223372036854775807"));
}

TEST(Value, ArgumentsKeepConvertedTextsWhileTheyLive) {
  const Uuid first;
  const auto second = *Uuid::parse("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11");
  const std::vector<int> numbers{1, 2, 3};
  const BoundParameters<4> parameters(first, numbers, second, day(2024, 1, 1));
  EXPECT_EQ(*parameters.view()[0].text(), "00000000-0000-0000-0000-000000000000");
  EXPECT_EQ(*parameters.view()[1].text(), "{1,2,3}");
  EXPECT_EQ(*parameters.view()[2].text(), "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11");
  EXPECT_EQ(*parameters.view()[3].text(), "2024-01-01");
  EXPECT_TRUE(BoundParameters<0>().view().empty());
}

// What must not compile, as far as the language can ask without an error.
static_assert(!Readable<std::string_view> && !Readable<const char*> && !Readable<BytesView> && !Readable<Percent>);
static_assert(!Readable<char> && !Writable<char> && !Writable<std::byte> && !Writable<std::map<int, int>>);
static_assert(!Writable<std::chrono::steady_clock::time_point> && !Writable<int*>);
static_assert(Readable<std::vector<std::optional<int>>> && Writable<std::vector<std::vector<std::byte>>>);
static_assert(!std::is_copy_constructible_v<BoundParameters<1>> && !std::is_move_constructible_v<BoundParameters<1>>);

}  // namespace
}  // namespace lockkeeper::testing
