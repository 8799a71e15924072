#include "base/utf8.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <array>
#include <cstdint>
#include <string>

namespace lockkeeper::base {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

std::string replaced(std::size_t times) {
  std::string result;
  for (std::size_t index = 0; index < times; ++index) result += replacement;
  return result;
}

// Encodes without judging: surrogates and numbers beyond U+10FFFF too, in as many bytes as asked for.
std::string encode(std::uint32_t point, std::size_t length) {
  if (length == 1) return {static_cast<char>(point)};
  constexpr std::array<std::uint32_t, 5> marks{0, 0, 0xC0, 0xE0, 0xF0};
  std::string result(length, '\0');
  for (std::size_t index = length - 1; index > 0; --index, point >>= 6U)
    result[index] = static_cast<char>(0x80U | (point & 0x3FU));
  result[0] = static_cast<char>(marks.at(length) | point);
  return result;
}

std::size_t shortest(std::uint32_t point) { return point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4; }

// Decodes numerically and asks afterwards: another way than the one under test.
bool valid(std::string_view text) {
  while (!text.empty()) {
    const auto first = static_cast<unsigned char>(text[0]);
    const std::size_t length = first < 0x80 ? 1 : first < 0xC0 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (length == 0 || text.size() < length || first > 0xF7) return false;
    std::uint32_t point = length == 1 ? first : first & (0xFFU >> (length + 1));
    for (std::size_t index = 1; index < length; ++index) {
      const auto next = static_cast<unsigned char>(text[index]);
      if (next < 0x80 || next > 0xBF) return false;
      point = point << 6U | (next & 0x3FU);
    }
    if (point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF) || shortest(point) != length) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string any_bytes() {
  // Bytes that begin and continue sequences, more often than chance would give them.
  return *rc::gen::container<std::string>(
      rc::gen::oneOf(rc::gen::arbitrary<char>(), rc::gen::inRange<char>(' ', '~'),
                     rc::gen::map(rc::gen::inRange(0x80, 0x100), [](int byte) { return static_cast<char>(byte); }),
                     rc::gen::element('\xC2', '\xE0', '\xED', '\xF0', '\xF4', '\x80', '\x9B', '\xA0', '\xBF')));
}

std::string valid_text() {
  std::string text;
  const auto points = *rc::gen::container<std::vector<std::uint32_t>>(
      rc::gen::oneOf(rc::gen::inRange<std::uint32_t>(0, 0x80), rc::gen::inRange<std::uint32_t>(0x80, 0xD800),
                     rc::gen::inRange<std::uint32_t>(0xE000, 0x110000)));
  for (const auto point : points) text += encode(point, shortest(point));
  return text;
}

TEST(Utf8, WellFormedTextIsLeftAlone) {
  const std::string text = "caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x94\x92 \t\n\x1b[31m";
  EXPECT_EQ(mend_utf8(text), text);
  EXPECT_EQ(mend_utf8(""), "");
  EXPECT_EQ(mend_utf8(std::string_view("a\0b", 3)), std::string("a\0b", 3));
}

TEST(Utf8, OverlongFormsAreReplaced) {
  EXPECT_EQ(mend_utf8("\xC0\xAF"), replaced(2));  // '/'
  EXPECT_EQ(mend_utf8("\xC1\xBF"), replaced(2));
  EXPECT_EQ(mend_utf8("\xE0\x9F\xBF"), replaced(3));
  EXPECT_EQ(mend_utf8("\xF0\x8F\xBF\xBF"), replaced(4));
  EXPECT_EQ(mend_utf8("\xE0\xA0\x80"), "\xE0\xA0\x80");  // the first that is not overlong
}

TEST(Utf8, SurrogatesAndWhatIsBeyondUnicodeAreReplaced) {
  EXPECT_EQ(mend_utf8("\xED\xA0\x80"), replaced(3));
  EXPECT_EQ(mend_utf8("\xED\xBF\xBF"), replaced(3));
  EXPECT_EQ(mend_utf8("\xED\x9F\xBF"), "\xED\x9F\xBF");
  EXPECT_EQ(mend_utf8("\xF4\x90\x80\x80"), replaced(4));
  EXPECT_EQ(mend_utf8("\xF4\x8F\xBF\xBF"), "\xF4\x8F\xBF\xBF");
  EXPECT_EQ(mend_utf8("\xF5\xFF"), replaced(2));
}

TEST(Utf8, ASequenceThatIsCutOffDoesNotSwallowWhatFollows) {
  EXPECT_EQ(mend_utf8("a\xE2\x82"), "a" + replaced(2));
  EXPECT_EQ(mend_utf8("\xE2\x82z"), replaced(2) + "z");
  EXPECT_EQ(mend_utf8("\xF0\x9F\x94"), replaced(3));
  EXPECT_EQ(mend_utf8("\x80\xBFz"), replaced(2) + "z");
  EXPECT_EQ(mend_utf8("\xC3\xC3\xA9"), replaced(1) + "\xC3\xA9");
}

TEST(Utf8, PrintableTextHoldsNoControlCode) {
  EXPECT_EQ(printable("\x1b[2J\x1b]0;title\x07"), " [2J ]0;title ");
  EXPECT_EQ(printable("a\r\nb\tc\x7f"), "a  b c ");
  EXPECT_EQ(printable(std::string_view("\0x", 2)), " x");
  // C1: CSI as one code point, alone and in rows; as a raw byte it is malformed.
  EXPECT_EQ(printable("\xC2\x9B"
                      "31m"),
            " 31m");
  EXPECT_EQ(printable("\xC2\x80\xC2\x9F\xC2\x85"), "   ");
  // Right-to-left override, isolates and the line separator; neighbours of theirs stay.
  EXPECT_EQ(printable("a\u202Eb\u2066c\u2069d\u2028e"), "a b c d e");
  EXPECT_EQ(printable("\u2026\u202F\u2065\u206A"), "\u2026\u202F\u2065\u206A");
  EXPECT_EQ(printable("\x9B"
                      "31m"),
            std::string(replacement) + "31m");
  EXPECT_EQ(printable("\xC2\xA0\xC3\xA9"), "\xC2\xA0\xC3\xA9");
}

TEST(Utf8, WideLettersTakeTwoColumns) {
  EXPECT_EQ(columns(""), 0U);
  EXPECT_EQ(columns("abc"), 3U);
  EXPECT_EQ(columns("caf\xC3\xA9"), 4U);
  EXPECT_EQ(columns("\xE2\x94\x94\xE2\x94\x80 \xF0\x9F\x94\x92"), 5U);
}

TEST(Utf8Property, WhateverComesInValidTextComesOut) {
  EXPECT_TRUE(rc::check([] {
    const std::string bytes = any_bytes();
    const std::string mended = mend_utf8(bytes);
    RC_ASSERT(valid(mended));
    RC_ASSERT((mended == bytes) == valid(bytes));
    RC_ASSERT(mend_utf8(mended) == mended);
  }));
}

TEST(Utf8Property, ValidTextIsUnchanged) {
  EXPECT_TRUE(rc::check([] {
    const std::string text = valid_text();
    RC_ASSERT(valid(text));
    RC_ASSERT(mend_utf8(text) == text);
  }));
}

TEST(Utf8Property, PrintableTextIsValidAndFreeOfControls) {
  EXPECT_TRUE(rc::check([] {
    const std::string text = printable(*rc::gen::element(any_bytes(), valid_text()));
    RC_ASSERT(valid(text));
    for (std::size_t index = 0; index < text.size(); ++index) {
      const auto byte = static_cast<unsigned char>(text[index]);
      RC_ASSERT(byte >= 0x20 && byte != 0x7F);
      if (byte == 0xC2) RC_ASSERT(static_cast<unsigned char>(text[index + 1]) >= 0xA0);
    }
    RC_ASSERT(printable(text) == text);
  }));
}

}  // namespace
}  // namespace lockkeeper::base
