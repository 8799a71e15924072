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
  skipped,     // a comment
  word,        // unquoted, a keyword or a name
  name,        // quoted, quotes included
  plain_name,  // the same, where the quotes hold nothing but a word
  variable,    // MySQL's @name, @@name
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
  /// Behind the text must lie `padding` bytes that are padding_byte.
  /// `comments`, if given, receives the inside of every complete /* comment */ that is dropped, while nothing is
  /// doubtful.
  Lexer(std::string_view text, const Options& options, std::vector<std::string_view>* comments) noexcept
      : at_(text.data()),
        end_(text.data() + text.size()),
        text_end_(end_),
        last_end_(at_),
        comments_(comments),
        mysql_(options.dialect == Dialect::mysql),
        sqlite_(options.dialect == Dialect::sqlite),
        double_quote_is_string_(sqlite_ || (mysql_ && !options.ansi_quotes)),
        backslash_escapes_(options.backslashes == Backslashes::unknown ? mysql_
                                                                       : options.backslashes == Backslashes::escapes),
        is_unsure_(options.backslashes == Backslashes::unknown && !sqlite_ && comments != nullptr),
        truncated_(options.truncated) {}

  /// What the next token begins with, behind white space: the common tokens then have calls of their own,
  /// so that one jump decides what a byte is.
  [[nodiscard]] Class look() noexcept {
    // One space or none without a branch, which would be mispredicted; more than one with it, for a step of
    // sixteen bytes takes long to say where the next token begins, and that is what everything waits for.
    at_ += *at_ == ' ' ? 1 : 0;
    Class kind = class_of(*at_);
    while (kind == Class::space) {
      at_ += space_length(at_);
      kind = class_of(*at_);
    }
    return kind;
  }
  /// The next token, whatever it is. Call look() first.
  [[nodiscard]] Token next(const Place& place);
  /// look() said word.
  [[nodiscard]] Token word() {
    const char* end = word_end(at_ + 1);
    const bool prefix = (*end == '\'' || *end == '&') && end - at_ == 1;
    if (prefix || (mysql_ && *at_ == '_')) [[unlikely]]
      return word_or_literal(end);
    return take_until(TokenKind::word, end);
  }
  /// look() said digit: a number, or a word of MySQL.
  [[nodiscard]] Token number(const Place& place) {
    const int length = digits_length(at_);
    if (length != 16 && at_[length] != '.' && !continues_word(at_[length])) [[likely]]
      return place.dot && mysql_ ? take_until(TokenKind::word, at_ + length)
                                 : take_until(TokenKind::number, at_ + length);
    return long_number(place);
  }
  /// look() said quote.
  [[nodiscard]] Token quoted() { return continues_escapes_ ? escape_string(0) : plain_string(0, '\''); }
  /// look() said double_quote: a string or a name.
  [[nodiscard]] Token double_quoted() { return double_quote_is_string_ ? plain_string(0, '"') : quoted_name('"'); }
  /// look() said dollar: $1, $tag$...$tag$, or something rare.
  [[nodiscard]] Token dollar();
  /// look() said comma, open or close.
  [[nodiscard]] Token single(TokenKind kind) noexcept { return take(kind, 1); }
  /// look() said dot: whether it begins no number.
  [[nodiscard]] bool lone_dot() const noexcept { return !is_digit(peek()); }
  /// look() said operator_ or star: whether it is an operator of one byte.
  [[nodiscard]] bool lone_operator() const noexcept {
    return end_ - at_ > 1 && !continues_operator(at_[1]) && at_[1] != '?';
  }

  [[nodiscard]] bool truncated() const noexcept { return truncated_; }
  /// A string ends elsewhere if backslashes are what they may be too (Backslashes::unknown): what has followed it may
  /// be its content. Asked for with `comments` alone, which gets none from there on.
  [[nodiscard]] bool doubtful() const noexcept { return doubtful_; }

 private:
  [[nodiscard]] char peek(std::size_t ahead = 1) const noexcept {
    return ahead < static_cast<std::size_t>(end_ - at_) ? at_[ahead] : '\0';
  }
  [[nodiscard]] std::string_view rest() const noexcept { return {at_, static_cast<std::size_t>(end_ - at_)}; }
  Token take_until(TokenKind kind, const char* end) noexcept {
    continues_escapes_ = false;
    const Token token{kind, at_ != last_end_, at_, end};
    at_ = last_end_ = end;
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

  [[nodiscard]] Token dispatch(const Place& place);
  Token word_or_literal(const char* end);
  Token prefixed(std::size_t prefix);
  bool introduces_literal(const char* after) const noexcept;
  Token long_number(const Place& place);
  const char* number_end() const noexcept;
  Token string(std::size_t prefix, char quote, bool escapes, TokenKind kind = TokenKind::string);
  Token escape_string(std::size_t prefix);
  // One in which a backslash is what the session's setting says.
  Token plain_string(std::size_t prefix, char quote) {
    if (is_unsure_) [[unlikely]]
      look_for_doubt(prefix, quote);
    return string(prefix, quote, backslash_escapes_);
  }
  void look_for_doubt(std::size_t prefix, char quote) noexcept;
  // Most quoted names hold a word: its end is found faster than a quote that may be doubled.
  Token quoted_name(char quote) {
    const char* end = word_end(at_ + 1);
    if (end[0] != quote || end[1] == quote || !begins_word(at_[1])) [[unlikely]]
      return odd_name(0, quote);
    return take_until(TokenKind::plain_name, end + 1);
  }
  Token odd_name(std::size_t prefix, char quote);
  const char* quote_end(const char* from, char quote, bool escapes) const noexcept;
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
  const char* last_end_;  // of the last token: where the next one begins if nothing lies between
  std::vector<std::string_view>* comments_;
  std::size_t version_comments_ = 0;  // open /*! whose content is code
  bool mysql_;
  bool sqlite_;
  bool double_quote_is_string_;
  bool backslash_escapes_;
  bool is_unsure_;
  bool doubtful_ = false;
  bool truncated_;
  bool continues_escapes_ = false;  // the last token was E'...': a plain '...' after it is read like it
};

}  // namespace lockkeeper::sql
