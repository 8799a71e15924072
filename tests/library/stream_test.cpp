// Rows as they come: whole, abandoned, failing in the middle.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <iterator>
#include <ranges>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <lockkeeper/queries.hpp>
#include <lockkeeper/row_range.hpp>

#include "library/data_engine.hpp"

namespace lockkeeper::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

static_assert(std::ranges::input_range<RowRange<int>>);
static_assert(std::ranges::input_range<RowRange<int, std::string>>);
static_assert(!std::ranges::forward_range<RowRange<int>>);
static_assert(std::ranges::viewable_range<RowRange<int>>);
static_assert(std::movable<RowRange<int>> && !std::copyable<RowRange<int>>);
static_assert(std::same_as<std::ranges::range_value_t<RowRange<int, bool>>, std::tuple<int, bool>>);

// Abandoning cancels and drains within about a second, or closes; much more only on a busy machine.
constexpr auto longest_abandon = 10s;

class DataStream : public OnEngine {
 protected:
  // Usable afterwards, or closed: never half way.
  static void expect_usable_or_closed(Session& session) {
    if (session.connection().transaction_status() == TransactionStatus::unknown) return;
    EXPECT_EQ(session.value<int>("SELECT 7"), 7);
  }
};

TEST_P(DataStream, GivesEveryRowOnceInOrder) {
  Session session = connect();
  std::int64_t next = 1;
  for (const auto& [number] : session.stream<std::int64_t>(tested().many_rows_sql)) ASSERT_EQ(number, next++);
  EXPECT_EQ(next, 100'001);
  EXPECT_EQ(session.value<int>("SELECT 7"), 7);
}

TEST_P(DataStream, BindsItsArguments) {
  make_table("post", "id integer PRIMARY KEY, title varchar(20)");
  Session session = connect();
  session.execute("INSERT INTO post VALUES (1, 'one'), (2, 'two'), (3, 'three')");
  std::vector<std::string> titles;
  for (auto [id, title] : session.stream<int, std::string>(
           sql("SELECT id, title FROM post WHERE id >= $1 AND title <> $2 ORDER BY id"), 2, std::string("x"))) {
    titles.push_back(std::move(title));
  }
  EXPECT_THAT(titles, ElementsAre("two", "three"));
}

TEST_P(DataStream, WithoutRowsIsEmptyAndTheConnectionIsFreeAtOnce) {
  make_table("post", "id integer PRIMARY KEY");
  Session session = connect();
  auto posts = session.stream<int>("SELECT id FROM post");
  EXPECT_TRUE(posts.begin() == posts.end());
  EXPECT_EQ(session.value<int>("SELECT 7"), 7);  // The range still lives.
  EXPECT_TRUE(posts.begin() == posts.end());
}

TEST_P(DataStream, AbandonedInTheMiddleLeavesTheConnectionUsableOrClosedSoon) {
  for (const std::string& endless : {tested().endless_rows_sql, tested().rows_then_sleep_sql}) {
    if (endless.empty()) continue;
    Session session = connect();
    std::chrono::steady_clock::time_point left;
    for (const auto& [number] : session.stream<std::int64_t>(endless)) {
      if (number < 10) continue;
      left = std::chrono::steady_clock::now();
      break;
    }
    EXPECT_LT(std::chrono::steady_clock::now() - left, longest_abandon);
    expect_usable_or_closed(session);
  }
}

TEST_P(DataStream, AnExceptionInTheLoopAbandonsIt) {
  Session session = connect();
  try {
    for (const auto& [number] : session.stream<std::int64_t>(tested().endless_rows_sql)) {
      if (number == 300) throw number;  // In the second chunk.
    }
  } catch (const std::int64_t number) {
    EXPECT_EQ(number, 300);
  }
  expect_usable_or_closed(session);
}

TEST_P(DataStream, AnErrorInTheMiddleComesWhereItIs) {
  if (tested().rows_then_error_sql.empty()) GTEST_SKIP() << "no such statement";
  Session session = connect();
  std::size_t rows = 0;
  const Error error = error_of([&] {
    for (const auto& row : session.stream<std::string>(tested().rows_then_error_sql))
      rows += std::tuple_size_v<std::remove_cvref_t<decltype(row)>>;
  });
  EXPECT_GT(rows, 0U);
  EXPECT_NE(error.code, ErrorCode::conversion);
  expect_usable_or_closed(session);
}

TEST_P(DataStream, ACellOfAnotherTypeIsNamedByItsRowInTheWholeResult) {
  make_table("word", "id integer PRIMARY KEY, word varchar(20)");
  Session session = connect();
  for (int id = 1; id <= 600; ++id) {
    session.execute(sql("INSERT INTO word VALUES ($1, $2)"), id, id == 558 ? "secret" : "5");
  }
  int rows = 0;
  const Error error = error_of([&] {
    for (const auto& [word] : session.stream<int>("SELECT word FROM word ORDER BY id")) rows += word / 5;
  });
  EXPECT_EQ(rows, 557);
  EXPECT_EQ(error.message, "column \"word\", row 558: cannot be read as integer: it is not a whole number");
  expect_usable_or_closed(session);
}

TEST_P(DataStream, TheWrongNumberOfColumnsIsAnError) {
  Session session = connect();
  const Error error = error_of([&] {
    for (const auto& row : session.stream<int, int>("SELECT 1")) FAIL() << std::get<0>(row);
  });
  EXPECT_EQ(error.message, "the statement returns 1 column, 2 were asked for");
  expect_usable_or_closed(session);
}

TEST_P(DataStream, IsARangeForViews) {
  Session session = connect();
  std::vector<std::int64_t> tens;
  const auto tenfold = [](const auto& row) { return std::get<0>(row) * 10; };
  for (const std::int64_t ten :
       session.stream<std::int64_t>(tested().endless_rows_sql) | std::views::transform(tenfold) | std::views::take(3)) {
    tens.push_back(ten);
  }
  EXPECT_THAT(tens, ElementsAre(10, 20, 30));
  expect_usable_or_closed(session);
}

TEST_P(DataStream, ColumnsMayBeMovedOut) {
  Session session = connect();
  auto rows = session.stream<std::string>("SELECT 'a text too long for the string itself'");
  auto row = rows.begin();
  ASSERT_TRUE(row != rows.end());
  const std::string moved = std::move(std::get<0>(*row));
  EXPECT_EQ(moved, "a text too long for the string itself");
  EXPECT_TRUE(std::get<0>(*row).empty());
}

TEST_P(DataStream, APoolOfOneGoesOnAfterBreak) {
  Pool one = pool(1);
  for (int round = 0; round < 3; ++round) {
    Lease lease = one.acquire();
    for (const auto& [number] : lease.stream<std::int64_t>(tested().endless_rows_sql)) {
      if (number == 10) break;
    }
    lease.give_back();
    EXPECT_EQ(one.acquire().value<int>("SELECT 7"), 7);
  }
}

INSTANTIATE_TEST_SUITE_P(Every, DataStream, ::testing::ValuesIn(data_cases()),
                         [](const auto& tested) { return tested.param.label; });

}  // namespace
}  // namespace lockkeeper::testing
