// insert_many: batches by parameters and bytes, names that are no SQL, all in one transaction.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <numeric>
#include <optional>
#include <ranges>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <lockkeeper/database.hpp>
#include <lockkeeper/insert.hpp>

#include "library/data_engine.hpp"

namespace lockkeeper::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// What an Inserter would send: statements and their parameters' texts.
struct Sent {
  std::vector<std::string> statements;
  std::vector<std::vector<std::string>> parameters;

  detail::Inserter::Run run() {
    return [this](std::string_view sql, std::span<const Parameter> bound) {
      statements.emplace_back(sql);
      auto& texts = parameters.emplace_back();
      for (const Parameter& parameter : bound) {
        const auto* number = std::get_if<std::int64_t>(&parameter.value());
        texts.push_back(parameter.text() != nullptr ? std::string(*parameter.text())
                        : number != nullptr         ? std::to_string(*number)
                                                    : "NULL");
      }
      Rows rows;
      rows.set_affected(static_cast<std::uint64_t>(std::ranges::count(sql, '(')) - 1);
      return rows;
    };
  }
};

template <class Range>
std::uint64_t insert_into(Sent& sent, Engine engine, std::size_t width, Range&& rows) {
  const std::vector<std::string_view> names{"a", "b", "c", "d"};
  detail::Inserter inserter(engine, "t", {names.begin(), names.begin() + static_cast<std::ptrdiff_t>(width)}, width,
                            sent.run());
  return detail::insert_rows(inserter, std::forward<Range>(rows));
}

std::vector<std::tuple<int, std::string>> numbered(int count, std::size_t text_size = 1) {
  std::vector<std::tuple<int, std::string>> rows;
  for (int number = 0; number < count; ++number) rows.emplace_back(number, std::string(text_size, 'x'));
  return rows;
}

TEST(Inserter, WritesOneStatementForManyRows) {
  Sent sent;
  EXPECT_EQ(insert_into(sent, Engine::postgres, 2, numbered(3)), 3U);
  EXPECT_THAT(sent.statements, ElementsAre(R"(INSERT INTO "t" ("a", "b") VALUES ($1, $2), ($3, $4), ($5, $6))"));
  EXPECT_THAT(sent.parameters, ElementsAre(ElementsAre("0", "x", "1", "x", "2", "x")));
  Sent mysql;
  insert_into(mysql, Engine::mysql, 2, numbered(2));
  EXPECT_THAT(mysql.statements, ElementsAre("INSERT INTO `t` (`a`, `b`) VALUES (?, ?), (?, ?)"));
}

TEST(Inserter, SendsNothingForNoRows) {
  Sent sent;
  EXPECT_EQ(insert_into(sent, Engine::postgres, 2, numbered(0)), 0U);
  EXPECT_TRUE(sent.statements.empty());
}

TEST(Inserter, KeepsToTheParameterLimitOfEachEngine) {
  for (const auto& [engine, rows_at_once] : {std::pair{Engine::postgres, 32'767U}, std::pair{Engine::mysql, 32'767U},
                                             std::pair{Engine::mariadb, 32'767U}, std::pair{Engine::sqlite, 16'383U}}) {
    Sent sent;
    EXPECT_EQ(insert_into(sent, engine, 2, numbered(static_cast<int>(2 * rows_at_once + 1))), 2 * rows_at_once + 1);
    ASSERT_EQ(sent.parameters.size(), 3U);
    EXPECT_EQ(sent.parameters[0].size(), 2 * rows_at_once);
    EXPECT_EQ(sent.parameters[1].size(), 2 * rows_at_once);
    EXPECT_EQ(sent.parameters[2].size(), 2U);
    EXPECT_EQ(sent.statements[0], sent.statements[1]);  // One text, prepared once.
    EXPECT_EQ(sent.parameters[2][0], std::to_string(2 * rows_at_once));
  }
}

TEST(Inserter, KeepsToAMegabyteButSendsARowThatIsLarger) {
  Sent sent;
  auto rows = numbered(5, 400'000);
  std::get<1>(rows[2]).assign(3'000'000, 'y');
  EXPECT_EQ(insert_into(sent, Engine::postgres, 2, rows), 5U);
  std::vector<std::size_t> rows_sent;
  for (const auto& parameters : sent.parameters) rows_sent.push_back(parameters.size() / 2);
  EXPECT_THAT(rows_sent, ElementsAre(2, 1, 2));
}

TEST(Inserter, RowsMadeWhileTheRangeIsWalkedLiveUntilTheyAreSent) {
  Sent sent;
  // Short and long texts: in the string itself, and on the heap.
  const auto made =
      std::views::iota(0, 30'000) | std::views::transform([](int number) {
        return std::tuple(std::to_string(number), std::optional(std::string(40, 'a') + std::to_string(number)),
                          std::vector<int>{number});
      });
  EXPECT_EQ(insert_into(sent, Engine::postgres, 3, made), 30'000U);
  int number = 0;
  for (const auto& parameters : sent.parameters) {
    for (std::size_t index = 0; index < parameters.size(); index += 3, ++number) {
      ASSERT_EQ(parameters[index], std::to_string(number));
      ASSERT_EQ(parameters[index + 1], std::string(40, 'a') + std::to_string(number));
      ASSERT_EQ(parameters[index + 2], "{" + std::to_string(number) + "}");
    }
  }
  EXPECT_EQ(number, 30'000);
}

TEST(Inserter, TakesPairsArraysAndMaps) {
  Sent sent;
  insert_into(sent, Engine::postgres, 2, std::map<int, std::string>{{1, "one"}, {2, "two"}});
  insert_into(sent, Engine::postgres, 3, std::vector<std::array<int, 3>>{{1, 2, 3}});
  EXPECT_THAT(sent.parameters, ElementsAre(ElementsAre("1", "one", "2", "two"), ElementsAre("1", "2", "3")));
}

Error refusal(Engine engine, std::string_view table, const std::vector<std::string_view>& columns, std::size_t width) {
  return error_of([&] { detail::Inserter(engine, table, columns, width, [](auto, auto) { return Rows(); }); });
}

TEST(Inserter, RefusesWhatCannotBeAName) {
  for (const std::string& name : {std::string(), std::string("a..b"), std::string(".a"), std::string("a."),
                                  std::string("a\0b", 3), std::string("a\nb")}) {
    const Error error = refusal(Engine::postgres, name, {"a"}, 1);
    EXPECT_EQ(error.code, ErrorCode::misuse) << name;
    EXPECT_EQ(error.blast, Blast::statement);
  }
  const std::string too_long(64, 'n');
  EXPECT_THAT(refusal(Engine::postgres, too_long, {"a"}, 1).message, HasSubstr("cuts names off after 63"));
  EXPECT_EQ(detail::quote_table(Engine::postgres, too_long.substr(1)), '"' + too_long.substr(1) + '"');
  EXPECT_EQ(refusal(Engine::postgres, "t", {"a", ""}, 2).code, ErrorCode::misuse);
  EXPECT_THAT(refusal(Engine::postgres, "t", {"a"}, 2).message, HasSubstr("1 columns are named, rows have 2 values"));
}

TEST(Inserter, NamesAreQuotedSoThatNothingInThemIsSql) {
  EXPECT_EQ(detail::quote_table(Engine::postgres, "shop.order"), R"("shop"."order")");
  EXPECT_EQ(detail::quote_table(Engine::postgres, R"(a"; DROP TABLE b; --)"), R"("a""; DROP TABLE b; --")");
  EXPECT_EQ(detail::quote_table(Engine::mariadb, "a`b"), "`a``b`");
  EXPECT_EQ(detail::quote_column(Engine::sqlite, "a.b"), R"("a.b")");
}

class DataInsert : public OnEngine {
 protected:
  static std::string schema() {
    switch (engine()) {
      case Engine::postgres: return "public.";
      case Engine::sqlite: return "main.";
      case Engine::mysql:
      case Engine::mariadb: return "test.";
    }
    return "";
  }
  static int count(Database& db) {
    return db.transact([](TransactionRef tx) { return tx.value<int>("SELECT count(*) FROM bulk"); });
  }
};

TEST_P(DataInsert, InsertsMoreRowsThanOneStatementHolds) {
  make_table("bulk", "id integer PRIMARY KEY, word varchar(20), at " + tested().time_type);
  Database db = database();
  const auto rows = std::views::iota(0, 50'000) | std::views::transform([](int id) {
                      return std::tuple(id, id % 2 == 0 ? std::optional(std::to_string(id)) : std::nullopt,
                                        TimePoint(std::chrono::microseconds(id)));
                    });
  const auto inserted =
      db.transact([&](TransactionRef tx) { return insert_many(tx, schema() + "bulk", {"id", "word", "at"}, rows); });
  EXPECT_EQ(inserted, 50'000U);
  db.transact([](TransactionRef tx) {
    EXPECT_EQ((*tx.row<int, int, std::int64_t>("SELECT count(*), count(word), sum(id) FROM bulk")),
              std::tuple(50'000, 25'000, 1'249'975'000));
    EXPECT_EQ((*tx.row<std::string, TimePoint>("SELECT word, at FROM bulk WHERE id = 49998")),
              std::tuple("49998", TimePoint(std::chrono::microseconds(49'998))));
  });
}

TEST_P(DataInsert, AFailureInALaterBatchLeavesNothing) {
  make_table("bulk", "id integer PRIMARY KEY");
  Database db = database();
  std::vector<std::tuple<int>> rows(70'000);
  for (std::size_t index = 0; index < rows.size(); ++index) rows[index] = static_cast<int>(index);
  rows.back() = 5;  // There already.
  const Error error = error_of([&] { db.transact([&](TransactionRef tx) { insert_many(tx, "bulk", {"id"}, rows); }); });
  EXPECT_EQ(error.code, ErrorCode::constraint);
  EXPECT_EQ(count(db), 0);
}

TEST_P(DataInsert, AwkwardNamesAreNames) {
  const char quote = detail::is_mysql(engine()) ? '`' : '"';
  const auto quoted = [quote](const std::string& name) { return quote + name + quote; };
  make_table(quoted("bulk order; --"), quoted("select") + " integer, " + quoted("it's") + " integer");
  Database db = database();
  db.transact([&](TransactionRef tx) {
    EXPECT_EQ(insert_many(tx, "bulk order; --", {"select", "it's"}, std::vector<std::pair<int, int>>{{1, 2}}), 1U);
    EXPECT_EQ(tx.value<int>("SELECT count(*) FROM " + quoted("bulk order; --")), 1);
  });
}

TEST_P(DataInsert, NeedsATransaction) {
  make_table("bulk", "id integer PRIMARY KEY");
  Database db = database();
  const Error error = error_of([&] {
    db.without_transaction(
        [](TransactionRef tx) { insert_many(tx, "bulk", {"id"}, std::vector<std::tuple<int>>{{1}}); });
  });
  EXPECT_EQ(error.code, ErrorCode::misuse);
  EXPECT_EQ(count(db), 0);
}

TEST_P(DataInsert, NoRowsSendNoStatement) {
  Database db = database();
  db.transact([](TransactionRef tx) {
    EXPECT_EQ(insert_many(tx, "no_such_table", {"id"}, std::vector<std::tuple<int>>()), 0U);
  });
}

INSTANTIATE_TEST_SUITE_P(Every, DataInsert, ::testing::ValuesIn(data_cases()),
                         [](const auto& tested) { return tested.param.label; });

}  // namespace
}  // namespace lockkeeper::testing
