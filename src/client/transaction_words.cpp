#include "client/transaction_words.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace lockkeeper::client {
namespace {

bool is_space(char c) noexcept { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool continues_word(char c) noexcept { return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '$'; }

// The length of the comment at the start of the text, or 0. Block comments nest in PostgreSQL alone; where they do not,
// what follows an inner end is code, and is then overlooked, not mistaken.
std::size_t comment_length(std::string_view text) noexcept {
  if (text.starts_with("--") || text.starts_with("#")) return std::min(text.find('\n'), text.size());
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

/// One word after another, in capitals; empty for everything else.
class Words {
 public:
  explicit Words(std::string_view sql) noexcept : rest_(sql) {}

  std::string_view next() noexcept {
    skip();
    std::size_t length = 0;
    while (length < rest_.size() && continues_word(rest_[length])) ++length;
    if (length > word_.size() || length == 0 || !is_letter(rest_[0])) return {};
    std::ranges::transform(rest_.substr(0, length), word_.begin(),
                           [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
    rest_.remove_prefix(length);
    return {word_.data(), length};
  }

 private:
  void skip() noexcept {
    for (;;) {
      while (!rest_.empty() && (is_space(rest_.front()) || rest_.front() == ';')) rest_.remove_prefix(1);
      const std::size_t comment = comment_length(rest_);
      if (comment == 0) return;
      rest_.remove_prefix(comment);
    }
  }

  std::string_view rest_;
  std::array<char, 16> word_{};
};

bool goes_to_savepoint(Words words) noexcept {
  std::string_view word = words.next();
  if (word == "WORK" || word == "TRANSACTION") word = words.next();
  return word == "TO" || word == "PREPARED";
}

}  // namespace

std::string_view transaction_word(std::string_view sql) noexcept {
  Words words(sql);
  const std::string_view first = words.next();
  if (first == "COMMIT") return words.next() == "PREPARED" ? "" : "COMMIT";
  if (first == "ROLLBACK") return goes_to_savepoint(words) ? "" : "ROLLBACK";
  if (first == "BEGIN") return words.next() == "NOT" ? "" : "BEGIN";  // BEGIN NOT ATOMIC: MariaDB's block.
  if (first == "END") return "END";
  if (first == "ABORT") return "ABORT";
  if (first == "START") return words.next() == "TRANSACTION" ? "START TRANSACTION" : "";
  if (first == "PREPARE") return words.next() == "TRANSACTION" ? "PREPARE TRANSACTION" : "";
  return {};
}

}  // namespace lockkeeper::client
