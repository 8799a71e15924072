#include "proxy/config_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>

#include "proxy/config_values.hpp"

namespace lockkeeper::proxy {
namespace {

class Check {
 public:
  Check(const Config& config, const ConfigPlaces& places) : config_(config), proxy_(config.proxy), places_(places) {}

  ConfigErrors run() {
    check_listen();
    check_pools();
    check_databases();
    check_auth();
    check_exposed();
    check_tls();
    std::ranges::move(check_mysql_servers(config_, places_), std::back_inserter(errors_));
    std::ranges::move(check_daemon(config_, places_), std::back_inserter(errors_));
    return std::move(errors_);
  }

 private:
  void add(std::string_view setting, std::string message) {
    errors_.push_back(places_.error(setting, std::move(message)));
  }

  void check_listen() {
    if (proxy_.listen.empty())
      add("proxy.listen", config_.databases.empty() ? "listen is empty: the console could not be reached"
                                                    : "listen is empty: no client could ever connect");
    std::set<std::string_view> seen;
    for (const std::string& text : proxy_.listen) {
      if (const auto address = parse_listen(text); !address) add("proxy.listen", address.error());
      if (!seen.insert(text).second) add("proxy.listen", fmt::format("listen names \"{}\" twice", text));
    }
  }

  void check_pool(const std::string& section, std::uint32_t least, std::uint32_t most) {
    if (least <= most) return;
    add(section + ".min_pool_size",
        fmt::format("min_pool_size ({}) is more than pool_size ({}): so many can never be open", least, most));
  }

  void check_pools() {
    check_pool("proxy", proxy_.min_pool_size, proxy_.pool_size);
    for (const auto& [name, database] : config_.databases) {
      if (!database.pool_size && !database.min_pool_size) continue;
      check_pool("databases." + name, database.min_pool_size.value_or(proxy_.min_pool_size),
                 database.pool_size.value_or(proxy_.pool_size));
    }
  }

  void check_databases() {
    if (config_.databases.empty() && config_.mysql.empty() && config_.servers.empty()) {
      add("proxy",
          "there is no database; name one with [databases.NAME], or all of a server with [databases.\"*\"]; a MySQL or "
          "MariaDB server with [mysql.NAME]; a server that is only looked at with [servers.NAME]");
    }
    for (const auto& [name, database] : config_.databases) {
      const std::string section = "databases." + name;
      if (name == console_database) {
        add(section, fmt::format("the database name \"{}\" is the console's", console_database));
      }
      if (database.host.empty()) add(section + ".host", "host is empty");
      const bool has_password = !database.password.empty() || !database.password_file.empty();
      if (!database.password.empty() && !database.password_file.empty()) {
        add(section + ".password_file", "password and password_file are both set; keep one of them");
      }
      if (has_password && database.user.empty()) {
        add(section, "there is a password, but no user whose password it is");
      }
    }
  }

  // Whether anybody can come to be in transaction mode, and by which setting.
  [[nodiscard]] std::optional<std::string> transaction_mode() const {
    if (proxy_.pool_mode == PoolMode::transaction) return "proxy.pool_mode";
    for (const auto& [name, database] : config_.databases) {
      if (database.pool_mode == PoolMode::transaction) return "databases." + name + ".pool_mode";
    }
    for (const auto& [name, user] : config_.users) {
      if (user.pool_mode == PoolMode::transaction) return "users." + name + ".pool_mode";
    }
    return std::nullopt;
  }

  // Of PostgreSQL's clients alone: a MySQL server asks its own itself, whatever stands here.
  void check_auth() {
    if (config_.databases.empty()) return;
    const auto transaction = transaction_mode();
    const bool is_open = proxy_.auth == AuthMethod::trust || proxy_.auth == AuthMethod::pass_through;
    if (proxy_.auth == AuthMethod::pass_through) check_pass_through(transaction);
    const bool has_users = !proxy_.users_file.empty() || (config_.own_user && config_.own_user->password);
    if (is_open || has_users) return;
    const bool is_automatic = proxy_.auth == AuthMethod::automatic;
    const auto forced =
        std::ranges::find_if(config_.databases, [](const auto& one) { return !one.second.user.empty(); });
    std::optional<std::string> culprit = transaction;
    if (!is_automatic) culprit = "proxy.auth";
    if (!culprit && forced != config_.databases.end()) culprit = "databases." + forced->first + ".user";
    if (!culprit) return;
    if (config_.own_user) {
      add(*culprit,
          "clients must show a password in this mode, and none is known: give one in the URL, PGPASSWORD or "
          "~/.pgpass, name a user file, or choose auth \"trust\"");
    } else {
      add(*culprit, fmt::format("clients must show a password here (auth is \"{}\"), and users_file in [proxy] does "
                                "not say whose are right",
                                is_automatic ? "scram-sha-256" : write_choice(proxy_.auth)));
    }
  }

  void check_pass_through(const std::optional<std::string>& transaction) {
    if (transaction) {
      add(*transaction,
          "with auth = \"pass-through\" each client logs in to the server by itself, so that server "
          "connections cannot be shared in transaction mode; use auth = \"scram-sha-256\" there");
    }
    for (const auto& [name, database] : config_.databases) {
      if (database.user.empty()) continue;
      add("databases." + name + ".user",
          "with auth = \"pass-through\" clients log in to the server as themselves, so "
          "a user here cannot be used");
    }
  }

  // What must not be open to the network.
  void check_exposed() {
    const auto outside = std::ranges::find_if(proxy_.listen, [](const std::string& text) {
      const auto address = parse_listen(text);
      return address && !is_loopback_host(address->host);
    });
    if (outside == proxy_.listen.end()) return;
    if (proxy_.auth == AuthMethod::trust && !proxy_.allow_trust_from_anywhere) {
      add("proxy.auth", fmt::format("auth is \"trust\" while listening on {}: whoever reaches that address could use "
                                    "every database; if that is wanted, set allow_trust_from_anywhere = true",
                                    *outside));
    }
    if (proxy_.auth == AuthMethod::plain && proxy_.tls.mode != ClientTlsMode::require) {
      add("proxy.auth", fmt::format("auth is \"plain\" while listening on {}: passwords could be read on the way; set "
                                    "mode = \"require\" in [proxy.tls], or use scram-sha-256",
                                    *outside));
    }
  }

  void check_tls() {
    const bool wants = proxy_.tls.mode != ClientTlsMode::disable;
    if (wants && (proxy_.tls.certificate.empty() || proxy_.tls.key.empty())) {
      add("proxy.tls.mode",
          fmt::format("mode is \"{}\", which needs certificate and key", write_choice(proxy_.tls.mode)));
    }
    const auto mode = proxy_.server_tls.mode;
    const bool verifies = mode == ServerTlsMode::verify_ca || mode == ServerTlsMode::verify_full;
    if (verifies && proxy_.server_tls.authorities.empty()) {
      add("proxy.server_tls.mode",
          fmt::format("mode is \"{}\", which needs authorities: the file of the certificates to trust",
                      write_choice(mode)));
    }
  }

  const Config& config_;
  const ProxyConfig& proxy_;
  const ConfigPlaces& places_;
  ConfigErrors errors_;
};

}  // namespace

ConfigError ConfigPlaces::error(std::string_view setting, std::string message) const {
  for (std::string_view name = setting; !name.empty();) {
    if (const auto place = places_.find(name); place != places_.end()) {
      return {file_, place->second.line, place->second.column, std::move(message)};
    }
    const std::size_t dot = name.rfind('.');
    name = dot == std::string_view::npos ? std::string_view() : name.substr(0, dot);
  }
  return {file_, 0, 0, std::move(message)};
}

ConfigErrors check_config(const Config& config, const ConfigPlaces& places) { return Check(config, places).run(); }

}  // namespace lockkeeper::proxy
