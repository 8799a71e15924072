#include "collect/applog/layout.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace lockkeeper::collect::applog {
namespace {

constexpr int most_plain_words = 1;

bool is_digit(char letter) { return letter >= '0' && letter <= '9'; }
bool is_letter(char letter) { return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z'); }

bool is_name(std::string_view word) {
  return std::ranges::all_of(word, [](char letter) {
    return is_digit(letter) || is_letter(letter) || std::string_view("._-$/@#<>:").contains(letter);
  });
}

bool is_one_of(std::string_view word, const auto& words) { return std::ranges::find(words, word) != words.end(); }

bool is_level(std::string_view word) {
  static constexpr std::array<std::string_view, 18> levels{"ERROR", "WARN",  "WARNING", "SEVERE", "FATAL", "CRITICAL",
                                                           "INFO",  "DEBUG", "TRACE",   "LOG",    "error", "warn",
                                                           "fail",  "info",  "debug",   "ERR",    "WRN",   "crit"};
  return is_one_of(word, levels);
}

bool is_chatter_level(std::string_view word) {
  static constexpr std::array<std::string_view, 8> levels{"INFO",  "DEBUG", "TRACE", "info",
                                                          "debug", "trace", "INF",   "DBG"};
  return is_one_of(word, levels);
}

// The head without what stands in brackets: threads, levels, ids. An open bracket at the end is not the message's.
bool next_word(std::string_view& head, std::string_view& word) {
  for (;;) {
    const std::size_t start = head.find_first_not_of(" \t|,()-:=>*");
    if (start == std::string_view::npos) return false;
    head.remove_prefix(start);
    if (head.front() != '[') break;
    const std::size_t end = head.find(']');
    if (end == std::string_view::npos) return false;
    head.remove_prefix(end + 1);
  }
  word = head.substr(0, head.find_first_of(" \t|,"));
  head.remove_prefix(word.size());
  while (!word.empty() && std::string_view(":)-]").contains(word.back())) word.remove_suffix(1);
  return true;
}

bool ends_as_class(std::string_view name) {
  return name.ends_with("Exception") || name.ends_with("Error") || name.ends_with("Timeout");
}

}  // namespace

bool is_layout(std::string_view head) {
  int plain = 0;
  std::string_view word;
  const std::size_t end = head.find_last_not_of(" \t");
  const bool is_set_apart = end == std::string_view::npos || !is_letter(head[end]);
  bool last_is_plain = false;
  while (next_word(head, word)) {
    last_is_plain = false;
    if (word.empty() || is_level(word)) continue;
    if (!is_name(word)) return false;
    last_is_plain = std::ranges::all_of(word, is_letter);
    if (last_is_plain && ++plain > most_plain_words) return false;
  }
  return is_set_apart || !last_is_plain;  // "I couldn't get ..."
}

std::string_view exception_class(std::string_view head) {
  while (head.ends_with(' ')) head.remove_suffix(1);
  if (!head.ends_with(':')) return {};
  head.remove_suffix(1);
  if (head.ends_with(')')) {  // .NET: "Npgsql.NpgsqlException (0x80004005): "
    const std::size_t open = head.rfind(" (0x");
    if (open == std::string_view::npos) return {};
    head = head.substr(0, open);
  }
  const bool in_brackets = head.ends_with(']');
  if (in_brackets) head.remove_suffix(1);
  const std::size_t before = head.find_last_of(in_brackets ? "[" : " \t(;\"");
  const std::string_view name = before == std::string_view::npos ? head : head.substr(before + 1);
  const bool is_class = !name.empty() && is_name(name) && !name.contains(':') && ends_as_class(name);
  return is_class ? name : std::string_view();
}

bool is_chatter(std::string_view head) {
  while (!head.empty()) {
    const std::size_t start = head.find_first_not_of(" \t|[](),:=");
    if (start == std::string_view::npos) return false;
    head.remove_prefix(start);
    const std::string_view word = head.substr(0, head.find_first_of(" \t|[](),:="));
    if (is_chatter_level(word)) return true;
    head.remove_prefix(word.size());
  }
  return false;
}

}  // namespace lockkeeper::collect::applog
