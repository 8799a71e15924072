// Typed queries against real databases: every type there and back, and what they say when they cannot.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include <lockkeeper/queries.hpp>

#include "library/data_engine.hpp"

namespace lockkeeper::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class DataQueries : public OnEngine {
 protected:
  // A table of one column, for one value there and back.
  static Session session_with_column(const std::string& type) {
    make_table("one", "value " + type);
    return connect();
  }

  template <class Type>
  static Type there_and_back(Session& session, const Type& value) {
    session.execute("DELETE FROM one");
    session.execute(sql("INSERT INTO one VALUES ($1)"), value);
    return session.value<Type>("SELECT value FROM one");
  }

  static bool is_postgres() { return engine() == Engine::postgres; }
  static bool is_sqlite() { return engine() == Engine::sqlite; }
  static std::string uuid_type() { return is_postgres() ? "uuid" : "char(36)"; }
};

TEST_P(DataQueries, IntegersComeBackFromTheirWholeRange) {
  Session session = session_with_column(tested().bigint_type);
  for (const std::int64_t value : {std::numeric_limits<std::int64_t>::min(), std::int64_t{-1}, std::int64_t{0},
                                   std::numeric_limits<std::int64_t>::max()}) {
    EXPECT_EQ(there_and_back(session, value), value);
  }
  EXPECT_EQ(there_and_back(session, std::int8_t{-128}), -128);
  EXPECT_EQ(there_and_back(session, std::uint32_t{4'294'967'295}), 4'294'967'295U);
  EXPECT_TRUE(
      rc::check("int64", [&session](std::int64_t value) { RC_ASSERT(there_and_back(session, value) == value); }));
}

TEST_P(DataQueries, TruthComesBack) {
  Session session = session_with_column(tested().boolean_type);
  EXPECT_TRUE(there_and_back(session, true));
  EXPECT_FALSE(there_and_back(session, false));
}

TEST_P(DataQueries, FloatingNumbersComeBackToTheLastBit) {
  Session session = session_with_column(tested().double_type);
  for (const double value : {0.1, -0.0, 1e300, 5e-308, 1.0 / 3, std::numeric_limits<double>::max()}) {
    EXPECT_EQ(there_and_back(session, value), value);
  }
  EXPECT_EQ(there_and_back(session, 0.1F), 0.1F);
  if (is_postgres()) {
    EXPECT_TRUE(std::isnan(there_and_back(session, std::numeric_limits<double>::quiet_NaN())));
    EXPECT_EQ(there_and_back(session, -std::numeric_limits<double>::infinity()),
              -std::numeric_limits<double>::infinity());
  }
  EXPECT_TRUE(rc::check("double", [&session](double value) { RC_ASSERT(there_and_back(session, value) == value); }));
}

TEST_P(DataQueries, TextComesBack) {
  Session session = session_with_column(tested().text_type);
  for (const std::string& value : {std::string(), std::string("it's \"quoted\" \\ {NULL}"), std::string("Ünïcödé 😀"),
                                   std::string(100'000, 'x')}) {
    EXPECT_EQ(there_and_back(session, value), value);
  }
  EXPECT_EQ(session.value<std::string>(sql("SELECT value FROM one WHERE value = $1"), std::string(100'000, 'x')).size(),
            100'000U);
}

TEST_P(DataQueries, BytesComeBack) {
  Session session = session_with_column(tested().bytes_type);
  std::vector<std::byte> every_byte;
  for (int value = 0; value < 256; ++value) every_byte.push_back(static_cast<std::byte>(value));
  EXPECT_EQ(there_and_back(session, every_byte), every_byte);
  EXPECT_EQ(there_and_back(session, std::vector<std::byte>()), std::vector<std::byte>());
  const auto uuid = *Uuid::parse("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11");
  session.execute("DELETE FROM one");
  session.execute(sql("INSERT INTO one VALUES ($1)"), uuid.view());
  EXPECT_EQ(session.value<Uuid>("SELECT value FROM one"), uuid);
}

TEST_P(DataQueries, TimesComeBackToTheMicrosecond) {
  Session session = session_with_column(tested().time_type);
  const TimePoint time = std::chrono::sys_days(std::chrono::year(2024) / 2 / 29) + 23h + 59min + 59s + 999'999us;
  EXPECT_EQ(there_and_back(session, time), time);
  EXPECT_EQ(there_and_back(session, TimePoint(1us)), TimePoint(1us));
  const auto finer = std::chrono::sys_time<std::chrono::nanoseconds>(1'700'000'000s + 123'456'789ns);
  session.execute("DELETE FROM one");
  session.execute(sql("INSERT INTO one VALUES ($1)"), finer);
  EXPECT_EQ(session.value<std::chrono::system_clock::time_point>("SELECT value FROM one"), finer - 789ns);
  EXPECT_EQ(session.value<std::chrono::sys_seconds>("SELECT value FROM one"), std::chrono::sys_seconds(1'700'000'000s));
  // MySQL's DATETIME begins with the year 1000.
  EXPECT_TRUE(rc::check("TimePoint", [&session] {
    const TimePoint any{std::chrono::seconds(*rc::gen::inRange<std::int64_t>(-30'000'000'000, 250'000'000'000)) +
                        std::chrono::microseconds(*rc::gen::inRange(0, 1'000'000))};
    RC_ASSERT(there_and_back(session, any) == any);
  }));
}

TEST_P(DataQueries, DatesComeBack) {
  Session session = session_with_column("date");
  const std::chrono::sys_days leap_day = std::chrono::year(2024) / 2 / 29;
  EXPECT_EQ(there_and_back(session, leap_day), leap_day);
  EXPECT_EQ(session.value<TimePoint>("SELECT value FROM one"), TimePoint(leap_day));
}

TEST_P(DataQueries, UuidsAndDecimalsComeBack) {
  Session session = session_with_column(uuid_type());
  const auto uuid = *Uuid::parse("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11");
  EXPECT_EQ(there_and_back(session, uuid), uuid);
  EXPECT_EQ(session.value<Uuid>(sql("SELECT value FROM one WHERE value = $1"), uuid), uuid);
  // SQLite would make a floating number of a column of type decimal.
  session = session_with_column(is_sqlite() ? "text" : "decimal(30, 10)");
  const auto amount = *Decimal::parse("-12345678901234567890.0123456789");
  EXPECT_EQ(there_and_back(session, amount), amount);
}

TEST_P(DataQueries, NullsComeBackAsEmptyOptionals) {
  Session session = session_with_column(tested().bigint_type);
  EXPECT_EQ(there_and_back(session, std::optional<int>()), std::nullopt);
  EXPECT_EQ(there_and_back(session, std::optional(3)), 3);
  session.execute(sql("INSERT INTO one VALUES ($1)"), std::nullopt);
  EXPECT_EQ(session.value<int>("SELECT count(*) FROM one WHERE value IS NULL"), 1);
  const Error error = error_of([&] { session.query<int>("SELECT value AS age FROM one ORDER BY value IS NULL"); });
  EXPECT_EQ(error.code, ErrorCode::conversion);
  EXPECT_THAT(error.message, HasSubstr("column \"age\", row 2: cannot be read as integer: it is NULL"));
}

enum class Status { draft = 1, published = 2 };

TEST_P(DataQueries, RowsAreTuples) {
  make_table("post", "id integer PRIMARY KEY, title " + tested().text_type + ", status integer");
  Session session = connect();
  session.execute(sql("INSERT INTO post VALUES ($1, $2, $3), (2, NULL, 1)"), 1, "first", Status::published);
  const auto posts =
      session.query<std::int64_t, std::optional<std::string>, Status>("SELECT id, title, status FROM post ORDER BY id");
  EXPECT_THAT(posts,
              ElementsAre(std::tuple(1, "first", Status::published), std::tuple(2, std::nullopt, Status::draft)));
  const auto [id, title] = *session.row<int, std::string>(sql("SELECT id, title FROM post WHERE id = $1"), 1);
  EXPECT_EQ(id, 1);
  EXPECT_EQ(title, "first");
  EXPECT_EQ(session.row<int>("SELECT id FROM post WHERE id = 99"), std::nullopt);
  EXPECT_EQ(session.value<int>("SELECT count(*) FROM post"), 2);
  EXPECT_EQ(session.execute("SELECT id FROM post").size(), 2U);
}

TEST_P(DataQueries, TheWrongNumberOfRowsOrColumnsIsAnError) {
  make_table("post", "id integer PRIMARY KEY");
  Session session = connect();
  session.execute("INSERT INTO post VALUES (1), (2)");
  const auto message = [&](const std::function<void()>& action) {
    const Error error = error_of(action);
    EXPECT_EQ(error.code, ErrorCode::conversion);
    EXPECT_EQ(error.blast, Blast::statement);
    return error.message;
  };
  EXPECT_EQ(message([&] { session.value<int>("SELECT id FROM post"); }), "one row was asked for, 2 came");
  EXPECT_EQ(message([&] { session.row<int>("SELECT id FROM post"); }), "one row was asked for, 2 came");
  EXPECT_EQ(message([&] { session.value<int>("SELECT id FROM post WHERE id = 3"); }),
            "one row was asked for, none came");
  EXPECT_EQ(message([&] { session.query<int>("SELECT id, id FROM post"); }),
            "the statement returns 2 columns, 1 was asked for");
  EXPECT_EQ((message([&] { session.query<int, int>("SELECT id FROM post"); })),
            "the statement returns 1 column, 2 were asked for");
}

TEST_P(DataQueries, AReadingErrorLeavesTheTransactionUsable) {
  make_table("post", "id integer PRIMARY KEY, word varchar(20)");
  Session session = connect();
  session.connection().begin({}, soon());
  session.execute("INSERT INTO post VALUES (1, 'one')");
  EXPECT_EQ(error_of([&] { session.value<int>("SELECT word FROM post"); }).code, ErrorCode::conversion);
  EXPECT_EQ(session.connection().transaction_status(), TransactionStatus::open);
  EXPECT_EQ(session.value<std::string>("SELECT word FROM post"), "one");
  session.execute("ROLLBACK");
}

TEST_P(DataQueries, PostgresArraysComeBack) {
  if (!is_postgres()) GTEST_SKIP() << "no arrays";
  Session session = session_with_column("text[]");
  using Texts = std::vector<std::optional<std::string>>;
  EXPECT_EQ(there_and_back(session, Texts{"a", std::nullopt, "NULL", "", "\"{,}\\ \n"}).size(), 5U);
  EXPECT_TRUE(rc::check("text[]", [&session] {
    Texts texts;
    const auto character = rc::gen::elementOf(std::string("aN\"\\{},' \tU"));
    for (const auto& text : *rc::gen::container<std::vector<std::string>>(rc::gen::container<std::string>(character))) {
      texts.emplace_back(text);
    }
    if (*rc::gen::arbitrary<bool>()) texts.emplace_back(std::nullopt);
    RC_ASSERT(there_and_back(session, texts) == texts);
  }));
  session = session_with_column("bigint[]");
  EXPECT_THAT(there_and_back(session, std::vector<std::int64_t>{1, -2, 3}), ElementsAre(1, -2, 3));
  EXPECT_TRUE(there_and_back(session, std::vector<std::int64_t>{}).empty());
  EXPECT_EQ(session.value<int>("SELECT count(*) FROM one WHERE value = $1", std::vector<int>{}), 1);
  session = session_with_column("bytea[]");
  const std::vector<std::vector<std::byte>> bytes{{std::byte{0}, std::byte{255}}, {}};
  EXPECT_EQ(there_and_back(session, bytes), bytes);
  session = session_with_column("timestamptz[]");
  EXPECT_THAT(there_and_back(session, std::vector{TimePoint(1us)}), ElementsAre(TimePoint(1us)));
  session = session_with_column("float8[]");
  EXPECT_THAT(there_and_back(session, std::vector{0.1, -std::numeric_limits<double>::infinity()}),
              ElementsAre(0.1, -std::numeric_limits<double>::infinity()));
  EXPECT_THAT(session.value<std::vector<int>>("SELECT '[3:4]={7,8}'::int[]"), ElementsAre(7, 8));
}

TEST_P(DataQueries, PostgresTimesKeepTheirInstantInAnyZone) {
  if (!is_postgres()) GTEST_SKIP() << "no zones";
  Session session = session_with_column("timestamptz");
  const TimePoint time = std::chrono::sys_days(std::chrono::year(2024) / 7 / 1) + 12h + 1us;
  for (const std::string zone : {"UTC", "Asia/Kolkata", "America/St_Johns", "Australia/Eucla", "Europe/Berlin"}) {
    session.execute("SET TIME ZONE '" + zone + "'");
    EXPECT_EQ(there_and_back(session, time), time) << zone;
    EXPECT_EQ(session.value<int>("SELECT count(*) FROM one WHERE value = $1", time), 1) << zone;
  }
  // Local mean time: an offset with seconds.
  session.execute("SET TIME ZONE 'Europe/Amsterdam'");
  const TimePoint old = std::chrono::sys_days(std::chrono::year(1800) / 1 / 1);
  EXPECT_EQ(there_and_back(session, old), old);
  const TimePoint before_christ = std::chrono::sys_days(std::chrono::year(-43) / 3 / 15);
  EXPECT_EQ(there_and_back(session, before_christ), before_christ);
  EXPECT_EQ(error_of([&] { session.value<TimePoint>("SELECT 'infinity'::timestamptz"); }).code, ErrorCode::conversion);
  EXPECT_EQ(session.value<std::chrono::sys_days>("SELECT '0044-03-15 BC'::date"),
            std::chrono::sys_days(std::chrono::year(-43) / 3 / 15));
}

INSTANTIATE_TEST_SUITE_P(Every, DataQueries, ::testing::ValuesIn(data_cases()),
                         [](const auto& tested) { return tested.param.label; });

}  // namespace
}  // namespace lockkeeper::testing
