#include "report/page.hpp"

#include <gtest/gtest.h>

#include "report/scenes.hpp"

namespace lockkeeper::report {
namespace {

using namespace test;

std::string paragraph(std::string_view lead, std::string_view text, std::size_t width) {
  const Options options = with_width(width);
  Page page(options);
  page.paragraph(lead, text);
  return page.text();
}

TEST(Page, WrapsUnderTheEndOfTheLead) {
  EXPECT_EQ(paragraph("   = what: ", "one two three four five six seven eight nine", 45),
            "   = what: one two three four five six seven\n"
            "           eight nine\n");
  EXPECT_EQ(paragraph("lead: ", "short", 45), "lead: short\n");
}

TEST(Page, TheGutterOfABlockGoesOnBelowItself) {
  EXPECT_EQ(paragraph("   | locks  ", "aaaaaaaaaa bbbbbbbbbb cccccccccc dddddddddd", 45),
            "   | locks  aaaaaaaaaa bbbbbbbbbb cccccccccc\n"
            "   |        dddddddddd\n");
}

TEST(Page, AWordLongerThanTheLineStandsAlone) {
  const std::string word(60, 'x');
  EXPECT_EQ(paragraph("", "a " + word + " b", 40), "a\n" + word + "\nb\n");
}

TEST(Page, TheNarrowestPageStillHasRoomForText) {
  EXPECT_EQ(paragraph("a lead of some length: ", "one two three four five six seven", 10),
            "a lead of some length: one two three four five six\n"
            "                       seven\n");
}

TEST(Page, WidthIsCountedInCodePoints) {
  EXPECT_EQ(
      paragraph("",
                "\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9 "
                "aaaaaaaaaaaaaaaaaaa b",
                30),
      "\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9 aaaaaaaaaaaaaaaaaaa\nb\n");
}

TEST(Page, ACommandIsNeverWrappedButMadePrintable) {
  const Options options = with_width(30);
  Page page(options);
  page.command("  = ", "lockkeeper kill " + std::string(60, 'x') + " \x1b[2J --yes");
  EXPECT_EQ(page.text(), "  = lockkeeper kill " + std::string(60, 'x') + "  [2J --yes\n");
}

TEST(Page, PaintsOnlyWhenColoursAreOn) {
  const Options plain;
  const Options coloured = in_colour();
  EXPECT_EQ(Page(plain).paint(Paint::red, "x"), "x");
  EXPECT_EQ(Page(coloured).paint(Paint::red, "x"), "\x1b[1;31mx\x1b[0m");
  EXPECT_EQ(Page(coloured).paint(Paint::plain, "x"), "x");
}

}  // namespace
}  // namespace lockkeeper::report
