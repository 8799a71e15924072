// mysql://user:password@host:port/database?option=value, taken apart.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "client/drivers/mysql_handles.hpp"

namespace lockkeeper::client::mysql {

/// The parts of a URL, percent-decoded. What is not there is empty or nothing.
struct Url {
  std::optional<std::string> user = {};
  std::optional<std::string> password = {};
  std::string host = {};  ///< An IPv6 address without its brackets.
  std::optional<std::uint16_t> port = {};
  std::string database = {};
  /// Names in lower case with '-' for '_', as MySQL's programs take either.
  std::vector<std::pair<std::string, std::string>> options = {};
};

/// A configuration error otherwise, which quotes nothing that may be part of a password.
[[nodiscard]] Result<Url> parse_url(std::string_view url);

/// Driver::public_url. What cannot be understood is left out rather than shown: the scheme and "…" remain.
[[nodiscard]] std::string public_url(std::string_view url);

}  // namespace lockkeeper::client::mysql
