// The lexer's second half: numbers, dollar quotes, parameters and operators.
#include <cstring>

#include "sql/bytes.hpp"
#include "sql/characters.hpp"
#include "sql/lexer.hpp"

namespace lockkeeper::sql {
namespace {

const char* digits(const char* at, const char* end, bool separators) noexcept {
  while (at != end && (is_digit(*at) || (separators && *at == '_'))) ++at;
  return at;
}

// 1e5 has an exponent; 1e, 1em and 1e+ have none.
const char* exponent(const char* at, const char* end, bool separators) noexcept {
  if (at == end || to_lower(*at) != 'e') return at;
  const char* from = at + 1;
  if (from != end && (*from == '+' || *from == '-')) ++from;
  return from != end && is_digit(*from) ? digits(from, end, separators) : at;
}

}  // namespace

Token Lexer::long_number(const Place& place) {
  if (!mysql_) return take_until(TokenKind::number, number_end());
  // MySQL's names may begin with a digit: 2fa_codes, t.1st.
  const char* all = word_end(at_);
  if (place.dot) return take_until(TokenKind::word, all);
  const char* end = number_end();
  return all > end ? take_until(TokenKind::word, all) : take_until(TokenKind::number, end);
}

const char* Lexer::number_end() const noexcept {
  const bool separators = !mysql_;  // 1_000: PostgreSQL 16
  const char radix = to_lower(peek());
  if (*at_ == '0' && (radix == 'x' || radix == 'b' || (radix == 'o' && !mysql_)) &&
      is_hex(peek(2) == '_' ? peek(3) : peek(2))) {
    const char* at = at_ + 2;
    while (at != end_ && (is_hex(*at) || (separators && *at == '_'))) ++at;
    return at;
  }
  const char* at = digits(at_, end_, separators);
  if (at != end_ && *at == '.' && (at + 1 == end_ || at[1] != '.')) at = digits(at + 1, end_, separators);
  return exponent(at, end_, separators);
}

// $1, $tag$...$tag$, or a lone dollar.
Token Lexer::dollar() {
  if (is_digit(peek())) {
    const char* end = at_ + 1;
    while (is_digit(*end)) end += digits_length(end);
    if (!mysql_ || end == end_ || !continues_word(*end)) return take_until(TokenKind::parameter, end);
  }
  if (mysql_) return take_until(TokenKind::word, word_end(at_));
  const char* at = at_ + 1;
  while (at != end_ && *at != '$' && continues_word(*at)) ++at;
  if (at == end_ || *at != '$' || is_digit(at_[1])) return take(TokenKind::other, 1);
  const std::string_view tag(at_, static_cast<std::size_t>(at + 1 - at_));
  const auto close = rest().find(tag, tag.size());
  if (close != std::string_view::npos) return take(TokenKind::string, close + tag.size());
  cut_off();
  return take_until(TokenKind::string, end_);
}

Token Lexer::colon(const Place& place) {
  if (peek() == ':') return take(TokenKind::cast, 2);
  if (peek() == '=') return take(TokenKind::operator_, 2);
  // After an operand it is a slice's colon, x[1:n].
  if (!place.operand && continues_word(peek()) && peek() != '$') {
    return take_until(TokenKind::parameter, word_end(at_ + 1));
  }
  return take(TokenKind::colon, 1);
}

// After an operand ?| and ?& are jsonb's operators; elsewhere a question mark is a parameter.
Token Lexer::question(const Place& place) {
  const bool pair = (peek() == '|' || peek() == '&') && peek(2) != peek();
  if (!mysql_ && place.operand && pair) return take(TokenKind::operator_, 2);
  return take(TokenKind::parameter, 1);
}

Token Lexer::at_sign() {
  const std::size_t marks = peek() == '@' ? 2 : 1;
  const char* end = word_end(at_ + marks);
  if (end == at_ + marks) return take(TokenKind::operator_, 1);
  return take_until(TokenKind::variable, end);
}

Token Lexer::operator_run() { return mysql_ ? mysql_operator() : postgres_operator(); }

// PostgreSQL's rule: the longest run, which may end in + or - only if a character of ~!@#%^&|` is in it.
Token Lexer::postgres_operator() noexcept {
  const char* end = at_;
  bool special = false;
  for (; end != end_ && continues_operator(*end); ++end) {
    const char following = end + 1 == end_ ? '\0' : end[1];
    if ((*end == '-' && following == '-') || (*end == '/' && following == '*')) break;
    special = special || std::memchr("~!@#%^&|`", *end, 9) != nullptr;
  }
  if (end - at_ == 1 && *at_ == '@' && end != end_ && *end == '?') ++end;  // jsonpath's @?
  while (!special && end - at_ > 1 && (end[-1] == '+' || end[-1] == '-')) --end;
  return take_until(TokenKind::operator_, end);
}

Token Lexer::mysql_operator() noexcept {
  constexpr std::string_view three[] = {"<=>", "->>"};
  constexpr std::string_view two[] = {"<=", ">=", "<>", "!=", "||", "&&", "<<", ">>", "->"};
  for (const std::string_view word : three) {
    if (rest().starts_with(word)) return take(TokenKind::operator_, 3);
  }
  for (const std::string_view word : two) {
    if (rest().starts_with(word)) return take(TokenKind::operator_, 2);
  }
  return take(TokenKind::operator_, 1);
}

}  // namespace lockkeeper::sql
