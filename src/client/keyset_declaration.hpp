// What a Keyset was declared as, checked, and the statements that follow from it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <lockkeeper/connection.hpp>
#include <lockkeeper/keyset.hpp>

namespace lockkeeper::client {

/// The key columns' cells of one row, in the key's order. Never empty where it is a place; empty: the beginning.
using Cursor = std::vector<std::string>;

struct KeysetDeclaration {
  KeysetOptions options;
  std::uint64_t identity = 0;  ///< Of table or select and key: tokens of others are refused by it.

  /// `keyset "post" by created_at descending, id`, for messages.
  [[nodiscard]] std::string describe() const;
};

/// Throws Failure (`misuse`).
[[nodiscard]] KeysetDeclaration declare(KeysetOptions options);

/// The statement of the first page (of any page, `after` a cursor), which asks for one row more than the page has.
[[nodiscard]] std::string page_statement(const KeysetDeclaration& declaration, Engine engine, bool after,
                                         std::size_t arguments);

/// What page_statement binds for the cursor after the arguments, in its order. Views into the cursor.
[[nodiscard]] std::vector<Parameter> cursor_parameters(const KeysetDeclaration& declaration, Engine engine,
                                                       const Cursor& cursor);

}  // namespace lockkeeper::client
