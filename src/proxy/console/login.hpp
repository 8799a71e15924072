// Who may come to the console, and what he may do there. Pure.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "proxy/auth/method.hpp"
#include "proxy/config.hpp"
#include "proxy/console/command.hpp"

namespace lockkeeper::proxy::console {

/// By what a client of the console proves who it is: by the user file (the URL's own user counts as one), since there
/// is no server here that could be asked. Without secrets that can be compared, loopback alone is trusted, and only
/// where the proxy was started with a URL.
[[nodiscard]] std::expected<AuthMethod, Failure> login_method(const Config& config, std::string_view user,
                                                              bool loopback);

/// Of a user that has logged in.
[[nodiscard]] Role role_of(const ProxyConfig& proxy, std::string_view user) noexcept;

}  // namespace lockkeeper::proxy::console
