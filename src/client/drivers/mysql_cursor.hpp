// One statement on its way: sent, its rows read one by one, its further results read away.
#pragma once

#include <mysql.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <lockkeeper/parameter.hpp>

#include "client/drivers/mysql_errors.hpp"
#include "client/drivers/mysql_result.hpp"

namespace lockkeeper::client::mysql {

/// Drives one statement on a session, which takes nothing else until `is_open` is false. The session's status is the
/// server's own, as far as its answer has been read.
class Cursor {
 public:
  explicit Cursor(MYSQL* session) : session_(session) {}

  /// Sends a statement and waits for the beginning of its answer: end, failed or late.
  [[nodiscard]] Step query(std::string_view sql, Waiter& waiter);
  [[nodiscard]] Step execute(MYSQL_STMT* statement, std::span<const Parameter> parameters, Waiter& waiter);

  /// Whether the answer has not been read to its end.
  [[nodiscard]] bool is_open() const noexcept { return is_open_; }
  [[nodiscard]] const std::vector<std::string>& columns() const noexcept { return first_->columns(); }
  [[nodiscard]] std::uint64_t affected() const noexcept { return first_->affected(); }
  [[nodiscard]] const Fault& fault() const noexcept { return fault_; }

  /// Reads the next row and appends it to `rows`, or drops it where there is nothing to append to. After the last row
  /// it reads away what else the statement answers (CALL has several results), and only then returns `end`.
  [[nodiscard]] Step fetch(Rows* rows, Waiter& waiter);

  /// The same with what has come already: `pending` where that is no whole row.
  [[nodiscard]] Step fetch_arrived(Rows* rows);

 private:
  [[nodiscard]] Step begun(int status);
  [[nodiscard]] Step after(Step step);
  [[nodiscard]] Step skip_results(Waiter& waiter);
  [[nodiscard]] Step skip_next_result(Waiter& waiter);

  MYSQL* session_;
  MYSQL_STMT* statement_ = nullptr;
  std::optional<ResultReader> first_;
  bool is_open_ = false;
  Fault fault_;
};

}  // namespace lockkeeper::client::mysql
