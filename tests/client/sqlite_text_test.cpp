// What the SQLite driver knows without a database: URLs, pragmas, words, texts of values.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <string>

#include <lockkeeper/sqlite.hpp>

#include "client/driver_under_test.hpp"
#include "client/drivers/sqlite_cells.hpp"
#include "client/drivers/sqlite_errors.hpp"
#include "client/drivers/sqlite_pragmas.hpp"
#include "client/drivers/sqlite_url.hpp"
#include "client/drivers/sqlite_words.hpp"

namespace lockkeeper::testing {
namespace {

using namespace client::sqlite;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

Location parsed(std::string_view url) {
  auto location = parse_url(url);
  if (location) return *location;
  ADD_FAILURE() << url << ": " << location.error().message;
  return {};
}

Error refused(std::string_view url) {
  const auto location = parse_url(url);
  if (!location) return location.error();
  ADD_FAILURE() << url << " was taken for " << location->file;
  return {};
}

TEST(SqliteUrl, NamesAFile) {
  const std::array<std::pair<std::string_view, std::string_view>, 12> files{{
      {"sqlite:///var/lib/app.db", "/var/lib/app.db"},
      {"sqlite:/var/lib/app.db", "/var/lib/app.db"},
      {"sqlite:app.db", "app.db"},
      {"sqlite:folder/app.db", "folder/app.db"},
      {"SQLite:app.db", "app.db"},
      {"sqlite:file:app.db", "app.db"},
      {"sqlite:file:///app.db", "/app.db"},
      {"file:app.db", "app.db"},
      {"app.db", "app.db"},
      {"/var/lib/100%.db", "/var/lib/100%.db"},
      {"./a:b", "./a:b"},
      {"sqlite:50%25%20of%3F%23.db", "50% of?#.db"},
  }};
  for (const auto& [url, file] : files) {
    EXPECT_EQ(parsed(url).file, file) << url;
    EXPECT_FALSE(parsed(url).is_memory) << url;
  }
}

TEST(SqliteUrl, NamesMemory) {
  for (const std::string_view url : {"sqlite::memory:", ":memory:", "sqlite::memory:?foreign_keys=off",
                                     "sqlite:file:name?mode=memory&cache=shared", "file::memory:"}) {
    EXPECT_TRUE(parsed(url).is_memory) << url;
  }
  EXPECT_EQ(parsed("sqlite:file:name?mode=memory&cache=shared").uri(), "file:name?mode=memory&cache=shared");
}

TEST(SqliteUrl, TellsOptionsFromPragmas) {
  const Location location = parsed("sqlite:a.db?MODE=ro&&synchronous=normal&immutable=1&Cache_Size=-2000");
  EXPECT_THAT(location.options, ElementsAre(Pair("mode", "ro"), Pair("immutable", "1")));
  EXPECT_THAT(location.pragmas, ElementsAre(Pair("synchronous", "normal"), Pair("cache_size", "-2000")));
  EXPECT_EQ(location.uri(), "file:a.db?mode=ro&immutable=1");
}

TEST(SqliteUrl, BecomesAnUriThatSqliteReadsBack) {
  EXPECT_EQ(parsed("/var/lib/100%.db").uri(), "file:///var/lib/100%25.db");
  EXPECT_EQ(parsed("sqlite:a%3Fmode=ro%23%26.db").uri(), "file:a%3Fmode%3Dro%23%26.db");
}

TEST(SqliteUrl, ThatCannotBeReadIsAConfigurationError) {
  for (const std::string_view url :
       {"postgresql://root:secret@host/db", "mysql:secret", "sqlite://host/file", "sqlite://root:secret@host/file",
        "sqlite://relative.db", "sqlite:", "sqlite:?mode=ro", "", "sqlite:a%2.db", "sqlite:a%00.db",
        "sqlite:a.db#secret", "app.db?mode=ro", "sqlite:///:memory:", "sqlite:a.db?mode=write", "sqlite:a.db?cache=big",
        "sqlite:a.db?immutable=perhaps", "sqlite:a.db?vfs=none", "sqlite:a.db?cache%=shared"}) {
    const Error error = refused(url);
    EXPECT_EQ(error.code, ErrorCode::configuration) << url;
    EXPECT_EQ(error.blast, Blast::connection) << url;
    EXPECT_THAT(error.message, Not(HasSubstr("secret"))) << url;
  }
  EXPECT_THAT(refused("sqlite://relative.db").message, HasSubstr("sqlite:relative/file"));
  EXPECT_THAT(refused("sqlite:a.db?mode=write").message, HasSubstr("ro, rw, rwc or memory"));
  EXPECT_EQ(refused(std::string_view("a\0b", 3)).code, ErrorCode::configuration);
}

TEST(SqliteUrl, IsPublicWithoutItsSecrets) {
  const auto driver = make_sqlite_driver();
  for (const std::string url : {"sqlite:///var/lib/app.db", "sqlite:app.db?mode=ro&cache_size=10", "app.db", "a@b.db",
                                ":memory:", "sqlite::memory:", "file:name?mode=memory&cache=shared", "./a:b", ""}) {
    EXPECT_EQ(driver->public_url(url), url);
  }
  const std::array<std::pair<std::string, std::string>, 8> shortened{{
      {"sqlite:a.db?key=secret&mode=ro", "sqlite:a.db?mode=ro"},
      {"sqlite:a.db?mode=ro&hexkey=secret", "sqlite:a.db?mode=ro"},
      {"sqlite:a.db?PassWord=secret", "sqlite:a.db"},
      {"sqlite:a.db?k%65y=secret", "sqlite:a.db"},
      {"sqlite://root:secret@host/a.db", "sqlite://…"},
      {"sqlite://root:sec/ret@host/a.db?mode=ro", "sqlite://…"},
      {"postgresql://root:secret@host/db", "postgresql://…"},
      {"host=here password=secret", "…"},
  }};
  for (const auto& [url, expected] : shortened) EXPECT_EQ(driver->public_url(url), expected);
}

Result<Pragmas> pragmas(std::string_view url, std::map<std::string, std::string> settings = {}) {
  Target target;
  target.settings = std::move(settings);
  return pragmas_of(parsed(url), target);
}

TEST(SqlitePragmas, SettingsWinOverTheUrl) {
  const auto found = pragmas("sqlite:a.db?synchronous=full&cache_size=5", {{"Synchronous", "normal"}});
  ASSERT_TRUE(found);
  EXPECT_THAT(found->statements,
              ElementsAre("PRAGMA cache_size='5'", "PRAGMA foreign_keys='on'", "PRAGMA synchronous='normal'"));
  EXPECT_EQ(found->journal_mode, "");
  EXPECT_FALSE(found->query_only);
}

TEST(SqlitePragmas, JournalModeAndQueryOnlyStandApart) {
  const auto found = pragmas("sqlite:a.db?journal_mode=DELETE&query_only=yes&foreign_keys=off");
  ASSERT_TRUE(found);
  EXPECT_THAT(found->statements, ElementsAre("PRAGMA foreign_keys='off'"));
  EXPECT_EQ(found->journal_mode, "delete");
  EXPECT_TRUE(found->query_only);
}

TEST(SqlitePragmas, WhatIsUnknownIsAConfigurationError) {
  const auto message = [](std::map<std::string, std::string> settings) {
    const auto found = pragmas("sqlite:a.db", std::move(settings));
    EXPECT_FALSE(found);
    if (found) return std::string();
    EXPECT_EQ(found.error().code, ErrorCode::configuration);
    return found.error().message;
  };
  EXPECT_THAT(message({{"jornal_mode", "wal"}}), HasSubstr("did you mean \"journal_mode\"?"));
  EXPECT_THAT(message({{"foreign_key", "on"}}), HasSubstr("did you mean \"foreign_keys\"?"));
  EXPECT_THAT(message({{"mod", "ro"}}), HasSubstr("did you mean \"mode\"?"));
  EXPECT_THAT(message({{"mode", "ro"}}), HasSubstr("belongs into the URL"));
  EXPECT_THAT(message({{"busy_timeout", "5000"}}), HasSubstr("deadline"));
  EXPECT_THAT(message({{"foreign_keys", "onn"}}), HasSubstr("not \"onn\""));
  EXPECT_THAT(message({{"synchronous", "most"}}), HasSubstr("off, normal, full, extra"));
  EXPECT_THAT(message({{"key", "secret"}}), Not(HasSubstr("secret")));
  EXPECT_THAT(message({{"user_version=1; DROP TABLE words; --", "1"}}), HasSubstr("name"));
  EXPECT_THAT(message({{"cache_size", std::string("1\0", 2)}}), HasSubstr("zero byte"));
}

TEST(SqlitePragmas, ValuesAreQuoted) {
  const auto found = pragmas("sqlite:a.db?foreign_keys=off", {{"temp_store_directory", "it's'; --"}});
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_THAT(found->statements, ElementsAre("PRAGMA foreign_keys='off'", "PRAGMA temp_store_directory='it''s''; --'"));
}

TEST(SqliteWords, OfTheFirstWord) {
  EXPECT_EQ(verb_of(" -- comment\n /* another */ ; sElEcT 1"), Verb::read);
  EXPECT_EQ(verb_of("REPLACE INTO t VALUES (1)"), Verb::rows);
  EXPECT_EQ(verb_of("commit"), Verb::transaction);
  EXPECT_EQ(verb_of("RELEASE a"), Verb::savepoint);
  EXPECT_EQ(verb_of("/**/PRAGMA x"), Verb::pragma);
  EXPECT_EQ(verb_of("CREATE TABLE t (x)"), Verb::other);
  EXPECT_EQ(verb_of("/* open"), Verb::other);
  EXPECT_EQ(verb_of(""), Verb::other);
}

TEST(SqliteWords, OfWhatIsLeft) {
  for (const std::string_view blank : {"", " \t\r\n", ";;", "-- end", "/* a */ -- b\n;", "/* never closed"}) {
    EXPECT_TRUE(is_blank(blank)) << blank;
  }
  EXPECT_FALSE(is_blank("-- a\nSELECT"));
  EXPECT_EQ(behind_first_statement("PRAGMA a='x;y' /* ; */ -- ;\n; rest"), "; rest");
  EXPECT_EQ(behind_first_statement("PRAGMA a"), "");
}

TEST(SqliteCells, DoublesLookAsSqliteWritesThemAndReadBack) {
  TextRoom room;
  const std::array<std::pair<double, std::string_view>, 14> texts{{{0.0, "0.0"},
                                                                   {1.0, "1.0"},
                                                                   {-2.5, "-2.5"},
                                                                   {0.1, "0.1"},
                                                                   {100000.0, "100000.0"},
                                                                   {1e14, "100000000000000.0"},
                                                                   {1e15, "1.0e+15"},
                                                                   {1e22, "1.0e+22"},
                                                                   {0.0001, "0.0001"},
                                                                   {0.00001, "1.0e-05"},
                                                                   {1.0 / 3, "0.3333333333333333"},
                                                                   {5e-324, "5.0e-324"},
                                                                   {std::numeric_limits<double>::infinity(), "Inf"},
                                                                   {-std::numeric_limits<double>::infinity(), "-Inf"}}};
  for (const auto& [value, text] : texts) EXPECT_EQ(text_of(value, room), text);
  EXPECT_EQ(text_of(std::numeric_limits<double>::lowest(), room), "-1.7976931348623157e+308");
  EXPECT_EQ(text_of(123456789012345.678, room), "123456789012345.67");
}

TEST(SqliteCells, TimesHaveTheirMicrosecondsAndYears) {
  using namespace std::chrono;
  using namespace std::chrono_literals;
  TextRoom room;
  EXPECT_EQ(text_of(TimePoint(), room), "1970-01-01 00:00:00.000000");
  EXPECT_EQ(text_of(TimePoint(sys_days(0y / 1 / 1)), room), "0000-01-01 00:00:00.000000");
  EXPECT_EQ(text_of(TimePoint(sys_days(9999y / 12 / 31)) + 23h + 59min + 59s + 999'999us, room),
            "9999-12-31 23:59:59.999999");
  const auto too_early = [&] { static_cast<void>(text_of(sys_days(0y / 1 / 1) - 1us, room)); };
  const auto too_late_for_it = [&] { static_cast<void>(text_of(TimePoint(sys_days(10'000y / 1 / 1)), room)); };
  EXPECT_EQ(error_of(too_early).code, ErrorCode::conversion);
  EXPECT_EQ(error_of(too_late_for_it).code, ErrorCode::conversion);
}

TEST(SqliteErrors, QuoteNoParameter) {
  const std::array<Parameter, 3> parameters{7, "p4ssw0rd", "needle in hay"};
  const std::string_view sql = "SELECT json_extract(x, ?2) FROM words WHERE word MATCH ?3";
  EXPECT_EQ(without_values("JSON path error near 'p4ss'", sql, parameters), "JSON path error near '$2'");
  EXPECT_EQ(without_values("fts5: syntax error near \"needle\"", sql, parameters), "fts5: syntax error near \"$3\"");
  EXPECT_EQ(without_values("no such column: hay", sql, parameters), "no such column: $3");
  EXPECT_EQ(without_values("cannot open p4ssw0rd at all", sql, parameters), "cannot open $2 at all");
  EXPECT_EQ(without_values("no such table: words", sql, parameters), "no such table: words");
}

}  // namespace
}  // namespace lockkeeper::testing
