#include "model/fact.hpp"

#include <gtest/gtest.h>

namespace lockkeeper::model {
namespace {

Fact numbered(std::uint64_t number) { return {WallTime{}, FactsLost{1}, number}; }

TEST(FactCursor, TakesEachNumberOnce) {
  FactCursor cursor;
  EXPECT_TRUE(cursor.take(numbered(3)));
  EXPECT_TRUE(cursor.take(numbered(4)));
  EXPECT_FALSE(cursor.take(numbered(3)));
  EXPECT_FALSE(cursor.take(numbered(4)));
  EXPECT_TRUE(cursor.take(numbered(9))) << "what lies between was lost, or is another server's";
}

TEST(FactCursor, WhatHasNoNumberIsAlwaysNew) {
  FactCursor cursor;
  EXPECT_TRUE(cursor.take(numbered(5)));
  EXPECT_TRUE(cursor.take(numbered(0)));
  EXPECT_TRUE(cursor.take(numbered(0)));
  EXPECT_FALSE(cursor.take(numbered(5)));
}

}  // namespace
}  // namespace lockkeeper::model
