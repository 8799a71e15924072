// The rows of one statement, owned: still valid after the connection has gone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lockkeeper {

/// Cells are in the server's text form, but for binary columns (PostgreSQL bytea, BLOB, BINARY), which are raw bytes.
/// Row and column indexes start at 0; out of range throws std::out_of_range. Typed reading: <lockkeeper/value.hpp>.
class Rows {
 public:
  [[nodiscard]] std::size_t size() const noexcept { return columns_.empty() ? 0 : cells_.size() / columns_.size(); }
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  [[nodiscard]] const std::vector<std::string>& columns() const noexcept { return columns_; }

  /// The cell's text, or nullopt for SQL NULL. The view lives as long as this object is unchanged.
  [[nodiscard]] std::optional<std::string_view> cell(std::size_t row, std::size_t column) const {
    const Cell& found = cells_.at(row * columns_.size() + column);
    if (found.length < 0) return std::nullopt;
    return std::string_view(bytes_).substr(found.offset, static_cast<std::size_t>(found.length));
  }

  /// Rows inserted, updated, deleted or selected, as the server counted; 0 where it does not count.
  [[nodiscard]] std::uint64_t affected() const noexcept { return affected_; }

  // For drivers: build the value cell by cell, row after row.
  void set_columns(std::vector<std::string> names) { columns_ = std::move(names); }
  void set_affected(std::uint64_t count) noexcept { affected_ = count; }
  void append(std::optional<std::string_view> text) {
    cells_.push_back({bytes_.size(), text ? static_cast<std::int64_t>(text->size()) : -1});
    if (text) bytes_.append(*text);
  }
  /// Forgets the rows, keeps columns and memory: for the next chunk of a stream.
  void clear_rows() noexcept {
    cells_.clear();
    bytes_.clear();
    affected_ = 0;
  }

 private:
  struct Cell {
    std::size_t offset;
    std::int64_t length;  // -1: NULL
  };
  std::vector<std::string> columns_;
  std::vector<Cell> cells_;
  std::string bytes_;
  std::uint64_t affected_ = 0;
};

}  // namespace lockkeeper
