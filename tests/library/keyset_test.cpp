// Keyset pages without a database: what a declaration says, its statements, tokens, and pages that do not advance.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <ranges>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <lockkeeper/keyset.hpp>

#include "client/driver_under_test.hpp"
#include "client/keyset_declaration.hpp"
#include "client/keyset_reader.hpp"
#include "client/keyset_token.hpp"

namespace lockkeeper::testing {
namespace {

using client::Cursor;
using client::cursor_parameters;
using client::declare;
using client::from_token;
using client::KeysetDeclaration;
using client::page_statement;
using client::to_token;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

static_assert(std::ranges::input_range<KeysetPages>);
static_assert(KeyType<std::int64_t> && KeyType<Uuid> && KeyType<TimePoint> && KeyType<std::chrono::sys_days>);
static_assert(!KeyType<double> && !KeyType<bool> && !KeyType<std::optional<int>> && !KeyType<Decimal>);

KeysetDeclaration by_id() { return declare({.table = "post", .key = {ascending<std::int64_t>("id")}}); }

KeysetDeclaration by_time_and_id() {
  return declare({.select = "SELECT * FROM post WHERE author = $1 -- all",
                  .key = {descending<TimePoint>("created_at"), ascending<std::int64_t>("id")},
                  .page_size = 10,
                  .name = "posts"});
}

TEST(KeysetDeclaration, OneDeclarationOrdersAndAsksForTheNextPage) {
  EXPECT_EQ(page_statement(by_id(), Engine::postgres, false, 0), R"(SELECT * FROM "post" ORDER BY "id" LIMIT 101)");
  EXPECT_EQ(page_statement(by_id(), Engine::mysql, true, 0),
            "SELECT * FROM `post` WHERE `id` > ? ORDER BY `id` LIMIT 101");
  EXPECT_EQ(page_statement(by_time_and_id(), Engine::postgres, true, 1),
            "SELECT * FROM (\nSELECT * FROM post WHERE author = $1 -- all\n) AS lockkeeper_page "
            "WHERE \"created_at\" <= $2 AND (\"created_at\" < $3 OR (\"created_at\" = $4 AND (\"id\" > $5))) "
            "ORDER BY \"created_at\" DESC, \"id\" LIMIT 11");
}

TEST(KeysetDeclaration, ComparesRowsWhereTheEngineFindsTheirRangeInAnIndex) {
  const auto declaration =
      declare({.table = "t", .key = {descending<int>("a"), descending<std::string>("b"), descending<int>("c")}});
  EXPECT_EQ(page_statement(declaration, Engine::postgres, true, 0),
            "SELECT * FROM \"t\" WHERE (\"a\", \"b\", \"c\") < ($1, $2, $3) "
            "ORDER BY \"a\" DESC, \"b\" DESC, \"c\" DESC LIMIT 101");
  EXPECT_EQ(page_statement(declaration, Engine::mariadb, true, 0),
            "SELECT * FROM `t` WHERE `a` <= ? AND (`a` < ? OR (`a` = ? AND (`b` < ? OR (`b` = ? AND (`c` < ?))))) "
            "ORDER BY `a` DESC, `b` DESC, `c` DESC LIMIT 101");
  const Cursor cursor{"1", "x", "2"};
  EXPECT_EQ(cursor_parameters(declaration, Engine::sqlite, cursor).size(), 3U);
  EXPECT_EQ(cursor_parameters(declaration, Engine::mysql, cursor).size(), 6U);
}

TEST(KeysetDeclaration, BindsEveryKindAsItIsCompared) {
  const auto declaration = declare(
      {.table = "t",
       .key = {ascending<std::int64_t>("a"), ascending<std::string>("b"), ascending<std::vector<std::byte>>("c"),
               ascending<Uuid>("d"), ascending<Uuid>("e"), ascending<std::uint64_t>("f")}});
  const Cursor cursor{"12", "12", "12", std::string(16, 'u'), std::string(36, 'u'), "18446744073709551615"};
  const auto parameters = cursor_parameters(declaration, Engine::sqlite, cursor);
  EXPECT_TRUE(std::holds_alternative<std::int64_t>(parameters[0].value()));
  EXPECT_TRUE(std::holds_alternative<std::string_view>(parameters[1].value()));
  EXPECT_TRUE(std::holds_alternative<BytesView>(parameters[2].value()));
  EXPECT_TRUE(std::holds_alternative<BytesView>(parameters[3].value()));
  EXPECT_TRUE(std::holds_alternative<std::string_view>(parameters[4].value()));
  EXPECT_TRUE(std::holds_alternative<std::string_view>(parameters[5].value()));
}

TEST(KeysetDeclaration, RefusesWhatCannotBePaged) {
  const std::vector<KeyColumn> id{ascending<int>("id")};
  const auto why = [](KeysetOptions options) {
    const Error error = error_of([&] { Keyset{std::move(options)}; });
    EXPECT_EQ(error.code, ErrorCode::misuse);
    return error.message;
  };
  EXPECT_THAT(why({.key = id}), HasSubstr("either a table or a select"));
  EXPECT_THAT(why({.table = "t", .select = "SELECT 1", .key = id}), HasSubstr("either a table or a select"));
  EXPECT_THAT(why({.select = "SELECT id FROM t; ", .key = id}), HasSubstr("semicolon"));
  EXPECT_THAT(why({.select = " \n", .key = id}), HasSubstr("empty"));
  EXPECT_THAT(why({.table = "t", .key = {}}), HasSubstr("1 to 16 columns, not 0"));
  EXPECT_THAT(why({.table = "t", .key = {id[0], id[0]}}), HasSubstr("twice: id"));
  EXPECT_THAT(why({.table = "t", .key = {ascending<int>("")}}), HasSubstr("empty"));
  EXPECT_THAT(why({.table = "t.", .key = id}), HasSubstr("empty part"));
  EXPECT_THAT(why({.table = "t", .key = id, .page_size = 0}), HasSubstr("1 to 100000 rows, not 0"));
}

TEST(KeysetToken, ComesBack) {
  const Cursor cursor{"2024-02-29 12:00:00+05:30", "42"};
  const std::string token = to_token(by_time_and_id(), cursor);
  EXPECT_THAT(token, MatchesRegex("[A-Za-z0-9_-]+"));
  EXPECT_EQ(from_token(by_time_and_id(), token), cursor);
  EXPECT_EQ(from_token(by_time_and_id(), ""), Cursor());
  EXPECT_EQ(to_token(by_time_and_id(), {}), "");
}

TEST(KeysetToken, OfAnotherDeclarationIsRefused) {
  const std::string token = to_token(by_id(), {"42"});
  const auto why = [&](KeysetOptions options) {
    const auto declaration = declare(std::move(options));
    const Error error = error_of([&] { static_cast<void>(from_token(declaration, token)); });
    EXPECT_EQ(error.code, ErrorCode::misuse);
    return error.message;
  };
  const auto another = HasSubstr("belongs to another declaration");
  EXPECT_THAT(why({.table = "posts", .key = {ascending<std::int64_t>("id")}}), another);
  EXPECT_THAT(why({.table = "post", .key = {descending<std::int64_t>("id")}}), another);
  EXPECT_THAT(why({.table = "post", .key = {ascending<std::int64_t>("author")}}), another);
  EXPECT_THAT(why({.table = "post", .key = {ascending<std::string>("id")}}), another);
  EXPECT_THAT(why({.select = "SELECT * FROM post", .key = {ascending<std::int64_t>("id")}}), another);
  // Neither page size nor name changes which row comes next.
  EXPECT_EQ(from_token(declare({.table = "post", .key = {ascending<std::int64_t>("id")}, .page_size = 7, .name = "n"}),
                       token),
            Cursor{"42"});
}

bool is_refused(const KeysetDeclaration& declaration, std::string_view token) {
  try {
    static_cast<void>(from_token(declaration, token));
    return false;
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.error().code, ErrorCode::misuse);
    EXPECT_THAT(failure.what(), HasSubstr("the page token"));
    return true;
  }
}

TEST(KeysetToken, MalformedIsRefused) {
  const auto declaration = by_id();
  const std::string token = to_token(declaration, {"42"});
  for (const std::string& bad : {std::string("x"), std::string("%00"), token + "A", token + "=", token.substr(1),
                                 std::string(100'000, 'A'), "AQ" + token.substr(2, 4)}) {
    EXPECT_TRUE(is_refused(declaration, bad)) << bad.substr(0, 60);
  }
  // A checksum is no proof: what it covers is checked all the same.
  EXPECT_TRUE(is_refused(declaration, to_token(declaration, {"42; DROP TABLE post"})));
  EXPECT_TRUE(is_refused(declaration, to_token(declaration, {"123456789012345678901"})));
  EXPECT_TRUE(is_refused(declaration, to_token(declaration, {""})));
  EXPECT_EQ(error_of([&] { static_cast<void>(to_token(declaration, {std::string(50'000, '1')})); }).code,
            ErrorCode::misuse);
}

TEST(KeysetTokenProperty, AnyKeyComesBackAndAnyChangeIsFound) {
  const auto declaration =
      declare({.table = "t",
               .key = {ascending<std::string>("a"), ascending<std::vector<std::byte>>("b"), ascending<int>("c")}});
  EXPECT_TRUE(rc::check("any key", [&](std::string text, const std::string& bytes, int number) {
    if (*rc::gen::arbitrary<bool>()) text += '\0';
    const Cursor cursor{text, bytes, std::to_string(number)};
    const std::string token = to_token(declaration, cursor);
    RC_ASSERT(from_token(declaration, token) == cursor);
    const auto at = *rc::gen::inRange<std::size_t>(0, token.size());
    std::string changed = token;
    changed[at] = *rc::gen::distinctFrom(token[at]);
    RC_ASSERT(is_refused(declaration, changed));
    RC_ASSERT(at == 0 || is_refused(declaration, token.substr(0, at)));
  }));
  EXPECT_TRUE(rc::check("garbage", [&](const std::string& garbage) {
    RC_PRE(!garbage.empty());
    RC_ASSERT(is_refused(declaration, garbage));
  }));
}

// A server that returns the pages it is told to, whatever is asked.
class ScriptedPages {
 public:
  using Page = std::vector<std::vector<std::optional<std::string>>>;

  ScriptedPages(std::vector<std::string> columns, std::deque<Page> pages)
      : columns_(std::move(columns)), pages_(std::move(pages)) {}

  client::KeysetReader reader(const KeysetDeclaration& declaration) {
    client::PageSource source{.engine = [] { return Engine::postgres; }, .run = [this](auto, auto) { return next(); }};
    return {std::make_shared<const KeysetDeclaration>(declaration), std::move(source), {}, {}};
  }

 private:
  // In a ring, for ever.
  Rows next() {
    Rows rows;
    rows.set_columns(columns_);
    for (const auto& row : pages_.front()) {
      for (const auto& cell : row) rows.append(cell);
    }
    pages_.push_back(pages_.front());
    pages_.pop_front();
    return rows;
  }

  std::vector<std::string> columns_;
  std::deque<Page> pages_;
};

// Reads until it fails, at most so many pages.
Error failure_within(client::KeysetReader reader, int pages) {
  return error_of([&] {
    for (int page = 0; page < pages; ++page) static_cast<void>(reader.read());
  });
}

// Incident 2: the same page again and again, for hours.
TEST(KeysetProgress, ThePageThatComesAgainIsAnError) {
  ScriptedPages same({"id", "title"}, {{{"1", "a"}, {"2", "b"}}});
  const Error error = failure_within(same.reader(by_id()), 2);
  EXPECT_EQ(error.code, ErrorCode::no_progress);
  EXPECT_EQ(error.blast, Blast::statement);
  EXPECT_THAT(error.message, AllOf(HasSubstr("keyset \"post\" by id"), HasSubstr("the page after id = 2 does not")));
}

TEST(KeysetProgress, APageThatBeginsAtTheCursorIsAnError) {
  ScriptedPages overlapping({"id"}, {{{"1"}, {"2"}}, {{"2"}, {"3"}}});
  EXPECT_EQ(failure_within(overlapping.reader(by_id()), 2).code, ErrorCode::no_progress);
}

TEST(KeysetProgress, NumbersThatGoBackAreAnErrorAtOnce) {
  ScriptedPages backwards({"id"}, {{{"10"}, {"20"}}, {{"9"}, {"21"}}});
  EXPECT_EQ(failure_within(backwards.reader(by_id()), 2).code, ErrorCode::no_progress);
  const auto downwards = declare({.table = "t", .key = {descending<int>("id")}});
  EXPECT_EQ(failure_within(backwards.reader(downwards), 2).code, ErrorCode::no_progress);
  ScriptedPages second({"a", "b"}, {{{"x", "5"}}, {{"x", "4"}}});
  const auto by_two = declare({.table = "t", .key = {ascending<std::string>("a"), ascending<int>("b")}});
  EXPECT_EQ(failure_within(second.reader(by_two), 2).code, ErrorCode::no_progress);
}

// How text is ordered only the database knows; but no page comes twice.
TEST(KeysetProgress, ARingOfPagesIsFoundWithinThriceItsLength) {
  for (const int length : {1, 2, 3, 7, 20}) {
    std::deque<ScriptedPages::Page> ring;
    for (int page = 0; page < length; ++page) ring.push_back({{"key" + std::to_string(page)}});
    ScriptedPages pages({"word"}, ring);
    const auto by_word = declare({.table = "t", .key = {ascending<std::string>("word")}});
    EXPECT_EQ(failure_within(pages.reader(by_word), 3 * length + 2).code, ErrorCode::no_progress) << length;
  }
}

TEST(KeysetProgress, TextsOfTheCursorAreNotTold) {
  ScriptedPages same({"email", "id"}, {{{"a@example.org", "7"}}});
  const auto declaration = declare({.table = "t", .key = {ascending<std::string>("email"), ascending<int>("id")}});
  EXPECT_THAT(failure_within(same.reader(declaration), 2).message,
              AllOf(HasSubstr("email = (not shown), id = 7"), Not(HasSubstr("example.org"))));
}

TEST(KeysetProgress, TwoRowsWithOneKeyAreAnError) {
  const auto small = declare({.table = "post", .key = {ascending<int>("author")}, .page_size = 2});
  for (const ScriptedPages::Page& page : {ScriptedPages::Page{{"1"}, {"1"}}, {{"1"}, {"2"}, {"2"}}}) {
    ScriptedPages pages({"author"}, {page});
    const Error error = failure_within(pages.reader(small), 1);
    EXPECT_EQ(error.code, ErrorCode::misuse);
    EXPECT_THAT(error.message, HasSubstr("two rows have the same key"));
  }
}

TEST(KeysetProgress, NullInTheKeyOrAMissingColumnIsAnError) {
  ScriptedPages null({"id"}, {{{"1"}, {std::nullopt}}});
  EXPECT_THAT(failure_within(null.reader(by_id()), 1).message, HasSubstr("column \"id\" is NULL in a row"));
  ScriptedPages missing({"title"}, {{{"1"}}});
  EXPECT_THAT(failure_within(missing.reader(by_id()), 1).message, HasSubstr("the result has no column \"id\""));
}

TEST(KeysetProgress, ColumnsAreFoundInTheTablesLetterCase) {
  ScriptedPages upper({"ID"}, {{{"1"}}});
  EXPECT_EQ(upper.reader(by_id()).read().size(), 1U);
}

}  // namespace
}  // namespace lockkeeper::testing
