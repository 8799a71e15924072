#include "sql/moments.hpp"

#include <algorithm>
#include <array>

namespace lockkeeper::sql {
namespace {

constexpr char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

bool is_letter(char c) noexcept { return lower(c) >= 'a' && lower(c) <= 'z'; }

bool is_in_words(char c) noexcept { return is_letter(c) || (c >= '0' && c <= '9') || c == '_'; }

bool begins_with_call(std::string_view text) noexcept {
  const auto first = std::ranges::find_if(text, [](char c) { return c != ' ' && c != '\n' && c != '\t' && c != '\r'; });
  return first != text.end() && *first == '(';
}

bool has_word(std::string_view text, std::string_view word) noexcept {
  const auto is_same = [](char left, char right) { return lower(left) == right; };
  for (;;) {
    const auto found = std::ranges::search(text, word, is_same);
    if (found.empty()) return false;
    const std::string_view rest(found.end(), text.end());
    const bool begins = found.begin() == text.begin() || !is_in_words(found.begin()[-1]);
    if (begins && (rest.empty() || !is_in_words(rest.front())) && !begins_with_call(rest)) return true;
    text = rest;
  }
}

}  // namespace

// $1 is a parameter.
bool may_have_literals(std::string_view text) noexcept {
  if (text.contains('\'')) return true;
  for (std::size_t at = text.find('$'); at != std::string_view::npos; at = text.find('$', at + 1)) {
    if (at + 1 < text.size() && (text[at + 1] == '$' || text[at + 1] == '_' || is_letter(text[at + 1]))) return true;
  }
  return false;
}

bool may_name_a_moment(std::string_view text) noexcept {
  static constexpr std::array<std::string_view, 4> words{"now", "today", "tomorrow", "yesterday"};
  if (!may_have_literals(text)) return false;
  return std::ranges::any_of(words, [&](std::string_view word) { return has_word(text, word); });
}

}  // namespace lockkeeper::sql
