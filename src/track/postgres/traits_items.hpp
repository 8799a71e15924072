// A normalized text cut into statements and items, words folded as the fingerprint folds them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sql/statement_kind.hpp"

namespace lockkeeper::track::postgres {

struct Item {
  enum class Kind : std::uint8_t {
    word,  ///< May be a keyword: unquoted, or in quotes that make no difference to the fingerprint. In lower case.
    name,  ///< Cannot be one: quoted, or behind a dot. Without its quotes.
    literal,
    open,
    close,
    other,
  };
  Kind kind = Kind::other;
  bool escaped = false;  ///< A name in U&"...": what it says is not known.
  std::string text;      ///< Empty for a literal.

  [[nodiscard]] bool is(std::string_view word) const noexcept { return kind == Kind::word && text == word; }
  [[nodiscard]] bool named() const noexcept { return kind == Kind::word || kind == Kind::name; }
};

/// One statement. Those in a body BEGIN ATOMIC ... END are statements of their own too, but `inner`.
struct ItemList {
  std::vector<Item> items;
  bool inner = false;
  sql::StatementKind kind = sql::StatementKind::unknown;  ///< Not of an inner one.
};

/// Statements that are not empty.
[[nodiscard]] std::vector<ItemList> cut_into_items(std::string_view normalized);

}  // namespace lockkeeper::track::postgres
