// What each byte may begin or continue: one table lookup instead of a chain of comparisons.
#pragma once

#include <array>
#include <cstdint>

namespace lockkeeper::sql {

/// What a byte begins, outside quotes and comments.
enum class Class : std::uint8_t {
  space,  // control characters too: no server gives them a meaning, and they must not reach a terminal
  word,   // letters, underscore and every byte of a multi-byte character
  digit,
  quote,
  double_quote,
  backtick,
  dollar,
  colon,
  question,
  dot,
  comma,
  semicolon,
  open,
  close,
  minus,
  slash,
  star,
  hash,
  at,
  operator_,
  other,
};

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool is_upper(char c) noexcept { return c >= 'A' && c <= 'Z'; }
constexpr char to_lower(char c) noexcept { return is_upper(c) ? static_cast<char>(c + ('a' - 'A')) : c; }
constexpr bool is_hex(char c) noexcept { return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'f'); }
constexpr std::uint8_t byte(char c) noexcept { return static_cast<std::uint8_t>(c); }

constexpr Class classify(char c) noexcept {
  if (byte(c) <= 0x20 || byte(c) == 0x7f) return Class::space;
  if (is_letter(c) || c == '_' || byte(c) >= 0x80) return Class::word;
  if (is_digit(c)) return Class::digit;
  switch (c) {
    case '\'': return Class::quote;
    case '"': return Class::double_quote;
    case '`': return Class::backtick;
    case '$': return Class::dollar;
    case ':': return Class::colon;
    case '?': return Class::question;
    case '.': return Class::dot;
    case ',': return Class::comma;
    case ';': return Class::semicolon;
    case '(':
    case '[': return Class::open;
    case ')':
    case ']': return Class::close;
    case '-': return Class::minus;
    case '/': return Class::slash;
    case '*': return Class::star;
    case '#': return Class::hash;
    case '@': return Class::at;
    case '~':
    case '!':
    case '^':
    case '&':
    case '|':
    case '+':
    case '%':
    case '<':
    case '>':
    case '=': return Class::operator_;
    default: return Class::other;
  }
}

template <class Value, class Function>
consteval std::array<Value, 256> tabulate(Function function) {
  std::array<Value, 256> table{};
  for (unsigned c = 0; c < 256; ++c) table[c] = function(static_cast<char>(static_cast<unsigned char>(c)));
  return table;
}

inline constexpr auto class_table = tabulate<Class>(classify);
inline constexpr auto word_table =
    tabulate<bool>([](char c) { return is_letter(c) || is_digit(c) || c == '_' || c == '$' || byte(c) >= 0x80; });
inline constexpr auto operator_table = tabulate<bool>([](char c) {
  const Class kind = classify(c);
  return kind == Class::operator_ || kind == Class::minus || kind == Class::slash || kind == Class::star ||
         kind == Class::hash || kind == Class::at || kind == Class::backtick;
});

constexpr Class class_of(char c) noexcept { return class_table[byte(c)]; }
/// Whether the byte may continue an unquoted word.
constexpr bool continues_word(char c) noexcept { return word_table[byte(c)]; }
constexpr bool begins_word(char c) noexcept { return class_of(c) == Class::word; }
/// Whether PostgreSQL lets the byte continue an operator; `?` is kept apart because drivers use it as a parameter.
constexpr bool continues_operator(char c) noexcept { return operator_table[byte(c)]; }

}  // namespace lockkeeper::sql
