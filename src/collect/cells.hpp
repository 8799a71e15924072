// Reading a row cell by cell, where a cell that is not what the query promised is a Failure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <lockkeeper/rows.hpp>

#include "model/time.hpp"

namespace lockkeeper::collect {

/// Throws Failure (code `protocol`): something else answered for the server.
[[noreturn]] void surprised(std::string_view wanted, std::string_view got);

[[nodiscard]] std::int64_t to_integer(std::string_view text);

/// One row, read from the left: the order is that of the query's SELECT list. The rows must outlive it.
class Cells {
 public:
  Cells(const Rows& rows, std::size_t row) : rows_(rows), row_(row) {}

  std::optional<std::string_view> view() { return rows_.cell(row_, column_++); }
  std::string text() { return std::string(view().value_or("")); }
  std::optional<std::string> maybe_text();
  std::optional<std::int64_t> maybe_integer();
  std::int64_t integer() { return maybe_integer().value_or(0); }

  /// With an offset from UTC; without one, `assumed_offset` is appended. The views hold times of things that
  /// happened: one that cannot be read, an infinite one too, is a surprise.
  std::optional<model::WallTime> maybe_time(std::string_view assumed_offset = "");

 private:
  const Rows& rows_;
  std::size_t row_;
  std::size_t column_ = 0;
};

}  // namespace lockkeeper::collect
