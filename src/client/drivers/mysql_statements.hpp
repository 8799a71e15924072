// The statements that a connection keeps prepared, the least recently used thrown out first.
#pragma once

#include <mysql.h>

#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "client/drivers/mysql_call.hpp"

namespace lockkeeper::client::mysql {

/// Belongs to one session, and must outlive it: libmariadb takes the session from its statements at its end.
class Statements {
 public:
  explicit Statements(std::size_t capacity) noexcept : capacity_(capacity) {}
  Statements(const Statements&) = delete;
  Statements& operator=(const Statements&) = delete;
  ~Statements() { forget_all(); }

  /// Null where it is not kept, or has become invalid (a reset of the session).
  [[nodiscard]] MYSQL_STMT* find(std::string_view sql);

  /// Takes a prepared statement over. It is kept at least until the next `trim`.
  void keep(std::string_view sql, MYSQL_STMT* statement);

  /// Closes what is too much, on the server too. False where the waiter gave up: the session is unusable then.
  [[nodiscard]] bool trim(Waiter& waiter);
  [[nodiscard]] bool drop(std::string_view sql, Waiter& waiter);
  [[nodiscard]] bool drop_all(Waiter& waiter);

  /// Frees them all without a word to the server: only after a reset of the session, or its end.
  void forget_all() noexcept;

  [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }

 private:
  struct Entry {
    std::string sql;
    MYSQL_STMT* statement;
  };
  using Entries = std::list<Entry>;

  [[nodiscard]] bool close(Entries::iterator entry, Waiter& waiter);
  [[nodiscard]] bool shrink_to(std::size_t size, Waiter& waiter);

  std::size_t capacity_;
  Entries entries_;  // Most recently used first.
  std::unordered_map<std::string_view, Entries::iterator> by_text_;
};

/// Closes one statement, on the server too. False where the waiter gave up.
[[nodiscard]] bool close_statement(MYSQL_STMT* statement, Waiter& waiter);

}  // namespace lockkeeper::client::mysql
