// Shared by the tests of the fingerprint: short names for the dialects, and the two questions asked all the time.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "sql/fingerprint.hpp"

namespace lockkeeper::sql::test {

inline constexpr Options postgres{.backslashes = Backslashes::plain};
inline constexpr Options mysql{.dialect = Dialect::mysql, .backslashes = Backslashes::escapes};
inline constexpr Options mysql_ansi{
    .dialect = Dialect::mysql, .ansi_quotes = true, .backslashes = Backslashes::escapes};
inline constexpr Options mysql_plain_backslash{.dialect = Dialect::mysql, .backslashes = Backslashes::plain};

struct Pair {
  std::string_view left;
  std::string_view right;
  Options options{};
};

inline Fingerprint print_of(std::string_view text, const Options& options = {}) {
  const Statement statement = analyze(text, options);
  std::string scratch;
  EXPECT_EQ(fingerprint(text, options, scratch), statement.fingerprint) << text;
  return statement.fingerprint;
}

inline std::string normalized(std::string_view text, const Options& options = {}) {
  return analyze(text, options).normalized;
}

inline void expect_same(const std::vector<Pair>& pairs) {
  for (const Pair& pair : pairs) {
    EXPECT_EQ(print_of(pair.left, pair.options), print_of(pair.right, pair.options))
        << pair.left << "   ->   " << normalized(pair.left, pair.options) << "\n"
        << pair.right << "   ->   " << normalized(pair.right, pair.options);
  }
}

inline void expect_different(const std::vector<Pair>& pairs) {
  for (const Pair& pair : pairs) {
    EXPECT_NE(print_of(pair.left, pair.options), print_of(pair.right, pair.options)) << pair.left << "\n" << pair.right;
  }
}

/// The statements of the corpus: separated by empty lines.
std::vector<std::string> corpus();

}  // namespace lockkeeper::sql::test
