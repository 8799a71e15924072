// Any bytes at all.
#include <random>

#include "sql/support.hpp"

namespace lockkeeper::sql::test {
namespace {

void expect_survives(std::string_view text) {
  for (const Options& options : {postgres, mysql, mysql_ansi, mysql_plain_backslash}) print_of(text, options);
}

TEST(Robustness, EveryPairOfBytes) {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const char pair[] = {static_cast<char>(first), static_cast<char>(second)};
      expect_survives({pair, 2});
    }
  }
}

TEST(Robustness, RandomBytesOfSql) {
  std::mt19937 random(20240501);
  constexpr std::string_view bytes = "'\"`$/*-+!#\\(),;:?@.[]{} \n\0aAeExXuU&_01=<>|~%\xff\xc3";
  for (int round = 0; round < 20'000; ++round) {
    std::string text(random() % 60, ' ');
    for (char& c : text) c = bytes[random() % bytes.size()];
    expect_survives(text);
  }
}

TEST(Robustness, EmbeddedNulIsWhiteSpace) {
  EXPECT_EQ(print_of(std::string_view("SELECT\0a", 8)), print_of("SELECT a"));
  expect_survives({nullptr, 0});
}

TEST(Robustness, MegabytesAndDepthCostNothingSpecial) {
  const std::size_t million = 1'000'000;
  expect_survives("SELECT '" + std::string(million, 'x') + "'");
  expect_survives("SELECT " + std::string(million, 'x'));
  expect_survives("SELECT " + std::string(100'000, '(') + "1" + std::string(100'000, ')'));
  for (const std::string_view piece :
       {"(", ")",  "[",   "$",   "$a",  "/*",         "'",  "''", "\"",  "`",           "-",  "(1),", "((1),(2)),",
        ";", "E'", "_a ", "/*!", "/*+", "SELECT /*+", "a.", "::", ", (", "VALUES (1),", "1e", "0x",   "- "}) {
    std::string text;
    while (text.size() < 200'000) text += piece;
    expect_survives(text);
  }
}

TEST(Robustness, EqualNeighboursAtEveryDepthStayLinear) {
  std::string text = "1";
  while (text.size() < 1'000'000) text = "(" + text + "),(" + text + ")";
  EXPECT_EQ(normalized("VALUES " + text).substr(0, 10), "VALUES (((");
}

TEST(Robustness, ScratchIsReused) {
  std::string scratch;
  const std::string text = "SELECT a FROM t WHERE b IN (1, 2, 3)";
  const Fingerprint first = fingerprint(text, postgres, scratch);
  const char* const before = scratch.data();
  EXPECT_EQ(fingerprint(text, postgres, scratch), first);
  EXPECT_EQ(scratch.data(), before);
}

}  // namespace
}  // namespace lockkeeper::sql::test
