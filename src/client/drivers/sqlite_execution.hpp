// One run of one statement, from its parameters to its last row.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <lockkeeper/connection.hpp>

#include "client/drivers/sqlite_errors.hpp"
#include "client/drivers/sqlite_interruption.hpp"
#include "client/drivers/sqlite_statements.hpp"

namespace lockkeeper::client::sqlite {

/// Exactly one statement. Throws Failure: `misuse` for more, and whatever SQLite finds in it. Waits for locks.
[[nodiscard]] std::unique_ptr<PreparedStatement> prepare(sqlite3* database, Interruption& interruption,
                                                         std::string_view sql);

class Execution {
 public:
  /// The interruption must be running.
  Execution(sqlite3* database, Interruption& interruption, StatementInUse statement) noexcept
      : database_(database),
        interruption_(interruption),
        statement_(std::move(statement)),
        handle_(statement_.statement->handle()),
        changes_before_(statement_.statement->only_reads() ? 0 : sqlite3_total_changes64(database)),
        was_open_(sqlite3_get_autocommit(database) == 0) {
    interruption_.set_statement(handle_);
  }
  Execution(const Execution&) = delete;
  Execution& operator=(const Execution&) = delete;
  /// Ends the statement wherever it stands.
  ~Execution() {
    statement_.statement->clear();
    interruption_.set_statement(nullptr);
  }

  /// Texts and bytes must live until this object goes.
  void bind(std::span<const Parameter> parameters) {
    parameters_ = parameters;
    statement_.statement->bind(parameters);
  }

  /// On to the next row. False at the end. Throws Failure; the statement has ended then.
  [[nodiscard]] bool step();

  /// The row that it stands on.
  void append_to(Rows& rows);

  /// Known once it was stepped.
  [[nodiscard]] const std::vector<std::string>& columns() { return statement_.statement->columns(); }
  [[nodiscard]] bool has_columns() const noexcept { return statement_.statement->has_columns(); }

  /// At its end: rows written, or `selected` where it only reads.
  [[nodiscard]] std::uint64_t affected(std::uint64_t selected) const noexcept;

  /// All of it.
  [[nodiscard]] Rows run();

 private:
  [[nodiscard]] bool waits_for_unlock(const Fault& fault);
  [[noreturn]] void fail(const Fault& fault);

  sqlite3* database_;
  Interruption& interruption_;
  StatementInUse statement_;
  sqlite3_stmt* handle_;  // Null: the text holds no statement.
  std::span<const Parameter> parameters_;
  std::int64_t changes_before_;
  bool was_open_;
  bool has_rows_ = false;
};

}  // namespace lockkeeper::client::sqlite
