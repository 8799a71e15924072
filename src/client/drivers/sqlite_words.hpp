// What has to be known of a statement's text before SQLite has seen it.
#pragma once

#include <string>
#include <string_view>

namespace lockkeeper::client::sqlite {

enum class Verb {
  read,         ///< SELECT, VALUES.
  rows,         ///< INSERT, UPDATE, DELETE, REPLACE, WITH: rows in or out.
  transaction,  ///< BEGIN, COMMIT, END, ROLLBACK.
  savepoint,    ///< SAVEPOINT, RELEASE. (ROLLBACK TO counts as transaction.)
  pragma,       ///< PRAGMA.
  other,        ///< Everything else.
};

/// By the first word.
[[nodiscard]] Verb verb_of(std::string_view sql) noexcept;

/// Whether there is nothing in it but white space, comments and semicolons.
[[nodiscard]] bool is_blank(std::string_view sql) noexcept;

/// The text behind its first semicolon that is not inside quotes or a comment. Not for CREATE TRIGGER.
[[nodiscard]] std::string_view behind_first_statement(std::string_view sql) noexcept;

/// ASCII letters alone, as SQLite folds names.
[[nodiscard]] bool equals_ignoring_case(std::string_view one, std::string_view other) noexcept;
[[nodiscard]] std::string in_lower_case(std::string_view text);

}  // namespace lockkeeper::client::sqlite
