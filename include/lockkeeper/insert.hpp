// Many rows in few statements.
//
//   insert_many(tx, "post", {"author", "title"}, posts);    // posts: any range of std::tuple<std::int64_t,
//   std::string>
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <list>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <lockkeeper/connection.hpp>
#include <lockkeeper/detail/statement.hpp>
#include <lockkeeper/transaction.hpp>
#include <lockkeeper/value.hpp>

namespace lockkeeper {

namespace detail {

/// Text and bytes of one statement's parameters at most, where one row alone is not larger: far below every server's
/// limit (the lowest is MySQL's max_allowed_packet), and large enough that the round trip no longer counts.
inline constexpr std::size_t insert_batch_bytes = 1'000'000;

/// Gathers rows and runs an INSERT whenever the next row would not fit.
class Inserter {
 public:
  using Run = std::function<Rows(std::string_view sql, std::span<const Parameter> parameters)>;

  /// Throws Failure (`misuse`): bad names, `width` other than the number of columns, more columns than parameters.
  Inserter(Engine engine, std::string_view table, const std::vector<std::string_view>& columns, std::size_t width,
           Run run);

  /// Takes one row, whose parameters may point into `texts` or at values that live until a later call returns true:
  /// then every row before this one has been sent.
  bool add(std::span<const Parameter> row, KeptTexts&& texts);

  /// Sends the rest. Rows inserted all together.
  std::uint64_t finish();

 private:
  [[nodiscard]] bool fits(std::size_t row_bytes) const;
  void send();
  void write_statement(std::size_t rows);

  Engine engine_;
  std::string head_;
  std::size_t width_;
  std::size_t most_parameters_;
  Run run_;
  std::vector<Parameter> parameters_;
  KeptTexts texts_;
  std::size_t bytes_ = 0;
  std::string sql_;
  std::size_t sql_rows_ = 0;  // That sql_ is for.
  std::uint64_t affected_ = 0;
};

[[nodiscard]] Inserter make_inserter(TransactionRef tx, std::string_view table,
                                     const std::vector<std::string_view>& columns, std::size_t width);

template <class Row, std::size_t... Index>
bool add_row(Inserter& inserter, const Row& row, std::index_sequence<Index...>) {
  using std::get;
  KeptTexts kept;
  const std::array<Parameter, sizeof...(Index)> parameters{bind_value(get<Index>(row), kept)...};
  return inserter.add(parameters, std::move(kept));
}

template <std::ranges::input_range Range>
std::uint64_t insert_rows(Inserter& inserter, Range&& rows) {
  using Row = std::ranges::range_value_t<Range>;
  constexpr auto index = std::make_index_sequence<std::tuple_size_v<Row>>{};
  if constexpr (std::ranges::forward_range<Range> &&
                std::is_lvalue_reference_v<std::ranges::range_reference_t<Range>>) {
    for (const auto& row : rows) add_row(inserter, row, index);
    return inserter.finish();
  } else {
    // Rows that are made as the range is walked: kept until they have been sent.
    std::list<Row> unsent;
    for (auto&& row : rows) {
      unsent.emplace_back(std::forward<decltype(row)>(row));
      if (add_row(inserter, unsent.back(), index)) unsent.erase(unsent.begin(), std::prev(unsent.end()));
    }
    return inserter.finish();
  }
}

}  // namespace detail

/// Inserts a row for each tuple (or pair, or array) of `rows`, whose elements belong to `columns` in their order, and
/// returns how many rows the server counted. Nothing for no rows: no statement is sent.
///
/// INSERT statements with many rows each, as many as the engine's limit of parameters allows (65,535 on PostgreSQL,
/// MySQL and MariaDB, 32,766 on SQLite) and one megabyte holds; all in the caller's transaction, so that the first
/// failure leaves none of them once that rolls back. Names are taken as the database's catalogue has them, upper and
/// lower case told apart on PostgreSQL, and quoted; `schema.table` is understood. Throws Failure: `misuse` outside a
/// transaction or for bad names, `conversion` where a value cannot be bound, and what the server says.
///
/// A range is walked once, and may be made while it is walked.
template <std::ranges::input_range Range>
std::uint64_t insert_many(TransactionRef tx, std::string_view table, const std::vector<std::string_view>& columns,
                          Range&& rows) {
  using Row = std::ranges::range_value_t<Range>;
  detail::Inserter inserter = detail::make_inserter(tx, table, columns, std::tuple_size_v<Row>);
  return detail::insert_rows(inserter, std::forward<Range>(rows));
}

}  // namespace lockkeeper
