#include "proxy/console/login.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace lockkeeper::proxy::console {
namespace {

constexpr std::string_view not_authorized = "28000";

// pass_through asks a server, and the console has none behind it.
AuthMethod by_user_file(AuthMethod configured) noexcept {
  const bool asks_server = configured == AuthMethod::automatic || configured == AuthMethod::pass_through;
  return asks_server ? AuthMethod::scram_sha_256 : configured;
}

}  // namespace

std::expected<AuthMethod, Failure> login_method(const Config& config, std::string_view user, bool loopback) {
  const ProxyConfig& proxy = config.proxy;
  if (proxy.auth == AuthMethod::trust || !proxy.users_file.empty()) return by_user_file(proxy.auth);
  if (!config.own_user) {
    return std::unexpected(Failure{std::string(not_authorized),
                                   "the console cannot tell who you are: users_file in [proxy] must say whose "
                                   "passwords are right, and admin_users or stats_users who may come",
                                   {}});
  }
  if (config.own_user->password) return by_user_file(proxy.auth);
  if (!loopback) {
    return std::unexpected(
        Failure{std::string(not_authorized),
                "the proxy was started without a password, so that its console is open to this "
                "machine's own clients alone; give one in the URL, PGPASSWORD, MYSQL_PWD or ~/.pgpass",
                {}});
  }
  if (user != config.own_user->name) {
    return std::unexpected(
        Failure{std::string(not_authorized),
                fmt::format("the console is open to user \"{}\" alone, with whose name the proxy was started",
                            config.own_user->name),
                {}});
  }
  return AuthMethod::trust;
}

Role role_of(const ProxyConfig& proxy, std::string_view user) noexcept {
  if (std::ranges::find(proxy.admin_users, user) != proxy.admin_users.end()) return Role::admin;
  if (std::ranges::find(proxy.stats_users, user) != proxy.stats_users.end()) return Role::stats;
  return Role::none;
}

}  // namespace lockkeeper::proxy::console
