#include "sql/canonical.hpp"

#include <cstring>
#include <utility>

#include "sql/bytes.hpp"
#include "sql/characters.hpp"
#include "sql/list_stack.hpp"
#include "sql/names.hpp"

namespace lockkeeper::sql {
namespace {

// With details the same code also writes the readable text and follows the kind; without, the calls vanish.
template <bool with_details>
class Canonicalizer {
 public:
  Canonicalizer(std::string_view text, const Options& options, char* buffer, Details* details)
      : lexer_(text, options, with_details ? &details->comments : nullptr),
        dialect_(options.dialect),
        buffer_(buffer),
        out_(buffer),
        lists_(buffer),
        details_(details) {}

  CanonicalText run() {
    while (step()) {
    }
    finish_element();
    // A whole text's bytes end with a space or are empty: no whole text equals a truncated one.
    if (lexer_.truncated()) *out_++ = '\1';
    return {{buffer_, static_cast<std::size_t>(out_ - buffer_)}, lexer_.truncated(), lexer_.doubtful()};
  }

 private:
  bool step();
  void settle() {
    if (semicolon_pending_) [[unlikely]]
      write_semicolon();
  }
  void accept(const Token& token);
  // Tokens that begin alike are nearly all of one kind: a test that is foreseen, before a jump that is not.
  template <TokenKind usual>
  bool take(const Token& token) {
    settle();
    if (token.kind != usual) [[unlikely]] {
      accept(token);
    } else if constexpr (usual == TokenKind::word) {
      word(token);
    } else if constexpr (usual == TokenKind::plain_name) {
      name(token);
    } else if constexpr (usual == TokenKind::number) {
      number(token);
    } else {
      literal(token);
    }
    return true;
  }
  // Half of all tokens are words: a call of its own costs more than the code twice.
  [[gnu::always_inline]] inline void word(const Token& token);
  bool is_literal_word(const Token& token) const noexcept;
  void name(const Token& token);
  void literal(const Token& token);
  void number(const Token& token);
  void operator_(const Token& token);
  void open(const Token& token);
  void close(const Token& token);
  void comma(const Token& token);
  void write_semicolon();
  void dot(const Token& token);
  void symbol(const Token& token, Shape shape);

  void finish_element() {
    const auto* before = lists_.finish(out_, mark());
    if (before == nullptr) return;
    out_ = before->end;
    cut(before->mark);
  }
  // Bytes of the text itself, behind which more may be read.
  void write_text(std::string_view bytes) noexcept {
    char* const out = out_;
    copy_steps(out, bytes.data(), bytes.size());
    out[bytes.size()] = ' ';
    out_ = out + bytes.size() + 1;
  }
  // Through a local: a char may alias any member, which would be read again after every store.
  void write(std::string_view bytes) noexcept {
    char* const out = out_;
    std::memcpy(out, bytes.data(), bytes.size());
    out[bytes.size()] = ' ';
    out_ = out + bytes.size() + 1;
  }
  void write(char symbol) noexcept {
    char* const out = out_;
    out[0] = symbol;
    out[1] = ' ';
    out_ = out + 2;
  }
  // After every token: what the next one needs to know of it.
  void leave(bool operand, Keyword keyword = Keyword::none, bool verb = false, bool dot = false) noexcept {
    place_ = {operand, verb, dot};
    previous_ = keyword;
    literal_before_ = TokenKind::end;
    after_sign_ = false;
  }
  void show(std::string_view text, Shape shape, bool spaced) {
    if constexpr (with_details) {
      if (details_->readable.ended()) return;
      const bool is_last = lexer_.doubtful();  // A literal is shown as `?`, whatever it may hold.
      if (!is_last || shape == Shape::literal) details_->readable.add(text, shape, spaced);
      if (is_last) details_->readable.end();
    }
  }
  void track(Keyword keyword) noexcept {
    if constexpr (with_details) details_->kind.token(keyword, std::exchange(after_open_, false), lists_.depth());
  }
  Readable::Mark mark() const noexcept {
    if constexpr (with_details) return details_->readable.mark();
    return {0, Shape::none};
  }
  void cut(const Readable::Mark& mark) {
    if constexpr (with_details) details_->readable.cut(mark);
  }

  Lexer lexer_;
  Dialect dialect_;
  Place place_;
  char* buffer_;
  char* out_;
  ListStack lists_;
  Details* details_;
  Keyword previous_ = Keyword::none;
  TokenKind literal_before_ = TokenKind::end;  // the kind of literal directly before, to join 'a' 'b'
  char* sign_ = nullptr;                       // where the signs directly before begin
  Readable::Mark sign_mark_{0, Shape::none};
  bool after_sign_ = false;
  bool after_open_ = false;
  bool semicolon_pending_ = false;  // written only if something follows
};

// One token, and the words before it, half of all: a loop foresees them better than the jump. False at the end.
template <bool with_details>
inline bool Canonicalizer<with_details>::step() {
  Class kind = lexer_.look();
  while (kind == Class::word) {
    take<TokenKind::word>(lexer_.word());
    kind = lexer_.look();
  }
  switch (kind) {
    case Class::comma:
      settle();
      comma(lexer_.single(TokenKind::comma));
      return true;
    case Class::open:
      settle();
      open(lexer_.single(TokenKind::open));
      return true;
    case Class::close:
      settle();
      close(lexer_.single(TokenKind::close));
      return true;
    case Class::star:
    case Class::operator_:
      if (!lexer_.lone_operator()) break;
      settle();
      operator_(lexer_.single(TokenKind::operator_));
      return true;
    case Class::dot:
      if (!lexer_.lone_dot()) break;
      settle();
      dot(lexer_.single(TokenKind::dot));
      return true;
    case Class::quote:
      settle();
      literal(lexer_.quoted());
      return true;
    case Class::double_quote: return take<TokenKind::plain_name>(lexer_.double_quoted());
    case Class::digit: return take<TokenKind::number>(lexer_.number(place_));
    case Class::dollar: return take<TokenKind::parameter>(lexer_.dollar());
    default: break;
  }
  const Token token = lexer_.next(place_);
  if (token.kind == TokenKind::skipped) return true;
  if (token.kind == TokenKind::end) return false;
  if (token.kind != TokenKind::semicolon) settle();
  accept(token);
  return true;
}

template <bool with_details>
void Canonicalizer<with_details>::accept(const Token& token) {
  switch (token.kind) {
    case TokenKind::word: return word(token);
    case TokenKind::name:
    case TokenKind::plain_name: return name(token);
    case TokenKind::number: return number(token);
    case TokenKind::string:
    case TokenKind::unicode_string:
    case TokenKind::parameter: return literal(token);
    case TokenKind::operator_: return operator_(token);
    case TokenKind::open: return open(token);
    case TokenKind::close: return close(token);
    case TokenKind::comma: return comma(token);
    case TokenKind::dot: return dot(token);
    case TokenKind::cast: return symbol(token, Shape::cast);
    case TokenKind::colon: return symbol(token, place_.operand ? Shape::slice : Shape::symbol);
    case TokenKind::semicolon:
      semicolon_pending_ = out_ != buffer_;
      leave(false);
      if constexpr (with_details) details_->kind.semicolon(lists_.depth());
      return;
    case TokenKind::variable:
      track(Keyword::none);
      write_text(token.text());
      show(token.text(), Shape::name, token.spaced);
      return leave(true);
    case TokenKind::hint_open:
      write("/*+");
      show("/*+", Shape::symbol, token.spaced);
      return leave(false);
    case TokenKind::hint_close:
      write("*/");
      show("*/", Shape::symbol, token.spaced);
      return leave(false);
    case TokenKind::other:
    case TokenKind::skipped:
    case TokenKind::end: break;
  }
  track(Keyword::none);
  symbol(token, Shape::symbol);
}

template <bool with_details>
void Canonicalizer<with_details>::word(const Token& token) {
  const std::size_t length = token.size();
  if (length > longest_keyword) return name(token);
  const WordKey key = word_key(token.begin, length);
  const KnownWord known = place_.dot ? KnownWord{} : find_word(key);  // t.select is a column
  if (known.has(WordFlag::literal) && is_literal_word(token)) return literal(token);
  if (literal_before_ == TokenKind::unicode_string && known.keyword == Keyword::uescape) {
    // U&'...' UESCAPE '...' is one literal: the string that follows joins the one before.
    literal_before_ = TokenKind::string;
    return;
  }
  track(known.keyword);
  if (known.has(WordFlag::clause)) {
    finish_element();
    lists_.restart(out_ + length + 1);
  }
  char* const out = out_;
  if (dialect_ == Dialect::postgres || known.known()) {
    store_bytes(out, key[0]);
    store_bytes(out + 8, key[1]);
    if (length > 16) [[unlikely]]
      store_bytes(out + 16, key[2]);
  } else {
    copy_steps(out, token.begin, length);
  }
  out[length] = ' ';
  out_ = out + length + 1;
  const bool tight = known.has(WordFlag::function);
  const bool keyword = known.has(WordFlag::leads) || known.has(WordFlag::clause) || known.reserved(dialect_);
  show(token.text(), tight ? Shape::function : keyword ? Shape::keyword : Shape::name, token.spaced);
  leave(!known.has(WordFlag::leads), known.keyword, known.has(WordFlag::verb));
}

// NULL, TRUE and FALSE are values, but for IS NULL, NOT NULL, NOT TRUE, ON DELETE SET NULL, RETURNS NULL ON
// NULL INPUT, and as part of a definition: name text NULL.
template <bool with_details>
bool Canonicalizer<with_details>::is_literal_word(const Token& token) const noexcept {
  if (place_.operand && literal_before_ != TokenKind::word) return false;
  if (previous_ == Keyword::is || previous_ == Keyword::not_ || previous_ == Keyword::returns) return false;
  const bool null = (token.begin[0] | 0x20) == 'n';
  return !(null && (previous_ == Keyword::set || previous_ == Keyword::on));
}

// Quoted, or longer than any keyword. A simple quoted name that is not reserved equals the unquoted one.
template <bool with_details>
void Canonicalizer<with_details>::name(const Token& token) {
  track(Keyword::none);
  std::string_view text = token.text();
  if (token.kind == TokenKind::plain_name && is_simple_name(text, dialect_, place_.dot)) {
    text = text.substr(1, text.size() - 2);
  }
  write_text(text);
  if (token.kind == TokenKind::word && dialect_ == Dialect::postgres) lower(out_ - 1 - text.size(), text.size());
  show(token.text(), Shape::name, token.spaced);
  leave(true);
}

template <bool with_details>
void Canonicalizer<with_details>::literal(const Token& token) {
  const TokenKind kind = token.kind;
  const auto is_string = [](TokenKind which) {
    return which == TokenKind::string || which == TokenKind::unicode_string;
  };
  if (is_string(kind) && is_string(literal_before_)) {
    literal_before_ = kind;
    return;
  }
  track(Keyword::none);
  lists_.literal();
  write('?');
  show("?", Shape::literal, token.spaced);
  leave(true);
  literal_before_ = kind;
}

template <bool with_details>
void Canonicalizer<with_details>::number(const Token& token) {
  if (after_sign_) {
    out_ = sign_;
    cut(sign_mark_);
  }
  literal(token);
}

template <bool with_details>
void Canonicalizer<with_details>::operator_(const Token& token) {
  track(Keyword::none);
  const std::string_view text = token.text();
  const bool sign = text.size() == 1 && (text[0] == '-' || text[0] == '+') && !place_.operand;
  char* const first_sign = !sign ? nullptr : after_sign_ ? sign_ : out_;
  if (sign && !after_sign_) sign_mark_ = mark();
  if (text.size() == 1) {
    write(text[0]);
  } else {
    write(text == "!=" ? "<>" : text);
  }
  show(text, sign ? Shape::sign : Shape::symbol, token.spaced);
  leave(false);
  sign_ = first_sign;
  after_sign_ = sign;
}

template <bool with_details>
void Canonicalizer<with_details>::open(const Token& token) {
  const bool bracket = *token.begin == '[';
  write(*token.begin);
  lists_.open(out_);
  show(token.text(), bracket ? Shape::bracket : Shape::open, token.spaced);
  leave(false);
  after_open_ = true;
}

template <bool with_details>
void Canonicalizer<with_details>::close(const Token& token) {
  finish_element();
  lists_.close();
  write(*token.begin);
  show(token.text(), Shape::close, token.spaced);
  leave(true);
}

template <bool with_details>
void Canonicalizer<with_details>::comma(const Token& token) {
  finish_element();
  write(',');
  lists_.next(out_);
  show(",", Shape::comma, token.spaced);
  leave(false);
}

template <bool with_details>
void Canonicalizer<with_details>::write_semicolon() {
  semicolon_pending_ = false;
  finish_element();
  write(';');
  lists_.restart(out_);
  show(";", Shape::semicolon, false);
  leave(false);
}

template <bool with_details>
void Canonicalizer<with_details>::dot(const Token& token) {
  // Without a name before it, tight to what follows it could read as a number: . 3a
  symbol(token, place_.operand ? Shape::dot : Shape::symbol);
  place_.dot = true;
}

template <bool with_details>
void Canonicalizer<with_details>::symbol(const Token& token, Shape shape) {
  if (token.size() == 1) {
    write(*token.begin);
  } else {
    write_text(token.text());
  }
  show(token.text(), shape, token.spaced);
  leave(false);
}

}  // namespace

CanonicalText canonicalize(std::string_view text, const Options& options, char* buffer) {
  const std::string_view padded = padded_copy(text, buffer);
  return Canonicalizer<false>(padded, options, buffer + text.size() + padding, nullptr).run();
}

CanonicalText canonicalize(std::string_view text, const Options& options, char* buffer, Details& details) {
  const std::string_view padded = padded_copy(text, buffer);
  return Canonicalizer<true>(padded, options, buffer + text.size() + padding, &details).run();
}

}  // namespace lockkeeper::sql
