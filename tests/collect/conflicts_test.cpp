// The table of conflicting lock modes, written out a second time from the manual (table 13.2) in another form.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collect/postgres/waits.hpp"

namespace lockkeeper::collect::postgres {
namespace {

const std::vector<std::pair<std::string, std::vector<std::string>>>& manual() {
  static const std::vector<std::pair<std::string, std::vector<std::string>>> table{
      {"AccessShare", {"AccessExclusive"}},
      {"RowShare", {"Exclusive", "AccessExclusive"}},
      {"RowExclusive", {"Share", "ShareRowExclusive", "Exclusive", "AccessExclusive"}},
      {"ShareUpdateExclusive", {"ShareUpdateExclusive", "Share", "ShareRowExclusive", "Exclusive", "AccessExclusive"}},
      {"Share", {"RowExclusive", "ShareUpdateExclusive", "ShareRowExclusive", "Exclusive", "AccessExclusive"}},
      {"ShareRowExclusive",
       {"RowExclusive", "ShareUpdateExclusive", "Share", "ShareRowExclusive", "Exclusive", "AccessExclusive"}},
      {"Exclusive",
       {"RowShare", "RowExclusive", "ShareUpdateExclusive", "Share", "ShareRowExclusive", "Exclusive",
        "AccessExclusive"}},
      {"AccessExclusive",
       {"AccessShare", "RowShare", "RowExclusive", "ShareUpdateExclusive", "Share", "ShareRowExclusive", "Exclusive",
        "AccessExclusive"}}};
  return table;
}

TEST(Conflicts, AreThoseOfTheManual) {
  ASSERT_EQ(manual().size(), 8U);
  for (const auto& [one, excluded] : manual()) {
    for (const auto& [other, unused] : manual()) {
      EXPECT_EQ(conflicts(one + "Lock", other + "Lock"), std::ranges::count(excluded, other) > 0)
          << one << ' ' << other;
    }
  }
}

TEST(Conflicts, AreMutual) {
  for (const auto& [one, unused] : manual()) {
    for (const auto& [other, unused_too] : manual()) {
      EXPECT_EQ(conflicts(one + "Lock", other + "Lock"), conflicts(other + "Lock", one + "Lock")) << one << other;
    }
  }
}

TEST(Conflicts, AnUnknownModeConflictsWithNothing) {
  for (const std::string_view unknown : {"", "SIReadLock", "AccessShare", "accesssharelock"}) {
    EXPECT_FALSE(conflicts(unknown, "AccessExclusiveLock")) << unknown;
    EXPECT_FALSE(conflicts("AccessExclusiveLock", unknown)) << unknown;
    EXPECT_FALSE(conflicts(unknown, unknown)) << unknown;
  }
}

}  // namespace
}  // namespace lockkeeper::collect::postgres
