#include "sql/lexer.hpp"

#include <algorithm>

#include "sql/characters.hpp"

namespace lockkeeper::sql {

Token Lexer::next(const Place& place) {
  if (at_ == end_) {
    if (close_hint()) return {TokenKind::hint_close, true, nullptr, nullptr};
    if (version_comments_ != 0) truncated_ = true;
    return {TokenKind::end, true, end_, end_};
  }
  Token token;
  if (!skip_comment(place, token)) return dispatch(place);
  return token;
}

// Whether `token` was set: something was skipped or is a hint.
bool Lexer::skip_comment(const Place& place, Token& token) {
  token.kind = TokenKind::skipped;
  if (line_comment()) {
    skip_line();
    return true;
  }
  if (*at_ == '*' && version_comments_ != 0 && peek() == '/') {
    --version_comments_;
    at_ += 2;
    return true;
  }
  if (*at_ != '/' || peek() != '*') return false;
  if (mysql_ && place.verb && peek(2) == '+' && !in_hint() && open_hint()) {
    token = {TokenKind::hint_open, true, nullptr, nullptr};
    return true;
  }
  const std::size_t marks = !mysql_ ? 0 : peek(2) == '!' ? 3 : peek(2) == 'M' && peek(3) == '!' ? 4 : 0;
  if (marks == 0) {
    skip_block_comment();
    return true;
  }
  at_ += marks;
  while (at_ != end_ && is_digit(*at_)) ++at_;  // the version from which on the server reads it
  ++version_comments_;
  return true;
}

bool Lexer::line_comment() const noexcept {
  if (*at_ == '#') return mysql_;
  if (*at_ != '-' || peek() != '-') return false;
  // MySQL: a--1 subtracts a negative number.
  return !mysql_ || end_ - at_ == 2 || class_of(at_[2]) == Class::space;
}

void Lexer::skip_line() noexcept { at_ = find_either(at_, end_, '\n', mysql_ ? '\n' : '\r'); }

void Lexer::skip_block_comment() {
  const char* end = nullptr;
  if (!mysql_) {
    end = nested_comment_end();
  } else if (const auto found = rest().find("*/", 2); found != std::string_view::npos) {
    end = at_ + found + 2;
  }
  if (end == nullptr) {
    cut_off();
    at_ = end_;
    return;
  }
  if (comments_ != nullptr && !doubtful_) comments_->emplace_back(at_ + 2, static_cast<std::size_t>(end - at_ - 4));
  at_ = end;
}

const char* Lexer::nested_comment_end() const noexcept {
  std::size_t depth = 1;
  for (const char* at = at_ + 2; end_ - at >= 2;) {
    at = find_either(at, end_ - 1, '*', '/');
    if (at[0] == '*' && at[1] == '/') {
      at += 2;
      if (--depth == 0) return at;
    } else if (at[0] == '/' && at[1] == '*') {
      at += 2;
      ++depth;
    } else {
      ++at;
    }
  }
  return nullptr;
}

bool Lexer::open_hint() noexcept {
  const auto found = rest().find("*/", 3);
  if (found == std::string_view::npos) return false;
  end_ = at_ + found;
  at_ += 3;
  last_end_ = at_;
  return true;
}

bool Lexer::close_hint() noexcept {
  if (!in_hint()) return false;
  at_ = end_ + 2;
  last_end_ = at_;
  end_ = text_end_;
  return true;
}

Token Lexer::dispatch(const Place& place) {
  switch (class_of(*at_)) {
    case Class::word: return word();
    case Class::digit: return number(place);
    case Class::dot: {
      // MySQL's names may begin with a digit: t.1st, t..2
      const bool in_name = mysql_ && (place.operand || place.dot);
      return is_digit(peek()) && !in_name ? number(place) : take(TokenKind::dot, 1);
    }
    case Class::comma: return take(TokenKind::comma, 1);
    case Class::open: return take(TokenKind::open, 1);
    case Class::close: return take(TokenKind::close, 1);
    case Class::semicolon: return take(TokenKind::semicolon, 1);
    case Class::quote: return quoted();
    case Class::double_quote: return double_quoted();
    case Class::backtick: return mysql_ || sqlite_ ? quoted_name('`') : operator_run();
    case Class::dollar: return dollar();
    case Class::colon: return colon(place);
    case Class::question: return question(place);
    case Class::at: return mysql_ ? at_sign() : operator_run();
    case Class::minus:
    case Class::slash:
    case Class::star:
    case Class::hash:
    case Class::operator_: return operator_run();
    case Class::space:
    case Class::other: break;
  }
  return take(TokenKind::other, 1);
}

Token Lexer::word_or_literal(const char* end) {
  if (end - at_ == 1 && (*end == '\'' || *end == '&')) {
    const Token token = prefixed(1);
    if (token.kind != TokenKind::end) return token;
  }
  if (mysql_ && *at_ == '_' && introduces_literal(end)) {
    // _utf8mb4'...' is one literal: drop the introducer, the literal follows.
    at_ = end;
    static_cast<void>(look());
    return dispatch({});
  }
  return take_until(TokenKind::word, end);
}

// E'..' B'..' X'..' N'..' U&'..' U&"..": kind end if the letter is a word of its own.
Token Lexer::prefixed(std::size_t prefix) {
  const char letter = to_lower(*at_);
  if (at_[prefix] == '\'') {
    if (letter == 'n') return plain_string(prefix, '\'');
    if (letter == 'b' || letter == 'x') return string(prefix, '\'', false);
    if (letter != 'e' || mysql_ || sqlite_) return {};
    return escape_string(prefix);
  }
  if (letter != 'u' || mysql_ || sqlite_) return {};
  if (peek(2) == '\'') return string(2, '\'', false, TokenKind::unicode_string);
  if (peek(2) == '"') return odd_name(2, '"');
  return {};
}

bool Lexer::introduces_literal(const char* after) const noexcept {
  while (after != end_ && class_of(*after) == Class::space) ++after;
  if (after == end_) return false;
  if (*after == '\'' || (*after == '"' && double_quote_is_string_)) return true;
  if (end_ - after < 2) return false;
  const char letter = to_lower(*after);
  if (after[1] == '\'') return letter == 'x' || letter == 'b' || letter == 'n';
  const char* number = word_end(after);
  return number - after > 2 && after[0] == '0' && after[1] == 'x' && std::all_of(after + 2, number, is_hex);
}

// E'a' 'b\'c': the second part is read like the first.
Token Lexer::escape_string(std::size_t prefix) {
  const Token token = string(prefix, '\'', true);
  continues_escapes_ = true;
  return token;
}

void Lexer::look_for_doubt(std::size_t prefix, char quote) noexcept {
  const char* inside = at_ + prefix + 1;
  doubtful_ = doubtful_ || quote_end(inside, quote, true) != quote_end(inside, quote, false);
}

Token Lexer::string(std::size_t prefix, char quote, bool escapes, TokenKind kind) {
  const char* end = quote_end(at_ + prefix + 1, quote, escapes);
  if (end == nullptr) cut_off();
  return take_until(kind, end == nullptr ? end_ : end);
}

// A name that does not end shows nothing but its quote: the text may have been read in the wrong mode.
Token Lexer::odd_name(std::size_t prefix, char quote) {
  const char* end = quote_end(at_ + prefix + 1, quote, false);
  if (end != nullptr) return take_until(TokenKind::name, end);
  cut_off();
  const Token token = take(TokenKind::other, prefix + 1);
  at_ = end_;
  return token;
}

// Behind the closing quote; a doubled quote does not close. Null if the text ends first.
const char* Lexer::quote_end(const char* from, char quote, bool escapes) const noexcept {
  const char* at = from;
  for (;;) {
    at = find_either(at, end_, quote, escapes ? '\\' : quote);
    if (at == end_) return nullptr;
    const bool alone = at + 1 == end_;
    if (*at == quote && (alone || at[1] != quote)) return at + 1;
    if (alone) return nullptr;
    at += 2;
  }
}

}  // namespace lockkeeper::sql
