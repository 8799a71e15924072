// What makes a connected session ours: its settings, and what it tells about its server.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <lockkeeper/connection.hpp>

#include "client/drivers/mysql_call.hpp"
#include "client/drivers/mysql_plan.hpp"

namespace lockkeeper::client::mysql {

struct Facts {
  std::int64_t connection_id = 0;
  std::string version = {};  ///< `10.11.19-MariaDB-0+deb12u1`
  bool is_mariadb = false;
  std::string user = {};  ///< Without the host.
  std::string database = {};
  std::uint64_t largest_packet = 0;  ///< What the server takes: max_allowed_packet.
  std::string identity = {};         ///< Tells this server from others behind the same name.
};

/// Runs one statement that is no caller's and returns its rows. Blast `connection` where the session is lost by it.
[[nodiscard]] Result<Rows> ask(MYSQL* session, std::string_view sql, Waiter& waiter);

/// UTF-8, UTC, autocommit, then the caller's settings. After connecting and after every reset.
[[nodiscard]] Result<void> apply_settings(MYSQL* session, const Plan& plan, Waiter& waiter);

[[nodiscard]] Result<Facts> learn_facts(MYSQL* session, Waiter& waiter);

/// Host, port and server id, as the server itself has them.
[[nodiscard]] Result<std::string> learn_identity(MYSQL* session, Waiter& waiter);

/// Asks for a sign of life. The answer tells the session's status, which error packets do not, and leaves the list of
/// warnings alone. Step::end, failed or late in the sense of cursors: nothing, or why it failed.
[[nodiscard]] Result<void> ping(MYSQL* session, Waiter& waiter);

/// COM_RESET_CONNECTION: prepared statements, variables, temporary tables and locks are gone.
[[nodiscard]] Result<void> reset(MYSQL* session, Waiter& waiter);

/// 10.11.19 as 101119, 9.7.4 as 90704.
[[nodiscard]] int version_number(std::string_view version);

}  // namespace lockkeeper::client::mysql
