#include "client/drivers/commit_words.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

namespace lockkeeper::client {
namespace {

bool is_space(char character) { return std::isspace(static_cast<unsigned char>(character)) != 0; }

// The length of the comment at the start of the text, or 0. Block comments nest in PostgreSQL.
std::size_t comment_length(std::string_view text) {
  if (text.starts_with("--")) return std::min(text.find('\n'), text.size());
  if (!text.starts_with("/*")) return 0;
  std::size_t depth = 0;
  for (std::size_t at = 0; at + 1 < text.size(); ++at) {
    const std::string_view two = text.substr(at, 2);
    if (two != "/*" && two != "*/") continue;
    depth = two == "/*" ? depth + 1 : depth - 1;
    ++at;
    if (depth == 0) return at + 1;
  }
  return text.size();
}

std::string first_word(std::string_view sql) {
  for (;;) {
    const auto start = std::ranges::find_if_not(sql, [](char c) { return is_space(c) || c == ';'; });
    sql.remove_prefix(static_cast<std::size_t>(start - sql.begin()));
    const std::size_t comment = comment_length(sql);
    if (comment == 0) break;
    sql.remove_prefix(comment);
  }
  std::string word;
  for (const char character : sql) {
    if (std::isalpha(static_cast<unsigned char>(character)) == 0) break;
    word += static_cast<char>(std::toupper(static_cast<unsigned char>(character)));
  }
  return word;
}

template <std::size_t count>
bool is_one_of(const std::string& word, const std::array<std::string_view, count>& words) {
  return std::ranges::find(words, word) != words.end();
}

}  // namespace

bool ends_transaction_with_commit(std::string_view sql) {
  constexpr std::array<std::string_view, 3> words{"COMMIT", "END", "PREPARE"};
  return is_one_of(first_word(sql), words);
}

bool never_commits_by_itself(std::string_view sql) {
  constexpr std::array<std::string_view, 7> words{"BEGIN", "START", "SHOW", "SET", "RESET", "ROLLBACK", "ABORT"};
  return is_one_of(first_word(sql), words);
}

bool reads_or_writes_rows(std::string_view sql) {
  constexpr std::array<std::string_view, 7> words{"SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "VALUES", "WITH"};
  return is_one_of(first_word(sql), words);
}

}  // namespace lockkeeper::client
