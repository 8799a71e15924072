#include "sql/readable.hpp"

namespace lockkeeper::sql {
namespace {

constexpr bool is_word(Shape shape) noexcept {
  return shape == Shape::keyword || shape == Shape::name || shape == Shape::function;
}

constexpr bool is_operand(Shape shape) noexcept {
  return is_word(shape) || shape == Shape::literal || shape == Shape::close;
}

constexpr bool space_before_parenthesis(Shape last, bool spaced) noexcept {
  if (last == Shape::function || last == Shape::sign || last == Shape::dot) return false;
  return last == Shape::name ? spaced : true;
}

}  // namespace

bool Readable::space_before(Shape shape, bool spaced) const noexcept {
  if (last_ == Shape::none || last_ == Shape::open || last_ == Shape::bracket) return false;
  switch (shape) {
    case Shape::comma:
    case Shape::semicolon:
    case Shape::close: return false;
    case Shape::dot: return !is_operand(last_);
    case Shape::cast:
    case Shape::slice: return !is_operand(last_);
    case Shape::open: return space_before_parenthesis(last_, spaced);
    case Shape::bracket: return !is_operand(last_) && last_ != Shape::cast;
    default: break;
  }
  switch (last_) {
    case Shape::dot: return false;
    case Shape::cast: return !is_word(shape);
    case Shape::slice: return !is_operand(shape);
    case Shape::sign: return !is_operand(shape);
    default: return true;
  }
}

}  // namespace lockkeeper::sql
