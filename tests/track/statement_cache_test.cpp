// The statement cache: one entry a shape, bounded, nothing literal in it. And what parameters say.
#include "track/postgres/statement_cache.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "track/postgres/bound_values.hpp"

namespace lockkeeper::track::postgres {
namespace {

TEST(StatementCache, TextsOfOneShapeShareOneStatement) {
  StatementCache cache;
  const Seeing see{cache, sql::Backslashes::plain};
  const model::StatementPtr first = see("SELECT a FROM t WHERE id = 1").statement;
  EXPECT_EQ(see("select a from t where id = 'secret'").statement, first);
  EXPECT_EQ(see("SELECT a FROM t WHERE id = 1").statement, first) << "to the letter";
  EXPECT_EQ(cache.size(), 1U);
  EXPECT_EQ(first->text, "SELECT a FROM t WHERE id = ?");
  EXPECT_EQ(first->kind, sql::StatementKind::select);
  EXPECT_EQ(first->fingerprint, sql::analyze("SELECT a FROM t WHERE id = 1", {}).fingerprint);
  EXPECT_NE(see("SELECT b FROM t WHERE id = 1").statement, first);
}

TEST(StatementCache, TraitsComeWithTheStatement) {
  StatementCache cache;
  const Seeing see{cache, sql::Backslashes::plain};
  EXPECT_TRUE(see("LISTEN x").traits.has(Trait::listen));
  EXPECT_FALSE(see("SELECT 'LISTEN x'").traits.has_any(makes_state));
  EXPECT_TRUE(see("BEGIN; SELECT 1").traits.has(sql::StatementKind::begin));
  EXPECT_EQ(see("DEALLOCATE a").traits.deallocate_name(), "a");
}

TEST(StatementCache, ReadsStringsAsTheSessionDoes) {
  StatementCache cache;
  const std::string_view text = "SELECT 'it\\''; LISTEN x; SELECT '\\'s secret'";
  const Seen escaping = Seeing{cache, sql::Backslashes::escapes}(text);
  EXPECT_TRUE(escaping.traits.has(Trait::listen));
  EXPECT_EQ(escaping.statement->text, "SELECT ?; LISTEN x; SELECT ?");
  const Seen plain = Seeing{cache, sql::Backslashes::plain}("SELECT 'C:\\'; LISTEN x; SELECT 'C:\\'");
  EXPECT_TRUE(plain.traits.has(Trait::listen));
}

TEST(StatementCache, AQuotedCommandDoesNotHideTheRealOne) {
  StatementCache cache;
  const Seeing see{cache, sql::Backslashes::plain};
  static_cast<void>(see("\"commit\""));
  static_cast<void>(see("\"listen\" x"));
  EXPECT_EQ(see("COMMIT").statement->kind, sql::StatementKind::commit);
  EXPECT_TRUE(see("LISTEN x").traits.has(Trait::listen));
}

TEST(StatementCache, AnEmptyTextIsAStatementToo) {
  StatementCache cache;
  const Seeing see{cache, sql::Backslashes::plain};
  EXPECT_EQ(see("").statement->kind, sql::StatementKind::empty);
  EXPECT_EQ(see(" ; -- x").statement->kind, sql::StatementKind::empty);
  EXPECT_EQ(see(std::string_view()).traits.statements(), 0U);
}

TEST(StatementCache, IsBoundedAndKeepsWhatIsInUse) {
  StatementCache cache;
  const Seeing see{cache, sql::Backslashes::plain};
  const model::StatementPtr used = see("SELECT used").statement;
  for (std::size_t shape = 0; shape < 3 * StatementCache::generation; ++shape) {
    static_cast<void>(see("SELECT c" + std::to_string(shape)));
    if (shape % 1'000 == 0) static_cast<void>(see("SELECT  used"));
    ASSERT_LE(cache.size(), 2 * StatementCache::generation);
  }
  EXPECT_EQ(see("SELECT used").statement, used);
  EXPECT_EQ(see("SELECT c7").statement->text, "SELECT c7") << "forgotten, and learnt again";
  EXPECT_EQ(used->text, "SELECT used");
}

TEST(StatementCache, ManyLongShapesAreForgottenSooner) {
  StatementCache cache;
  const Seeing see{cache, sql::Backslashes::plain};
  const std::string filler(40'000, 'x');
  constexpr std::size_t shapes = 3 * StatementCache::generation_bytes / 40'000;
  for (std::size_t shape = 0; shape < shapes; ++shape) {
    static_cast<void>(see("SELECT c" + std::to_string(shape) + filler));
  }
  EXPECT_LE(cache.size(), 2 * StatementCache::generation_bytes / 40'000);
}

TEST(StatementCache, OfALongTextOnlyTheBeginningIsRead) {
  StatementCache cache;
  const Seeing see{cache, sql::Backslashes::plain};
  const std::string begin = "SELECT " + std::string(StatementCache::most_text - 7, 'x');
  const Seen& whole = see(begin);
  EXPECT_FALSE(whole.statement->truncated);
  EXPECT_FALSE(whole.traits.has(Trait::unknown_effects));
  const model::StatementPtr cut = see(begin + " FROM t").statement;
  EXPECT_TRUE(cut->truncated);
  EXPECT_TRUE(see(begin + "; LISTEN x").traits.has(Trait::unknown_effects)) << "nobody read what follows";
  EXPECT_EQ(see(begin + "; LISTEN x").statement, cut);
  EXPECT_NE(see(begin).statement, cut);
}

TEST(StatementCache, ATextThatGoesOnIsCutOff) {
  StatementCache cache;
  const Seeing see{cache, sql::Backslashes::plain};
  EXPECT_FALSE(see("SELECT 1").traits.has(Trait::unknown_effects));
  EXPECT_TRUE(see("SELECT 1", true).traits.has(Trait::unknown_effects));
  EXPECT_TRUE(see("SELECT 1", true).statement->truncated);
  EXPECT_FALSE(see("SELECT 1").statement->truncated);
}

std::string bind_body(std::span<const std::uint16_t> formats, std::span<const std::optional<std::string>> values,
                      std::uint16_t result_formats) {
  const auto big16 = [](std::size_t number) {
    return std::string{static_cast<char>(number >> 8U), static_cast<char>(number)};
  };
  std::string bytes = big16(formats.size());
  for (const std::uint16_t format : formats) bytes += big16(format);
  bytes += big16(values.size());
  for (const auto& value : values) {
    bytes += value ? big16(0) + big16(value->size()) + *value : std::string(4, '\xff');
  }
  return bytes + big16(result_formats) + std::string(result_formats * std::size_t{2}, '\0');
}

TEST(ParametersHash, TellsValuesApartAndNothingElse) {
  using Values = std::vector<std::optional<std::string>>;
  const std::vector<std::uint16_t> text = {0};
  const auto hash = [&](const Values& values) { return parameters_hash(bind_body({}, values, 0), 5); };
  EXPECT_EQ(hash({"1", "x"}), hash({"1", "x"}));
  EXPECT_EQ(hash({"1", "x"}), parameters_hash(bind_body(text, Values{"1", "x"}, 1), 5)) << "formats are no values";
  EXPECT_NE(hash({"1", "x"}), hash({"1", "y"}));
  EXPECT_NE(hash({"1", "x"}), hash({"1x"}));
  EXPECT_NE(hash({std::nullopt}), hash({""}));
  EXPECT_NE(hash({std::nullopt}), 0U);
  EXPECT_NE(hash({}), 0U) << "there are none: all runs are the same";
  EXPECT_NE(hash({"1"}), parameters_hash(bind_body({}, Values{"1"}, 0), 6)) << "another text, with other literals";
}

TEST(ParametersHash, IsNoneWhereBytesAreMissing) {
  const std::string whole =
      bind_body(std::vector<std::uint16_t>{0, 1}, std::vector<std::optional<std::string>>{"abc", "de"}, 0);
  for (std::size_t size = 0; size < whole.size() - 2; ++size) {
    EXPECT_EQ(parameters_hash(std::string_view(whole).substr(0, size), 5), 0U) << size;
  }
  EXPECT_NE(parameters_hash(whole, 5), 0U);
  EXPECT_EQ(parameters_hash(std::string(64, '\xff'), 5), 0U);
}

}  // namespace
}  // namespace lockkeeper::track::postgres
