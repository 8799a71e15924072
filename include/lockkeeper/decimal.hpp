// An exact decimal number as its text: for money and the like, on its way between database and application.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace lockkeeper {

/// Keeps every digit as it was written; 1.5 and 1.50 are different texts and compare unequal. No arithmetic: hand
/// text() to the decimal library of your choice. Finite numbers only: PostgreSQL's numeric NaN and Infinity are read
/// as double or std::string.
///
/// SQLite has no decimal type: a column that is not declared TEXT turns it into a floating number. MySQL compares a
/// DECIMAL column with text as floating numbers; write `= CAST(? AS DECIMAL(12, 2))` there.
class Decimal {
 public:
  Decimal() : text_("0") {}

  /// An optional sign, digits with at most one point among or around them, optionally an exponent. Nothing where it is
  /// anything else.
  [[nodiscard]] static std::optional<Decimal> parse(std::string_view text);

  [[nodiscard]] const std::string& text() const noexcept { return text_; }

  /// The same text, not the same number.
  friend bool operator==(const Decimal&, const Decimal&) noexcept = default;

 private:
  explicit Decimal(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

}  // namespace lockkeeper
