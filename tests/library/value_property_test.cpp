// Whatever is written is read back, and no text breaks a reader.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <lockkeeper/value.hpp>

#include "library/value_reading.hpp"

namespace lockkeeper::testing {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using std::chrono::sys_days;

template <class Type>
void comes_back() {
  EXPECT_TRUE(rc::check("a value comes back from its text", [](const Type& value) {
    const std::string element = bound(value);
    const bool is_quoted = element.starts_with('"');
    RC_ASSERT(read<Type>(is_quoted ? std::string_view(element).substr(1, element.size() - 2) : element) == value);
  }));
}

TEST(ValueProperty, NumbersComeBackFromTheirTexts) {
  comes_back<std::int64_t>();
  comes_back<std::int8_t>();
  comes_back<std::uint32_t>();
  comes_back<double>();
  comes_back<float>();
  comes_back<bool>();
}

TEST(ValueProperty, EveryMicrosecondComesBack) {
  EXPECT_TRUE(rc::check("TimePoint", [](std::int64_t count) {
    RC_PRE(count > -9'223'371'000'000'000'000 && count < 9'223'371'000'000'000'000);
    const TimePoint time{std::chrono::microseconds(count)};
    RC_ASSERT(detail::read_time(detail::write_time(time)) == time);
  }));
  EXPECT_TRUE(rc::check("offsets move a time by themselves", [] {
    const TimePoint time{std::chrono::seconds(*rc::gen::inRange<std::int64_t>(-60'000'000'000, 250'000'000'000))};
    const auto minutes = std::chrono::minutes(*rc::gen::inRange(0, 24 * 60));
    const bool east = *rc::gen::arbitrary<bool>();
    std::string text = detail::write_time(east ? time + minutes : time - minutes);
    text.replace(text.find("+00"), 3,
                 fmt::format("{}{:02}:{:02}", east ? '+' : '-', minutes / 1h, minutes % 1h / 1min));
    RC_ASSERT(detail::read_time(text) == time);
  }));
}

TEST(ValueProperty, DaysAreThoseOfTheStandardCalendar) {
  EXPECT_TRUE(rc::check("sys_days", [] {
    const sys_days one{std::chrono::days(*rc::gen::inRange(-719'162, 11'000'000))};
    const std::chrono::year_month_day date(one);
    const std::string text =
        fmt::format("{:04}-{:02}-{:02}", int(date.year()), unsigned(date.month()), unsigned(date.day()));
    RC_ASSERT(detail::write_date(one) == text);
    RC_ASSERT(detail::read_date(text) == one);
  }));
}

TEST(ValueProperty, ArraysOfAnyTextComeBack) {
  using Texts = std::vector<std::optional<std::string>>;
  EXPECT_TRUE(rc::check("text[]", [] {
    Texts texts;
    for (const auto& text : *rc::gen::arbitrary<std::vector<std::string>>()) {
      if (*rc::gen::arbitrary<bool>())
        texts.emplace_back(text);
      else
        texts.emplace_back(std::nullopt);
    }
    RC_ASSERT(Codec<Texts>::read(Codec<Texts>::write(texts)) == texts);
  }));
  EXPECT_TRUE(rc::check("bytea[]", [](const std::vector<std::string>& texts) {
    std::vector<std::vector<std::byte>> bytes;
    for (const auto& text : texts) bytes.push_back(Codec<std::vector<std::byte>>::read(text));
    RC_ASSERT(Codec<decltype(bytes)>::read(Codec<decltype(bytes)>::write(bytes)) == bytes);
  }));
}

TEST(ValueProperty, UuidsAndDecimalsComeBack) {
  EXPECT_TRUE(rc::check("Uuid", [] {
    Uuid::Bytes bytes;
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(*rc::gen::arbitrary<std::uint8_t>());
    RC_ASSERT(Uuid::parse(Uuid(bytes).text()) == Uuid(bytes));
  }));
  EXPECT_TRUE(rc::check("Decimal", [](std::int64_t whole, std::uint32_t part) {
    const std::string text = std::to_string(whole) + "." + std::to_string(part);
    RC_ASSERT(Decimal::parse(text)->text() == text);
  }));
}

// Any bytes are read or refused with `conversion`; never anything else, never past the end (address sanitizer).
TEST(ValueProperty, NoTextBreaksAReader) {
  const auto alphabet = rc::gen::elementOf("0123456789-+:. TZBC{}\",\\xNULeE\0\xff"s);
  EXPECT_TRUE(rc::check("garbage", [alphabet] {
    const std::string text = *rc::gen::container<std::string>(alphabet);
    static_cast<void>(is_refused<std::int16_t>(text));
    static_cast<void>(is_refused<std::uint64_t>(text));
    static_cast<void>(is_refused<double>(text));
    static_cast<void>(is_refused<bool>(text));
    static_cast<void>(is_refused<TimePoint>(text));
    static_cast<void>(is_refused<Uuid>(text));
    static_cast<void>(is_refused<Decimal>(text));
    static_cast<void>(is_refused<std::vector<std::optional<std::vector<std::byte>>>>(text));
    static_cast<void>(is_refused<std::vector<std::string>>(text));
  }));
}

}  // namespace
}  // namespace lockkeeper::testing
