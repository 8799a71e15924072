// Cuts a text into tokens, in one pass, without copying or allocating.
//
// The lexer knows quoting, comments and numbers; what a token means is canonical.hpp's business. A few
// bytes can only be read with a look at what came before (`a ?| b`, `x[1:n]`, `/*+`): see Place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "sql/bytes.hpp"
#include "sql/characters.hpp"
#include "sql/options.hpp"

namespace lockkeeper::sql {

enum class TokenKind : std::uint8_t {
  end,
  word,      // unquoted, a keyword or a name
  name,      // quoted, quotes included
  variable,  // MySQL's @name, @@name
  number,
  string,          // any literal in quotes, prefix included; unterminated ones too
  unicode_string,  // PostgreSQL's U&'...', which UESCAPE '...' may follow
  parameter,       // $1, ?, :name
  operator_,
  cast,  // ::
  colon,
  dot,
  comma,
  semicolon,
  open,
  close,
  hint_open,  // MySQL's /*+
  hint_close,
  other,
};

struct Token {
  TokenKind kind = TokenKind::end;
  bool spaced = false;  // white space or a comment lies before it
  const char* begin = nullptr;
  const char* end = nullptr;

  [[nodiscard]] std::size_t size() const noexcept { return static_cast<std::size_t>(end - begin); }
  [[nodiscard]] std::string_view text() const noexcept { return {begin, size()}; }
};

/// What stands directly before the next token.
struct Place {
  bool operand = false;  // a name, a literal, a closing parenthesis
  bool verb = false;     // SELECT, INSERT, ...: where MySQL takes /*+ for hints
  bool dot = false;
};

class Lexer {
 public:
  /// `comments`, if given, receives the inside of every complete /* comment */ that is dropped.
  Lexer(std::string_view text, const Options& options, std::vector<std::string_view>* comments) noexcept
      : at_(text.data()),
        end_(text.data() + text.size()),
        text_end_(end_),
        comments_(comments),
        mysql_(options.dialect == Dialect::mysql),
        double_quote_is_string_(mysql_ && !options.ansi_quotes),
        backslash_escapes_(mysql_ && !options.no_backslash_escapes),
        truncated_(options.truncated) {}

  /// What the next token begins with, behind one space: the common tokens then have calls of their own,
  /// so that one jump decides what a byte is. Class::space means: none of them, call next().
  [[nodiscard]] Class look() noexcept {
    spaced_ = false;
    if (at_ == end_) return Class::space;
    spaced_ = *at_ == ' ';
    at_ += spaced_ ? 1 : 0;
    return at_ == end_ ? Class::space : class_of(*at_);
  }
  /// The next token, whatever it is. Call look() first.
  [[nodiscard]] Token next(const Place& place);
  /// look() said neither space nor anything a comment may begin with.
  [[nodiscard]] Token dispatch(const Place& place);
  /// look() said word.
  [[nodiscard]] Token word() {
    const char* end = word_end(at_ + 1, end_);
    if (end != end_) {
      const bool prefix = (*end == '\'' || *end == '&') && end - at_ == 1;
      if (prefix || (mysql_ && *at_ == '_')) [[unlikely]]
        return word_or_literal(end);
    }
    return take_until(TokenKind::word, end);
  }
  /// look() said comma, open or close.
  [[nodiscard]] Token single(TokenKind kind) noexcept { return take(kind, 1); }
  /// look() said dot: whether it begins no number.
  [[nodiscard]] bool lone_dot() const noexcept { return !is_digit(peek()); }
  /// look() said operator_ or star: whether it is an operator of one byte.
  [[nodiscard]] bool lone_operator() const noexcept {
    return end_ - at_ > 1 && !continues_operator(at_[1]) && at_[1] != '?';
  }

  [[nodiscard]] bool truncated() const noexcept { return truncated_; }
  /// Bytes that may be read from `from` on: the text goes on behind a hint's end.
  [[nodiscard]] std::size_t readable(const char* from) const noexcept {
    return static_cast<std::size_t>(text_end_ - from);
  }

 private:
  [[nodiscard]] char peek(std::size_t ahead = 1) const noexcept {
    return ahead < static_cast<std::size_t>(end_ - at_) ? at_[ahead] : '\0';
  }
  [[nodiscard]] std::string_view rest() const noexcept { return {at_, static_cast<std::size_t>(end_ - at_)}; }
  Token take_until(TokenKind kind, const char* end) noexcept {
    continues_escapes_ = false;
    const Token token{kind, spaced_, at_, end};
    at_ = end;
    return token;
  }
  Token take(TokenKind kind, std::size_t length) noexcept { return take_until(kind, at_ + length); }
  bool skip_comment(const Place& place, Token& hint);
  bool line_comment() const noexcept;
  void skip_line() noexcept;
  void skip_block_comment();
  const char* nested_comment_end() const noexcept;
  bool open_hint() noexcept;
  bool close_hint() noexcept;

  Token word_or_literal(const char* end);
  Token prefixed(std::size_t prefix);
  bool introduces_literal(const char* after) const noexcept;
  Token number(const Place& place);
  const char* number_end() const noexcept;
  Token string(std::size_t prefix, char quote, bool escapes, TokenKind kind = TokenKind::string);
  Token escape_string(std::size_t prefix);
  Token quoted_name(std::size_t prefix, char quote);
  const char* quote_end(const char* from, char quote, bool escapes) const noexcept;
  Token dollar();
  Token colon(const Place& place);
  Token question(const Place& place);
  Token at_sign();
  Token operator_run();
  Token postgres_operator() noexcept;
  Token mysql_operator() noexcept;

  // Inside a hint its end is the end: no quote may reach beyond it.
  [[nodiscard]] bool in_hint() const noexcept { return end_ != text_end_; }
  void cut_off() noexcept {
    if (!in_hint()) truncated_ = true;
  }

  const char* at_;
  const char* end_;
  const char* text_end_;
  std::vector<std::string_view>* comments_;
  std::size_t version_comments_ = 0;  // open /*! whose content is code
  bool mysql_;
  bool double_quote_is_string_;
  bool backslash_escapes_;
  bool truncated_;
  bool spaced_ = false;
  bool continues_escapes_ = false;  // the last token was E'...': a plain '...' after it is read like it
};

}  // namespace lockkeeper::sql
