#include "base/rare.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>

namespace lockkeeper::base {
namespace {

TEST(Rare, IsAnOptionalOfAPointersSize) {
  struct Large {
    char bytes[400];
  };
  EXPECT_EQ(sizeof(Rare<Large>), sizeof(void*));
  Rare<std::string> none;
  EXPECT_FALSE(none);
  EXPECT_FALSE(none.has_value());
  none = std::string("some");
  EXPECT_EQ(*none, "some");
  EXPECT_EQ(none->size(), 4U);
  EXPECT_EQ(none.emplace(3, 'y'), "yyy");
  EXPECT_EQ(none.value(), "yyy");
  none = std::nullopt;
  EXPECT_THROW(static_cast<void>(none.value()), std::bad_optional_access);
  EXPECT_FALSE(none);
}

TEST(Rare, CopiesAreOnesOwn) {
  Rare<std::string> first = std::string("first");
  Rare<std::string> second = first;
  *second = "second";
  EXPECT_EQ(*first, "first");
  first = second;
  second.reset();
  EXPECT_EQ(*first, "second");
  const Rare<std::string> moved = std::move(first);
  EXPECT_EQ(*moved, "second");
  Rare<std::string> itself = moved;
  const Rare<std::string>& same = itself;
  itself = same;
  EXPECT_EQ(*itself, "second");
}

}  // namespace
}  // namespace lockkeeper::base
