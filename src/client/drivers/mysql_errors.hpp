// From what MySQL, MariaDB and libmariadb say to what our caller can act on.
#pragma once

#include <mysql.h>

#include <span>
#include <string>
#include <string_view>

#include <lockkeeper/connection.hpp>

namespace lockkeeper::client::mysql {

/// The numbers that decide something here. Names as in the servers' own lists.
enum ErrorNumber : unsigned int {
  er_parse_error = 1064,
  er_no_such_thread = 1094,
  er_connection_killed = 1927,  // MariaDB
  er_query_interrupted = 1317,
  er_max_prepared_statements = 1461,
  er_need_reprepare = 1615,
  er_unknown_statement_handler = 1243,
};

/// What a call failed with, as the server or libmariadb said it.
struct Fault {
  unsigned int number = 0;  ///< 0: nothing failed.
  std::string sqlstate = {};
  std::string message = {};

  /// Whether the server said it, rather than libmariadb.
  [[nodiscard]] bool is_from_server() const noexcept;
  /// Whether it means the end of the session.
  [[nodiscard]] bool is_end_of_session() const noexcept;
};

/// Of the last call on the session.
[[nodiscard]] Fault fault_of(MYSQL* session);
/// Of the last call on the statement. libmariadb keeps some of them, as of rows that could not be read, in the session.
[[nodiscard]] Fault fault_of(MYSQL_STMT* statement);

/// An error about a statement, without the values that the server quotes. Its blast is for the caller to set.
[[nodiscard]] Error statement_error(const Fault& fault, std::span<const Parameter> parameters);

/// Why connecting failed. `greeted`: a server of the family had answered.
[[nodiscard]] Error connect_error(const Fault& fault, bool greeted);

/// Server messages without what they quote of rows and parameters; a parameter becomes its number, `?1`.
[[nodiscard]] std::string without_values(const Fault& fault, std::span<const Parameter> parameters);

[[nodiscard]] Error configuration_error(std::string_view words);
[[nodiscard]] Error misuse(std::string_view words, Blast blast = Blast::statement);
[[nodiscard]] Error too_late(std::string_view what, Blast blast);

}  // namespace lockkeeper::client::mysql
