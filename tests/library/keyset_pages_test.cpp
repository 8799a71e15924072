// Keyset pages on real databases: every row once, in order, whatever the key, and nothing held in between.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <lockkeeper/database.hpp>
#include <lockkeeper/insert.hpp>
#include <lockkeeper/keyset.hpp>

#include "library/data_engine.hpp"

namespace lockkeeper::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class DataKeyset : public OnEngine {
 protected:
  using Row = std::tuple<int, int, std::string>;  // id, author, word

  static void make_posts(Database& db, const std::vector<Row>& rows) {
    make_table("post", "id integer PRIMARY KEY, author integer NOT NULL, word varchar(20) NOT NULL");
    db.transact([&](auto& tx) { insert_many(tx, "post", {"id", "author", "word"}, rows); });
  }

  // So many rows of ten authors, shuffled.
  static std::vector<Row> posts(int count) {
    std::vector<Row> rows;
    for (int id = 1; id <= count; ++id) rows.emplace_back(id, id * 7 % 10, "w" + std::to_string(id * 31 % count));
    return rows;
  }

  static std::vector<int> ids(const KeysetPage& page, std::size_t column = 0) {
    std::vector<int> ids;
    for (std::size_t row = 0; row < page.size(); ++row) ids.push_back(std::stoi(std::string(*page.cell(row, column))));
    return ids;
  }

  template <class Pages>
  static std::vector<int> all_ids(Pages pages) {
    std::vector<int> all;
    for (const KeysetPage& page : pages) std::ranges::copy(ids(page), std::back_inserter(all));
    return all;
  }

  static std::vector<int> ordered_ids(Database& db, const std::string& order) {
    std::vector<int> all;
    db.transact([&](TransactionRef tx) {
      for (const auto& [id] : tx.query<int>("SELECT id FROM post ORDER BY " + order)) all.push_back(id);
    });
    return all;
  }
};

TEST_P(DataKeyset, GivesEveryRowOnceInTheKeysOrder) {
  Database db = database();
  make_posts(db, posts(500));
  struct Case {
    std::vector<KeyColumn> key;
    std::string order;
  };
  const Case cases[] = {
      {{ascending<int>("id")}, "id"},
      {{descending<int>("id")}, "id DESC"},
      {{ascending<int>("author"), ascending<int>("id")}, "author, id"},
      {{descending<int>("author"), descending<int>("id")}, "author DESC, id DESC"},
      {{descending<int>("author"), ascending<int>("id")}, "author DESC, id"},
      {{ascending<std::string>("word"), ascending<int>("id")}, "word, id"},
      {{ascending<int>("author"), descending<std::string>("word"), ascending<int>("id")}, "author, word DESC, id"},
  };
  for (const auto& [key, order] : cases) {
    const std::vector<int> expected = ordered_ids(db, order);
    ASSERT_EQ(expected.size(), 500U);
    for (const std::size_t page_size :
         {std::size_t{1}, std::size_t{7}, std::size_t{100}, std::size_t{500}, std::size_t{501}}) {
      const Keyset pages({.table = "post", .key = key, .page_size = page_size});
      EXPECT_EQ(all_ids(pages.read(db)), expected) << order << ", " << page_size;
    }
    const Keyset pages({.table = "post", .key = key});
    db.transact([&](auto& tx) { EXPECT_EQ(all_ids(pages.read(tx)), expected) << order; });
  }
}

TEST_P(DataKeyset, AnyDataAndAnyKeyGiveEveryRowOnce) {
  Database db = database();
  // Many ties, also between words that only some collations tell apart.
  const std::vector<std::string> words{"a", "A", "b", "B", "\u00e9", "e", " ", ""};
  EXPECT_TRUE(rc::check("pages are the whole result", [&] {
    std::vector<Row> rows;
    const int count = *rc::gen::inRange(0, 40);
    for (int id = 1; id <= count; ++id) {
      rows.emplace_back(id, *rc::gen::inRange(-3, 4), *rc::gen::elementOf(words));
    }
    make_posts(db, rows);
    std::vector<KeyColumn> key;
    std::string order;
    const auto add = [&](KeyColumn column) {
      order += (order.empty() ? "" : ", ") + column.name + (column.descending ? " DESC" : "");
      key.push_back(std::move(column));
    };
    if (*rc::gen::arbitrary<bool>()) add({"author", KeyKind::integer, *rc::gen::arbitrary<bool>()});
    if (*rc::gen::arbitrary<bool>()) add({"word", KeyKind::text, *rc::gen::arbitrary<bool>()});
    add({"id", KeyKind::integer, *rc::gen::arbitrary<bool>()});
    const Keyset pages({.table = "post", .key = key, .page_size = *rc::gen::inRange<std::size_t>(1, 10)});
    RC_ASSERT(all_ids(pages.read(db)) == ordered_ids(db, order));
  }));
}

TEST_P(DataKeyset, ASelectKeepsItsArguments) {
  Database db = database();
  make_posts(db, posts(100));
  const Keyset pages(
      {.select = sql("SELECT id, word AS title FROM post WHERE author = $1 AND word <> $2 -- one author"),
       .key = {descending<std::string>("title"), descending<int>("id")},
       .page_size = 3});
  const std::string none = "none";
  std::vector<int> found;
  for (const KeysetPage& page : pages.read(db, 3, none)) {
    for (const auto& [id, title] : page.as<int, std::string>()) {
      EXPECT_THAT(title, ::testing::StartsWith("w"));
      found.push_back(id);
    }
  }
  EXPECT_EQ(found.size(), 10U);
  EXPECT_TRUE(std::ranges::all_of(found, [](int id) { return id * 7 % 10 == 3; }));
}

TEST_P(DataKeyset, KeysOfEveryKindAdvance) {
  const std::string uuid_type = engine() == Engine::postgres ? "uuid" : "char(36)";
  make_table("kinds", "id integer PRIMARY KEY, at " + tested().time_type + " NOT NULL, raw " + tested().bytes_type +
                          " NOT NULL, uuid " + uuid_type + " NOT NULL, day date NOT NULL");
  Database db = database();
  db.transact([](TransactionRef tx) {
    for (int id = 1; id <= 9; ++id) {
      Uuid::Bytes bytes{};
      bytes[15] = static_cast<std::byte>(10 * id);
      insert_many(tx, "kinds", {"id", "at", "raw", "uuid", "day"},
                  std::vector{std::tuple(id, TimePoint(std::chrono::microseconds(id)),
                                         std::vector<std::byte>(1, static_cast<std::byte>(28 * id)), Uuid(bytes),
                                         std::chrono::sys_days(std::chrono::days(id)))});
    }
  });
  const std::vector<int> all{1, 2, 3, 4, 5, 6, 7, 8, 9};
  for (const KeyColumn& column : {ascending<TimePoint>("at"), ascending<Uuid>("uuid"),
                                  ascending<std::chrono::sys_days>("day"), ascending<std::vector<std::byte>>("raw")}) {
    const Keyset pages({.select = "SELECT * FROM kinds", .key = {column}, .page_size = 2});
    EXPECT_EQ(all_ids(pages.read(db)), all) << column.name;
  }
}

TEST_P(DataKeyset, ResumesFromATokenAnywhere) {
  Database db = database();
  make_posts(db, posts(50));
  const KeysetOptions options{
      .table = "post", .key = {descending<int>("author"), ascending<int>("id")}, .page_size = 7};
  std::vector<int> resumed;
  std::string token;
  for (int page = 0; page < 9; ++page) {
    // As in another process: a declaration of its own.
    const KeysetPage next = Keyset(options).page(token, db);
    EXPECT_EQ(next.has_more(), page < 7);
    std::ranges::copy(ids(next), std::back_inserter(resumed));
    token = next.token();
  }
  EXPECT_EQ(resumed, ordered_ids(db, "author DESC, id"));
  // At the end the token stays good: rows that come later are found.
  db.transact(
      [](TransactionRef tx) { insert_many(tx, "post", {"id", "author", "word"}, std::vector<Row>{{999, 0, "new"}}); });
  EXPECT_THAT(all_ids(Keyset(options).read_after(token, db)), ElementsAre(999));
  db.transact([&](TransactionRef tx) { EXPECT_THAT(ids(Keyset(options).page(token, tx)), ElementsAre(999)); });
}

TEST_P(DataKeyset, ATokenIsOnlyEverAParameter) {
  Database db = database();
  make_posts(db, posts(10));
  const Keyset by_word({.table = "post", .key = {ascending<std::string>("word"), ascending<int>("id")}});
  make_table("victim", "word varchar(60), id integer");
  db.transact([](TransactionRef tx) {
    insert_many(tx, "victim", {"word", "id"}, std::vector{std::pair("z' OR 1=1; DROP TABLE post; --", 1)});
  });
  const Keyset forge({.select = "SELECT * FROM victim", .key = {ascending<std::string>("word"), ascending<int>("id")}});
  const std::string forged = forge.page("", db).token();
  EXPECT_EQ(error_of([&] { static_cast<void>(by_word.page(forged, db)); }).code, ErrorCode::misuse);
  EXPECT_TRUE(forge.page(forged, db).empty());
  EXPECT_EQ(ordered_ids(db, "id").size(), 10U);
}

TEST_P(DataKeyset, NothingIsHeldBetweenThePagesOfADatabase) {
  Database db = database(1);
  make_posts(db, posts(10));
  const Keyset pages({.table = "post", .key = {ascending<int>("id")}, .page_size = 3});
  int read = 0;
  for (const KeysetPage& page : pages.read(db)) {
    EXPECT_EQ(db.pool().metrics().in_use, 0U);
    // The only connection is free for the loop's own work.
    db.transact([&](TransactionRef tx) {
      for (const int id : ids(page)) tx.execute(sql("UPDATE post SET word = 'seen' WHERE id = $1"), id);
    });
    read += static_cast<int>(page.size());
  }
  EXPECT_EQ(read, 10);
}

TEST_P(DataKeyset, ADatabasesPagesAreRefusedInsideATransaction) {
  Database db = database();
  make_posts(db, posts(3));
  const Keyset pages({.table = "post", .key = {ascending<int>("id")}});
  db.transact(
      [&](TransactionRef) { EXPECT_EQ(error_of([&] { all_ids(pages.read(db)); }).code, ErrorCode::propagation); });
}

TEST_P(DataKeyset, RowsThatComeAndGoMeanwhileRepeatAndHideNoOther) {
  Database db = database();
  make_posts(db, posts(20));
  const Keyset pages({.table = "post", .key = {ascending<int>("id")}, .page_size = 5});
  std::vector<int> seen;
  for (const KeysetPage& page : pages.read(db)) {
    std::ranges::copy(ids(page), std::back_inserter(seen));
    db.transact([&](TransactionRef tx) {
      tx.execute(sql("DELETE FROM post WHERE id = $1"), seen.back());      // The cursor's own row.
      tx.execute(sql("DELETE FROM post WHERE id = $1"), seen.back() + 1);  // The next page's first.
      tx.execute(sql("INSERT INTO post VALUES ($1, 0, 'low')"), -seen.back());
    });
  }
  EXPECT_THAT(seen, ElementsAre(1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 13, 14, 15, 16, 17, 19, 20));
}

TEST_P(DataKeyset, AnEmptyTableHasNoPage) {
  Database db = database();
  make_posts(db, {});
  const Keyset pages({.table = "post", .key = {ascending<int>("id")}});
  EXPECT_TRUE(all_ids(pages.read(db)).empty());
  const KeysetPage page = pages.page("", db);
  EXPECT_TRUE(page.empty());
  EXPECT_FALSE(page.has_more());
  EXPECT_EQ(page.token(), "");
  EXPECT_THROW(static_cast<void>(page.cell(0, 0)), std::out_of_range);
}

TEST_P(DataKeyset, AKeyThatIsNotUniqueIsFound) {
  Database db = database();
  make_posts(db, posts(50));
  const Keyset pages({.table = "post", .key = {ascending<int>("author")}, .page_size = 5});
  const Error error = error_of([&] { all_ids(pages.read(db)); });
  EXPECT_EQ(error.code, ErrorCode::misuse);
  EXPECT_THAT(error.message, HasSubstr("keyset \"post\" by author: two rows have the same key"));
}

// SQLite finds every text greater than any number: the text of an id, declared as a number, would never end.
TEST_P(DataKeyset, AKeyDeclaredWithAnotherTypeDoesNotLoopForEver) {
  if (engine() != Engine::sqlite) GTEST_SKIP() << "compares by the column's type";
  Database db = database();
  make_posts(db, posts(5));
  const Keyset pages(
      {.select = "SELECT id || '' AS k FROM post", .key = {ascending<std::int64_t>("k")}, .page_size = 5});
  const KeysetPage first = pages.page("", db);
  EXPECT_EQ(first.size(), 5U);
  const Error error = error_of([&] { static_cast<void>(pages.page(first.token(), db)); });
  EXPECT_EQ(error.code, ErrorCode::no_progress);
}

// MySQL compares a float with its own rounded text: the row of the cursor lies beyond the cursor.
TEST_P(DataKeyset, AKeyThatIsGreaterThanItsOwnTextDoesNotLoopForEver) {
  if (!detail::is_mysql(engine())) GTEST_SKIP() << "compares by the column's type";
  make_table("prices", "price float NOT NULL");
  Database db = database();
  db.transact(
      [](TransactionRef tx) { insert_many(tx, "prices", {"price"}, std::vector<std::tuple<double>>{{0.1}, {0.2}}); });
  const Keyset pages({.table = "prices", .key = {ascending<std::string>("price")}, .page_size = 1});
  const Error error = error_of([&] { static_cast<void>(all_ids(pages.read(db))); });
  EXPECT_EQ(error.code, ErrorCode::no_progress);
}

INSTANTIATE_TEST_SUITE_P(Every, DataKeyset, ::testing::ValuesIn(data_cases()),
                         [](const auto& tested) { return tested.param.label; });

}  // namespace
}  // namespace lockkeeper::testing
