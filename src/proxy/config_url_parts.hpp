// A PostgreSQL URL taken apart, and the password file. For config_url.cpp and, what all URLs have, its neighbours.
#pragma once

#include <cstddef>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace lockkeeper::proxy {

inline constexpr std::size_t longest_url = 8192;  ///< Bytes.

/// A part of a URL with its percent signs undone; why it cannot be, without its text.
[[nodiscard]] std::expected<std::string, std::string> percent_decoded(std::string_view text);

/// libpq's keywords: host, port, user, password, dbname, and the parameters behind the question mark. Decoded. What is
/// not in the URL is not in the map. Otherwise why it is no such URL, without its text.
using UrlParts = std::map<std::string, std::string, std::less<>>;
[[nodiscard]] std::expected<UrlParts, std::string> parse_postgres_url(std::string_view url);

struct PasswordFor {
  std::string_view host;
  std::string_view port;
  std::string_view database;
  std::string_view user;
};
/// The password of the first line of a .pgpass that fits: host:port:database:user:password, * fits all, a backslash
/// keeps the next character.
[[nodiscard]] std::optional<std::string> find_password(std::string_view file, const PasswordFor& wanted);

}  // namespace lockkeeper::proxy
