// The typed ways to run a statement, the same on a lease and on a transaction.
//
//   auto id    = tx.value<std::int64_t>("INSERT INTO post (title) VALUES ($1) RETURNING id", title);
//   auto posts = tx.query<std::int64_t, std::string>("SELECT id, title FROM post WHERE author = $1", author);
//   for (auto [id, title] : tx.stream<std::int64_t, std::string>("SELECT id, title FROM post")) ...
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <lockkeeper/connection.hpp>
#include <lockkeeper/row_range.hpp>
#include <lockkeeper/value.hpp>

namespace lockkeeper {

/// Mixed into a class with `Rows run(sql, parameters)` and `unique_ptr<RowStream> open_stream(sql, parameters, chunk)`.
/// Arguments are bound as parameters, never put into the text. All throw what `run` throws, and `conversion` where a
/// cell is not of the type asked for.
template <class Self>
class Queries {
 public:
  /// Runs a statement; the rows as they are.
  template <class... Arguments>
  Rows execute(std::string_view sql, const Arguments&... arguments) {
    const BoundParameters<sizeof...(Arguments)> bound(arguments...);
    return self().run(sql, bound.view());
  }

  /// All rows, each as a tuple.
  template <class... Columns, class... Arguments>
  std::vector<std::tuple<Columns...>> query(std::string_view sql, const Arguments&... arguments) {
    const Rows rows = execute(sql, arguments...);
    detail::require_columns<Columns...>(rows);
    std::vector<std::tuple<Columns...>> read;
    read.reserve(rows.size());
    for (std::size_t row = 0; row < rows.size(); ++row) {
      read.push_back(detail::read_row<Columns...>(rows, row, std::index_sequence_for<Columns...>{}));
    }
    return read;
  }

  /// The first row, or nothing where there is none. More than one row is an error (`conversion`).
  template <class... Columns, class... Arguments>
  std::optional<std::tuple<Columns...>> row(std::string_view sql, const Arguments&... arguments) {
    auto rows = query<Columns...>(sql, arguments...);
    if (rows.size() > 1) throw Failure(detail::too_many_rows(rows.size()));
    if (rows.empty()) return std::nullopt;
    return std::move(rows.front());
  }

  /// The only column of the only row. No row is an error (`conversion`).
  template <class Value, class... Arguments>
  Value value(std::string_view sql, const Arguments&... arguments) {
    auto found = row<Value>(sql, arguments...);
    if (!found) throw Failure(detail::too_many_rows(0));
    return std::get<0>(std::move(*found));
  }

  /// Rows as they come, in bounded memory. The range borrows this object and must not outlive it; until it is at its
  /// end or gone, other statements throw `misuse`.
  ///
  /// Leaving the loop early cancels the statement. Inside a PostgreSQL transaction that fails the whole transaction,
  /// as every error does there: its commit throws `rollback_only`. Who may leave early uses a cursor
  /// (<lockkeeper/cursor.hpp>) or a LIMIT.
  template <class... Columns, class... Arguments>
  [[nodiscard]] RowRange<Columns...> stream(std::string_view sql, const Arguments&... arguments) {
    const BoundParameters<sizeof...(Arguments)> bound(arguments...);
    return RowRange<Columns...>(self().open_stream(sql, bound.view(), default_chunk_rows));
  }

 private:
  Self& self() { return static_cast<Self&>(*this); }
};

}  // namespace lockkeeper
