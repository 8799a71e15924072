// One prepared statement and its placeholders.
#pragma once

#include <sqlite3.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <lockkeeper/parameter.hpp>

#include "client/drivers/sqlite_handles.hpp"

namespace lockkeeper::client::sqlite {

/// Which parameter goes where.
struct Placeholders {
  int wanted = 0;                 ///< How many parameters the statement takes.
  std::vector<int> numbers = {};  ///< For each of SQLite's own, from 1; empty where they are 1, 2, 3 ...
};

/// `?`, `?2` or `$2`. Throws Failure (`misuse`) for other names, and where `?` and `$2` are mixed.
[[nodiscard]] Placeholders placeholders_of(sqlite3_stmt* statement);

class PreparedStatement {
 public:
  /// A null handle is the statement that a text without any stands for.
  PreparedStatement(std::string_view sql, StatementHandle handle);

  [[nodiscard]] sqlite3_stmt* handle() const noexcept { return handle_.get(); }
  [[nodiscard]] const std::string& sql() const noexcept { return sql_; }
  [[nodiscard]] bool only_reads() const noexcept { return only_reads_; }
  [[nodiscard]] bool has_columns() const noexcept { return has_columns_; }

  /// Texts and bytes must live until `clear`. Throws Failure: `misuse` where their number is wrong, `conversion` for
  /// values that SQLite has no form for.
  void bind(std::span<const Parameter> parameters);

  /// Ready for its next run, and holding on to nothing. Never throws.
  void clear() noexcept {
    sqlite3_reset(handle_.get());
    if (placeholders_.wanted > 0) sqlite3_clear_bindings(handle_.get());
  }

  /// The columns' names, as of its last step: SQLite prepares a statement anew where its tables have changed.
  [[nodiscard]] const std::vector<std::string>& columns();

 private:
  std::string sql_;
  StatementHandle handle_;
  Placeholders placeholders_;
  bool only_reads_;
  bool has_columns_;
  std::vector<std::string> columns_;
  int preparations_ = -1;  // How often it had been prepared anew when the columns were read.
};

}  // namespace lockkeeper::client::sqlite
