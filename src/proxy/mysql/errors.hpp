// What we ourselves say to clients that speak MySQL's protocol: the server's own numbers, which drivers know how to
// take. Those of the client libraries (2003, 2013) will not do: MariaDB's takes them for a malformed packet.
#pragma once

#include <cstdint>
#include <string_view>

namespace lockkeeper::proxy {

/// Number and SQLSTATE of an error packet.
struct MysqlError {
  std::uint16_t code;
  std::string_view sqlstate;
};

namespace mysql_errors {
inline constexpr MysqlError too_many_connections{1040, "08004"};  ///< ER_CON_COUNT_ERROR
inline constexpr MysqlError bad_handshake{1043, "08S01"};         ///< ER_HANDSHAKE_ERROR
inline constexpr MysqlError shutdown{1053, "08S01"};              ///< ER_SERVER_SHUTDOWN
inline constexpr MysqlError too_many_of_user{1203, "42000"};      ///< ER_TOO_MANY_USER_CONNECTIONS
inline constexpr MysqlError interrupted{1317, "70100"};           ///< ER_QUERY_INTERRUPTED
inline constexpr MysqlError killed{1927, "70100"};                ///< ER_CONNECTION_KILLED (MariaDB's)
inline constexpr MysqlError no_connection{1429, "08S01"};         ///< ER_CONNECT_TO_FOREIGN_DATA_SOURCE
inline constexpr MysqlError timeout{4031, "HY000"};  ///< ER_CLIENT_INTERACTION_TIMEOUT, which pools know as an end
inline constexpr MysqlError insecure_transport{3159, "08004"};  ///< ER_SECURE_TRANSPORT_REQUIRED
}  // namespace mysql_errors

}  // namespace lockkeeper::proxy
