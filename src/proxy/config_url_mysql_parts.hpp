// A MySQL or MariaDB URL taken apart. For config_url_mysql.cpp.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lockkeeper::proxy {

/// What is not there is empty or nothing.
struct MysqlUrl {
  std::optional<std::string> user;  ///< Never empty.
  std::optional<std::string> password;
  std::string host;  ///< An IPv6 address without its brackets.
  std::optional<std::uint16_t> port;
  std::string database;
  /// Names in lower case with '-' for '_', as MySQL's programs take either; a value that is missing is empty.
  std::vector<std::pair<std::string, std::string>> options;
};

/// `mysql://user:password@host:port/database?option=value`, or mariadb://; decoded. Otherwise why it is none, without
/// its text.
[[nodiscard]] std::expected<MysqlUrl, std::string> parse_mysql_url(std::string_view url);

}  // namespace lockkeeper::proxy
