// A store's cells as values. Only for columns that we have written ourselves, in STRICT tables.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <lockkeeper/parameter.hpp>
#include <lockkeeper/rows.hpp>

#include "model/time.hpp"

namespace lockkeeper::store {

/// Reads one row from left to right. The rows must outlive it.
class RowReader {
 public:
  RowReader(const Rows& rows, std::size_t row) : rows_(rows), row_(row) {}

  [[nodiscard]] std::string text() { return std::string(next().value_or("")); }
  [[nodiscard]] std::int64_t integer() { return number<std::int64_t>(next()); }
  [[nodiscard]] double real() { return number<double>(next()); }
  [[nodiscard]] model::WallTime time() { return model::WallTime(model::Duration(integer())); }
  [[nodiscard]] model::Duration duration() { return model::Duration(integer()); }
  [[nodiscard]] std::optional<model::WallTime> maybe_time() {
    const auto cell = next();
    if (!cell) return std::nullopt;
    return model::WallTime(model::Duration(number<std::int64_t>(cell)));
  }

 private:
  [[nodiscard]] std::optional<std::string_view> next() { return rows_.cell(row_, column_++); }

  // NULL, where there should be none: zero, as SQL's own casts do.
  template <class Number>
  [[nodiscard]] static Number number(std::optional<std::string_view> cell) {
    Number value{};
    if (cell) std::from_chars(cell->data(), cell->data() + cell->size(), value);
    return value;
  }

  const Rows& rows_;
  std::size_t row_;
  std::size_t column_ = 0;
};

/// Times are kept as microseconds since 1970, UTC.
[[nodiscard]] inline Parameter kept(model::WallTime time) { return time.time_since_epoch().count(); }
[[nodiscard]] inline Parameter kept(const std::optional<model::WallTime>& time) {
  return time ? kept(*time) : Parameter();
}

}  // namespace lockkeeper::store
