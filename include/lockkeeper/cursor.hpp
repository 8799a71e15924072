// Cursors of a transaction: rows fetched when they are wanted, while other statements run in between.
//
//   db.transact([](auto& tx) {
//     auto posts = tx.template cursor<std::int64_t, std::string>("SELECT id, title FROM post ORDER BY id");
//     for (auto page = tx.fetch(posts, 100); !page.empty(); page = tx.fetch(posts, 100)) {
//       for (const auto& [id, title] : page) tx.execute("UPDATE post SET title = $1 WHERE id = $2", title + "!", id);
//     }
//   });
//
// PostgreSQL has such cursors (DECLARE, FETCH, CLOSE). On the other databases, and in a scope without transaction, a
// cursor is a stream: on MySQL, MariaDB and SQLite another statement of the transaction throws `misuse` until the
// cursor is at its end or destroyed. Code that has to run everywhere reads a cursor to its end first.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <lockkeeper/annotations.hpp>
#include <lockkeeper/queries.hpp>
#include <lockkeeper/transaction.hpp>

namespace lockkeeper {

template <class Brand>
class BrandedTransactionRef;

namespace client {
class CursorBody;
}

namespace detail {

/// `sql` is one statement that returns rows: on PostgreSQL a SELECT or VALUES, what DECLARE CURSOR takes.
[[nodiscard]] std::shared_ptr<client::CursorBody> open_cursor(std::shared_ptr<client::TransactionScope> scope,
                                                              std::string_view sql,
                                                              std::span<const Parameter> parameters);

/// The next `count` rows (>= 1), fewer only at the end. `cursor` is null where it was moved from.
[[nodiscard]] Rows fetch_rows(const client::TransactionScope& scope, client::CursorBody* cursor, std::size_t count);

}  // namespace detail

/// An open cursor. Its brand is that of the transaction it was opened in: fetching it through another one does not
/// compile. Its destruction closes it; the end of its transaction does too, and fetching throws `transaction_ended`
/// then. Going back to a savepoint closes on PostgreSQL what was opened since.
template <class Brand, class... Columns>
class [[nodiscard]] Cursor {
 public:
  Cursor(Cursor&&) noexcept = default;
  Cursor& operator=(Cursor&&) noexcept = default;

 private:
  friend class BrandedTransactionRef<Brand>;
  explicit Cursor(std::shared_ptr<client::CursorBody> body) noexcept : body_(std::move(body)) {}
  std::shared_ptr<client::CursorBody> body_;
};

/// What Database::transact gives its function: a TransactionRef with a type of its own for every call of transact. Can
/// be passed on as a TransactionRef.
template <class Brand>
class BrandedTransactionRef : public TransactionRef {
 public:
  /// Throws what execute throws.
  template <class... Columns, class... Arguments>
  [[nodiscard]] Cursor<Brand, Columns...> cursor(std::string_view sql, const Arguments&... arguments) LK_LIFETIMEBOUND {
    const BoundParameters<sizeof...(Arguments)> bound(arguments...);
    return Cursor<Brand, Columns...>(detail::open_cursor(scope_, sql, bound.view()));
  }

  /// The next `count` rows (>= 1), fewer only at the end, none after it. Throws what execute throws, and `conversion`.
  template <class... Columns>
  std::vector<std::tuple<Columns...>> fetch(Cursor<Brand, Columns...>& cursor, std::size_t count) {
    const Rows rows = detail::fetch_rows(*scope_, cursor.body_.get(), count);
    std::vector<std::tuple<Columns...>> read;
    if (rows.empty()) return read;
    detail::require_columns<Columns...>(rows);
    read.reserve(rows.size());
    for (std::size_t row = 0; row < rows.size(); ++row) {
      read.push_back(detail::read_row<Columns...>(rows, row, std::index_sequence_for<Columns...>{}));
    }
    return read;
  }

 private:
  friend class Database;
  explicit BrandedTransactionRef(TransactionRef plain) noexcept : TransactionRef(std::move(plain)) {}
};

}  // namespace lockkeeper
