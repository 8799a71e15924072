#include "client/drivers/sqlite_words.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

namespace lockkeeper::client::sqlite {
namespace {

bool is_space(char character) noexcept { return character == ' ' || (character >= '\t' && character <= '\r'); }

char lower(char character) noexcept {
  return character >= 'A' && character <= 'Z' ? static_cast<char>(character - 'A' + 'a') : character;
}

bool is_letter(char character) noexcept { return lower(character) >= 'a' && lower(character) <= 'z'; }

// The length of the comment at the start of the text, or 0. SQLite's block comments do not nest, and may stay open.
std::size_t comment_length(std::string_view text) noexcept {
  if (text.starts_with("--")) return std::min(text.find('\n'), text.size());
  if (!text.starts_with("/*")) return 0;
  const std::size_t end = text.find("*/", 2);
  return end == std::string_view::npos ? text.size() : end + 2;
}

// The length of the quotation at the start of the text, or 0. A doubled quote is two quotations side by side.
std::size_t quotation_length(std::string_view text) noexcept {
  const char open = text.front();
  if (open != '\'' && open != '"' && open != '`' && open != '[') return 0;
  const std::size_t end = text.find(open == '[' ? ']' : open, 1);
  return end == std::string_view::npos ? text.size() : end + 1;
}

std::string_view without_leading_blanks(std::string_view text) noexcept {
  for (;;) {
    while (!text.empty() && (is_space(text.front()) || text.front() == ';')) text.remove_prefix(1);
    const std::size_t comment = comment_length(text);
    if (comment == 0) return text;
    text.remove_prefix(comment);
  }
}

}  // namespace

bool equals_ignoring_case(std::string_view one, std::string_view other) noexcept {
  return std::ranges::equal(one, other, [](char a, char b) { return lower(a) == lower(b); });
}

std::string in_lower_case(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), lower);
  return result;
}

Verb verb_of(std::string_view sql) noexcept {
  constexpr std::array<std::pair<std::string_view, Verb>, 14> verbs{{{"select", Verb::read},
                                                                     {"values", Verb::read},
                                                                     {"insert", Verb::rows},
                                                                     {"update", Verb::rows},
                                                                     {"delete", Verb::rows},
                                                                     {"replace", Verb::rows},
                                                                     {"with", Verb::rows},
                                                                     {"begin", Verb::transaction},
                                                                     {"commit", Verb::transaction},
                                                                     {"end", Verb::transaction},
                                                                     {"rollback", Verb::transaction},
                                                                     {"savepoint", Verb::savepoint},
                                                                     {"release", Verb::savepoint},
                                                                     {"pragma", Verb::pragma}}};
  const std::string_view text = without_leading_blanks(sql);
  const auto end = std::ranges::find_if_not(text, is_letter);
  const std::string_view word = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  for (const auto& [name, verb] : verbs) {
    if (equals_ignoring_case(word, name)) return verb;
  }
  return Verb::other;
}

bool is_blank(std::string_view sql) noexcept { return without_leading_blanks(sql).empty(); }

std::string_view behind_first_statement(std::string_view sql) noexcept {
  while (!sql.empty() && sql.front() != ';') {
    const std::size_t whole = std::max(comment_length(sql), quotation_length(sql));
    sql.remove_prefix(std::max<std::size_t>(whole, 1));
  }
  return sql;
}

}  // namespace lockkeeper::client::sqlite
