#include "client/drivers/mysql_commit_words.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

namespace lockkeeper::client::mysql {
namespace {

bool is_space(char character) { return std::isspace(static_cast<unsigned char>(character)) != 0; }
bool is_digit(char character) { return std::isdigit(static_cast<unsigned char>(character)) != 0; }

// `/*!40101` and `/*M!100100`: what follows is executed, and is read as if nothing stood around it.
std::size_t executable_opening(std::string_view text) {
  for (const std::string_view opening : {"/*!", "/*M!"}) {
    if (!text.starts_with(opening)) continue;
    const auto end = std::ranges::find_if_not(text.substr(opening.size()), is_digit);
    return static_cast<std::size_t>(end - text.begin());
  }
  return 0;
}

// The length of what stands for nothing at the start of the text: blanks, comments, and '(' before a SELECT.
std::size_t nothing_length(std::string_view text) {
  if (text.empty()) return 0;
  if (is_space(text.front()) || text.front() == '(' || text.front() == ';') return 1;
  const bool is_line = text.front() == '#' || (text.starts_with("--") && (text.size() == 2 || is_space(text[2])));
  if (is_line) return std::min(text.find('\n'), text.size());
  if (!text.starts_with("/*")) return 0;
  if (const std::size_t opening = executable_opening(text); opening != 0) return opening;
  const auto end = text.find("*/", 2);
  return end == std::string_view::npos ? text.size() : end + 2;
}

std::string next_word(std::string_view& sql) {
  while (const std::size_t length = nothing_length(sql)) sql.remove_prefix(length);
  std::string word;
  while (word.size() < sql.size() && std::isalpha(static_cast<unsigned char>(sql[word.size()])) != 0) {
    word += static_cast<char>(std::toupper(static_cast<unsigned char>(sql[word.size()])));
  }
  sql.remove_prefix(word.size());
  return word;
}

template <std::size_t count>
bool is_one_of(const std::string& word, const std::array<std::string_view, count>& words) {
  return std::ranges::find(words, word) != words.end();
}

// SET may call functions, turn autocommit on or change a password (both commit), or begin a SET STATEMENT ... FOR.
bool is_harmless_set(std::string_view rest) {
  std::string text(rest);
  std::ranges::transform(text, text.begin(), [](unsigned char letter) { return std::tolower(letter); });
  constexpr auto telling = std::to_array<std::string_view>({"(", "autocommit", "password", "statement"});
  return std::ranges::none_of(telling, [&](std::string_view piece) { return text.contains(piece); });
}

}  // namespace

// Named are those that surely do not: CALL may, and of what a later version adds we cannot know.
bool may_end_transaction(std::string_view sql) {
  constexpr auto harmless = std::to_array<std::string_view>(
      {"DELETE", "DESC", "DESCRIBE", "DO", "EXPLAIN", "HANDLER", "INSERT", "KILL", "RELEASE", "REPLACE", "ROLLBACK",
       "SAVEPOINT", "SELECT", "SHOW", "TABLE", "UPDATE", "USE", "VALUES", "WITH"});
  const std::string word = next_word(sql);
  if (word == "SET") return !is_harmless_set(sql);
  return !is_one_of(word, harmless);
}

bool never_commits_by_itself(std::string_view sql) {
  constexpr auto harmless =
      std::to_array<std::string_view>({"DESC", "DESCRIBE", "KILL", "RELEASE", "ROLLBACK", "SAVEPOINT", "SHOW", "USE"});
  const std::string word = next_word(sql);
  // BEGIN NOT ATOMIC is a whole block of statements, and START has other uses than TRANSACTION.
  if (word == "BEGIN") return next_word(sql) != "NOT";
  if (word == "START") return next_word(sql) == "TRANSACTION";
  if (word == "SET") return is_harmless_set(sql);
  return is_one_of(word, harmless);
}

}  // namespace lockkeeper::client::mysql
