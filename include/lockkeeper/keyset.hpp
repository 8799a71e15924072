// Reading a large result page by page, by its key instead of by OFFSET.
//
//   const Keyset posts({.select = "SELECT id, title, created_at FROM post WHERE author = $1",
//                       .key = {descending<TimePoint>("created_at"), ascending<std::int64_t>("id")}});
//   for (const KeysetPage& page : posts.read(db, author))
//     for (const auto& [id, title, created_at] : page.as<std::int64_t, std::string, TimePoint>()) ...
//
// Order and cursor are one declaration: what the pages are ordered by is what the next page is asked for after, taken
// from the last row. A program cannot order by one column and remember another.
#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <lockkeeper/codec.hpp>
#include <lockkeeper/database.hpp>
#include <lockkeeper/detail/statement.hpp>
#include <lockkeeper/rows.hpp>
#include <lockkeeper/transaction.hpp>
#include <lockkeeper/value.hpp>

namespace lockkeeper {

namespace client {
struct KeysetDeclaration;
class KeysetReader;
}  // namespace client

/// What a key column holds, as far as binding it again has to know. Made by ascending and descending.
enum class KeyKind : char { integer = 'i', text = 't', time = 'm', bytes = 'b', uuid = 'u' };

namespace detail {

template <class Type>
constexpr std::optional<KeyKind> key_kind() {
  if (Integer<Type> || Enumeration<Type>) return KeyKind::integer;
  if (std::is_same_v<Type, std::string>) return KeyKind::text;
  if (is_sys_time<Type>) return KeyKind::time;
  if (std::is_same_v<Type, std::vector<std::byte>>) return KeyKind::bytes;
  if (std::is_same_v<Type, Uuid>) return KeyKind::uuid;
  return std::nullopt;
}

}  // namespace detail

/// Integers, enums, std::string, points in time and days, std::vector<std::byte>, Uuid. Not floating numbers, whose
/// text is not their value, and nothing that may be NULL.
template <class Type>
concept KeyType = detail::key_kind<Type>().has_value();

/// One column of the key, made by ascending or descending.
struct KeyColumn {
  std::string name;
  KeyKind kind = KeyKind::integer;
  bool descending = false;
};

template <KeyType Type>
[[nodiscard]] KeyColumn ascending(std::string_view column) {
  return {std::string(column), *detail::key_kind<Type>(), false};
}

template <KeyType Type>
[[nodiscard]] KeyColumn descending(std::string_view column) {
  return {std::string(column), *detail::key_kind<Type>(), true};
}

struct KeysetOptions {
  /// A whole table, or `select`: one of them. Named as in insert_many.
  std::string table = {};
  /// Any SELECT that can stand in parentheses, without ORDER BY, LIMIT and semicolon. Its parameters are the arguments
  /// of `read`.
  std::string select = {};
  /// Columns of the result, by the names they have there. Together they must be unique, and none may be NULL: a row
  /// with NULL in its key would silently be in no page. Both is checked in every row that is read.
  std::vector<KeyColumn> key;
  std::size_t page_size = 100;  ///< Rows; 1 to 100,000.
  std::string name = {};        ///< In messages. Empty: the table's name.
};

/// Some rows in the key's order, owned.
class KeysetPage {
 public:
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  /// Whether there were rows after this page when it was read.
  [[nodiscard]] bool has_more() const noexcept { return has_more_; }

  [[nodiscard]] const std::vector<std::string>& columns() const noexcept { return rows_.columns(); }
  /// As Rows::cell.
  [[nodiscard]] std::optional<std::string_view> cell(std::size_t row, std::size_t column) const;

  /// The rows as tuples. Throws as Queries::query.
  template <class... Columns>
  [[nodiscard]] std::vector<std::tuple<Columns...>> as() const {
    detail::require_columns<Columns...>(rows_);
    std::vector<std::tuple<Columns...>> read;
    read.reserve(size_);
    for (std::size_t row = 0; row < size_; ++row) {
      read.push_back(detail::read_row<Columns...>(rows_, row, std::index_sequence_for<Columns...>{}));
    }
    return read;
  }

  /// Where the next page begins, for Keyset::read_after and Keyset::page, also in another process and after a restart:
  /// letters, digits, - and _. It holds the key of the page's last row, encoded but not encrypted, and is worth
  /// nothing to a Keyset that is declared otherwise. Of a page without rows: that of the page before it, so that a
  /// reader may come back later for more. Throws `misuse` where the key is larger than 48 KB.
  [[nodiscard]] std::string token() const;

 private:
  friend class client::KeysetReader;
  std::shared_ptr<const client::KeysetDeclaration> declaration_;
  Rows rows_;  // One more than size_ where has_more_.
  std::size_t size_ = 0;
  bool has_more_ = false;
  std::vector<std::string> cursor_;  // Empty: the beginning.
};

/// A single-pass range of pages, each read when the loop comes to it. No page, for no rows. Nothing stays open between
/// two pages. Reading throws as `Queries::query`, and `no_progress` where a page does not lie beyond the one before
/// it: then the database compares the key in another way than it orders by it.
class [[nodiscard]] KeysetPages {
 public:
  explicit KeysetPages(std::unique_ptr<client::KeysetReader> reader) noexcept;
  KeysetPages(KeysetPages&&) noexcept;
  KeysetPages& operator=(KeysetPages&&) noexcept;
  ~KeysetPages();

  class Iterator {
   public:
    using iterator_concept = std::input_iterator_tag;
    using value_type = KeysetPage;
    using difference_type = std::ptrdiff_t;

    Iterator() = default;
    explicit Iterator(KeysetPages& pages) : pages_(&pages) { pages_->advance(); }
    /// Valid until the iterator moves on.
    [[nodiscard]] const KeysetPage& operator*() const noexcept { return *pages_->page_; }
    [[nodiscard]] const KeysetPage* operator->() const noexcept { return &*pages_->page_; }
    Iterator& operator++() {
      pages_->advance();
      return *this;
    }
    void operator++(int) { ++*this; }
    [[nodiscard]] bool operator==(std::default_sentinel_t) const noexcept { return !pages_->page_; }

   private:
    KeysetPages* pages_ = nullptr;
  };

  /// Reads the first page. Once.
  [[nodiscard]] Iterator begin() { return Iterator(*this); }
  [[nodiscard]] std::default_sentinel_t end() const noexcept { return {}; }

 private:
  void advance();

  std::unique_ptr<client::KeysetReader> reader_;
  std::optional<KeysetPage> page_;
};

/// The declaration. A value without a connection: make it once, use it from any thread.
///
/// Reading in a transaction holds it, its connection and what it locks for the whole loop, so do nothing slow there;
/// reading from a Database runs each page's statement by itself and holds nothing in between. Rows inserted or deleted
/// meanwhile are in the pages still to come or not; no row that stays comes twice or is left out.
///
/// The database compares the key by the column's own type and collation, so an index on the key's columns in their
/// order serves every page alike.
class Keyset {
 public:
  /// Throws Failure (`misuse`) naming what is wrong with the options.
  explicit Keyset(KeysetOptions options);

  /// Pages from the beginning. Throws nothing but for arguments that cannot be bound: statements run in the loop. The
  /// database must outlive the pages; a transaction's end is seen by them.
  template <class... Arguments>
  KeysetPages read(TransactionRef tx, const Arguments&... arguments) const {
    return pages(tx, {}, {detail::OwnedParameter(arguments)...});
  }

  /// Each page is a statement by itself on a connection of its own turn. Where the thread is in a transaction throws
  /// `propagation`: the loop would hold that all along.
  template <class... Arguments>
  KeysetPages read(Database& db, const Arguments&... arguments) const {
    return pages(db, {}, {detail::OwnedParameter(arguments)...});
  }

  /// Pages after a token; after the empty one from the beginning. A token is not trusted: what is in it is only ever
  /// bound as a parameter. Throws Failure (`misuse`) where it is malformed or comes from another declaration.
  template <class... Arguments>
  KeysetPages read_after(std::string_view token, TransactionRef tx, const Arguments&... arguments) const {
    return pages(tx, token, {detail::OwnedParameter(arguments)...});
  }
  template <class... Arguments>
  KeysetPages read_after(std::string_view token, Database& db, const Arguments&... arguments) const {
    return pages(db, token, {detail::OwnedParameter(arguments)...});
  }

  /// The one page after a token: for an interface that gives its callers a page at a time. May be empty.
  template <class... Arguments>
  [[nodiscard]] KeysetPage page(std::string_view token, TransactionRef tx, const Arguments&... arguments) const {
    return one_page(tx, token, {detail::OwnedParameter(arguments)...});
  }
  template <class... Arguments>
  [[nodiscard]] KeysetPage page(std::string_view token, Database& db, const Arguments&... arguments) const {
    return one_page(db, token, {detail::OwnedParameter(arguments)...});
  }

 private:
  using Parameters = std::vector<detail::OwnedParameter>;
  [[nodiscard]] KeysetPages pages(TransactionRef tx, std::string_view token, Parameters arguments) const;
  [[nodiscard]] KeysetPages pages(Database& db, std::string_view token, Parameters arguments) const;
  [[nodiscard]] KeysetPage one_page(TransactionRef tx, std::string_view token, Parameters arguments) const;
  [[nodiscard]] KeysetPage one_page(Database& db, std::string_view token, Parameters arguments) const;

  std::shared_ptr<const client::KeysetDeclaration> declaration_;
};

}  // namespace lockkeeper
