// Where the server listens, as its settings say it.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "http/access.hpp"
#include "http/settings.hpp"

namespace lockkeeper::http {

struct Listen {
  std::string address;  ///< "127.0.0.1", "::1"
  std::uint16_t port = 0;
  bool loopback = false;
  bool wildcard = false;
};

/// "127.0.0.1:9190", "[::1]:0", "localhost:9190". The reason where it is no address.
[[nodiscard]] std::expected<Listen, std::string> parse_listen(std::string_view text);

/// All of them, and what speaks against listening so: another address than loopback without a token.
[[nodiscard]] std::expected<std::vector<Listen>, std::string> listens_of(const HttpSettings& settings);

[[nodiscard]] AccessRules access_of(const HttpSettings& settings, const std::vector<Listen>& listens);

}  // namespace lockkeeper::http
