// One result of a statement, read row by row.
#pragma once

#include <mysql.h>

#include <cstdint>
#include <string>
#include <vector>

#include <lockkeeper/rows.hpp>

#include "client/drivers/mysql_call.hpp"

namespace lockkeeper::client::mysql {

enum class Step {
  row,      ///< One row was read.
  pending,  ///< The next row has not come yet.
  end,      ///< Done: sent and begun, or no more rows.
  failed,   ///< The server or libmariadb reported a fault.
  late,     ///< The waiter gave up. The session is unusable.
};

/// Reads the result that the session has just announced. Text protocol, or with a statement the binary one.
class ResultReader {
 public:
  ResultReader(MYSQL* session, MYSQL_STMT* statement) : session_(session), statement_(statement) {}
  ResultReader(const ResultReader&) = delete;
  ResultReader& operator=(const ResultReader&) = delete;
  ~ResultReader() { forget(); }

  /// Takes the columns, or the count of a statement without rows. end or failed.
  [[nodiscard]] Step open();

  [[nodiscard]] const std::vector<std::string>& columns() const noexcept { return columns_; }
  [[nodiscard]] std::uint64_t affected() const noexcept { return affected_; }
  [[nodiscard]] bool has_rows_left() const noexcept { return has_rows_left_; }

  /// Reads the next row and appends it to `rows`, or drops it where there is nothing to append to. Without a waiter
  /// it does not wait: `pending`. The session's status is the server's own at the end.
  [[nodiscard]] Step read(Rows* rows, Waiter* waiter);

  /// Frees what is left without a word to the server. If rows were left, the session is cut.
  void forget() noexcept;

 private:
  [[nodiscard]] int start();
  [[nodiscard]] int go_on(int events);
  [[nodiscard]] Step take(Rows* rows);
  void append_row(Rows& rows);

  MYSQL* session_;
  MYSQL_STMT* statement_;
  MYSQL_RES* result_ = nullptr;  // Of the text protocol.
  MYSQL_ROW text_row_ = nullptr;
  int fetched_ = 0;    // What mysql_stmt_fetch returned.
  int suspended_ = 0;  // What a suspended call waits for.
  bool has_rows_left_ = false;
  std::vector<std::string> columns_;
  std::uint64_t affected_ = 0;
  std::string scratch_;
};

}  // namespace lockkeeper::client::mysql
