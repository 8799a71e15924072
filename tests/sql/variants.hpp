// Other texts of the same shape: layout, comments, literals, letters' case and list lengths changed.
//
// Deliberately not built on the lexer under test: it cuts texts in its own, cruder way and leaves alone what
// it does not understand.
#pragma once

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <random>
#include <string>
#include <vector>

namespace lockkeeper::sql::test {

/// A text cut into words, numbers, simple quoted texts, white space and single characters.
inline std::vector<std::string> pieces(const std::string& text) {
  std::vector<std::string> found;
  const auto is_word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$'; };
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at + 1;
    const char c = text[at];
    if (c == '\'' || c == '"') {
      while (end < text.size() && (text[end] != c || text[end - 1] == '\\')) ++end;
      end = std::min(end + 1, text.size());
    } else if (is_word(c)) {
      while (end < text.size() && is_word(text[end])) ++end;
    } else if (c == ' ') {
      while (end < text.size() && text[end] == ' ') ++end;
    }
    found.push_back(text.substr(at, end - at));
    at = end;
  }
  return found;
}

class Varier {
 public:
  explicit Varier(std::size_t seed) : random_(seed) {}

  std::string layout(const std::string& text) {
    static const std::vector<std::string> spaces = {" ", "\n", "\t ", "  \r\n"};
    if (text.find("--") != std::string::npos) return text;  // a new line would end the comment
    std::string result;
    for (const std::string& piece : pieces(text)) {
      result += piece == " " ? pick(spaces) : piece;
      if (piece == "," || piece == "(") result += pick(spaces);
    }
    return result;
  }

  std::string letters(const std::string& text) {
    std::string result;
    for (const std::string& piece : pieces(text)) {
      const bool quoted = piece[0] == '\'' || piece[0] == '"';
      for (const char c : piece) {
        const auto byte = static_cast<unsigned char>(c);
        result += quoted ? c : static_cast<char>(random_() % 2 == 0 ? std::toupper(byte) : std::tolower(byte));
      }
    }
    return result;
  }

  std::string literals(const std::string& text) {
    static const std::vector<std::string> strings = {"''",     "'x'",         "'it''s'", "'a b -- c'",
                                                     "'/* x'", "'(1, 2), ('", "';'"};
    static const std::vector<std::string> numbers = {"0", "7", "123456", "31"};
    std::string result;
    for (const std::string& piece : pieces(text)) {
      const bool number = piece.find_first_not_of("0123456789") == std::string::npos;
      result += number ? pick(numbers) : piece[0] == '\'' && piece.size() > 1 ? pick(strings) : piece;
    }
    return result;
  }

  /// Repeats the innermost parentheses after IN, and the first row after VALUES.
  std::string lists(const std::string& text) {
    std::string result = text;
    repeat(result, "IN (", false);
    repeat(result, "VALUES (", true);
    return result;
  }

 private:
  const std::string& pick(const std::vector<std::string>& choices) { return choices[random_() % choices.size()]; }

  void repeat(std::string& text, const std::string& before, bool row) {
    const std::size_t found = text.find(before);
    if (found == std::string::npos) return;
    const std::size_t open = found + before.size();
    const std::size_t close = text.find_first_of("()", open);
    if (close == std::string::npos || text[close] == '(' || text.compare(open, 6, "SELECT") == 0) return;
    const std::string inside = text.substr(open, close - open);
    std::string more;
    for (std::size_t count = random_() % 9 + 1; count > 0; --count) more += row ? ", (" + inside + ")" : ", " + inside;
    text.insert(row ? close + 1 : close, more);
  }

  std::mt19937_64 random_;
};

inline std::vector<std::string> variants(const std::string& text, std::size_t seed) {
  Varier varier(seed);
  return {varier.layout(text),
          varier.letters(text),
          varier.literals(text),
          varier.lists(text),
          varier.literals(varier.layout(text)),
          varier.letters(varier.lists(text)),
          varier.literals(varier.lists(text))};
}

}  // namespace lockkeeper::sql::test
