// The text people see: tokens as they were written, one space where a person would put one.
//
// What is written here reads back to the same fingerprint; hence no spacing rule may join two tokens
// into another one (`- -x`, `: :`).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace lockkeeper::sql {

/// What spacing depends on.
enum class Shape : std::uint8_t {
  none,
  keyword,   // a space before its parenthesis: IN (?), VALUES (?)
  name,      // as the source had it: f(x), t (id, name)
  function,  // tight: count(*)
  literal,
  open,
  bracket,
  close,
  comma,
  semicolon,
  dot,
  cast,
  slice,  // a colon after an operand
  sign,   // unary plus or minus
  symbol,
};

class Readable {
 public:
  /// Where the text can be cut back to when a list folds.
  struct Mark {
    std::size_t size;
    Shape last;
  };

  void add(std::string_view token, Shape shape, bool spaced) {
    if (space_before(shape, spaced)) text_ += ' ';
    text_ += token;
    last_ = shape;
  }
  [[nodiscard]] Mark mark() const noexcept { return {text_.size(), last_}; }
  void cut(const Mark& mark) {
    text_.resize(mark.size);
    last_ = mark.last;
  }
  /// What follows is not for people.
  void end() noexcept { ended_ = true; }
  [[nodiscard]] bool ended() const noexcept { return ended_; }
  [[nodiscard]] std::string take() && {
    if (ended_) text_ += " ...";
    return std::move(text_);
  }

 private:
  [[nodiscard]] bool space_before(Shape shape, bool spaced) const noexcept;

  std::string text_;
  Shape last_ = Shape::none;
  bool ended_ = false;
};

}  // namespace lockkeeper::sql
