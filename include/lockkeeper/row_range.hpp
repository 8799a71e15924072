// Streamed rows as a range of tuples that borrows its lease.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>

#include <lockkeeper/connection.hpp>
#include <lockkeeper/value.hpp>

namespace lockkeeper {

/// Rows held at once by Queries::stream: some tens of kilobytes of usual rows, few enough to begin early.
inline constexpr std::size_t default_chunk_rows = 256;

/// A single-pass range. Reading throws Failure as the statement does, and `conversion` where a cell is not of its type.
///
/// After the last row the statement is over and its lease takes other work, though the range still lives. Destroying
/// the range early cancels the statement and drains it within about a second, else the connection is closed: the lease
/// is never kept by an unread rest. Columns may be moved out of a row.
///
/// Each ++ reads ahead to the next row: so `| std::views::take(3)` waits for a fourth, where `break` would not.
template <class... Columns>
class [[nodiscard]] RowRange {
 public:
  using Row = std::tuple<Columns...>;

  explicit RowRange(std::unique_ptr<RowStream> stream) : stream_(std::move(stream)) {}

  class Iterator {
   public:
    using iterator_concept = std::input_iterator_tag;
    using value_type = Row;
    using difference_type = std::ptrdiff_t;

    Iterator() = default;
    explicit Iterator(RowRange& range) : range_(&range) { range_->advance(); }
    [[nodiscard]] Row& operator*() const { return *range_->row_; }
    [[nodiscard]] Row* operator->() const { return &*range_->row_; }
    Iterator& operator++() {
      range_->advance();
      return *this;
    }
    void operator++(int) { ++*this; }
    [[nodiscard]] bool operator==(std::default_sentinel_t) const noexcept { return !range_->row_; }

   private:
    RowRange* range_ = nullptr;
  };

  /// Reads the first row. Once.
  [[nodiscard]] Iterator begin() { return Iterator(*this); }
  [[nodiscard]] std::default_sentinel_t end() const noexcept { return {}; }

 private:
  void advance() {
    row_.reset();
    if (!stream_) return;
    if (next_ == chunk_.size() && !read_chunk()) return;
    row_.emplace(detail::read_row<Columns...>(chunk_, next_++, std::index_sequence_for<Columns...>{}, rows_before_));
  }

  bool read_chunk() {
    rows_before_ += chunk_.size();
    next_ = 0;
    // What opened the stream bounds every wait by the deadline that it was given.
    if (!stream_->next(chunk_, Deadline::max())) {
      stream_.reset();
      return false;
    }
    if (rows_before_ == 0) detail::require_columns<Columns...>(chunk_);
    return true;
  }

  std::unique_ptr<RowStream> stream_;
  Rows chunk_;
  std::size_t next_ = 0;           // In the chunk.
  std::uint64_t rows_before_ = 0;  // In earlier chunks.
  std::optional<Row> row_;         // Nothing: at the end.
};

}  // namespace lockkeeper
