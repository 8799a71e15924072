#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/utf8.hpp"
#include "proxy/config_check.hpp"
#include "proxy/config_values.hpp"

namespace lockkeeper::proxy {
namespace {

// Who listens where already.
struct Taken {
  ListenAddress address;
  std::string by;  ///< "[mysql.NAME]", "[proxy]", "the console".
};

// Whether a client of the one could come to the other. The kernel would not tell: it lets all workers listen on one
// address (SO_REUSEPORT), and so two servers too.
bool overlap(const ListenAddress& one, const ListenAddress& other) {
  if (one.port != other.port || one.port == 0) return false;  // 0: each gets one of its own
  const auto covers = [](std::string_view host, std::string_view covered) {
    if (host == covered || host == "*" || host == "::") return true;
    if (host == "0.0.0.0") return !covered.contains(':');
    return host == "localhost" && is_loopback_host(covered);
  };
  return covers(one.host, other.host) || covers(other.host, one.host);
}

class Check {
 public:
  Check(const Config& config, const ConfigPlaces& places) : config_(config), places_(places) {}

  ConfigErrors run() {
    const std::string proxy = config_.databases.empty() ? "the console" : "[proxy]";
    for (const std::string& text : config_.proxy.listen) {
      if (const auto address = parse_listen(text)) taken_.push_back({*address, proxy});
    }
    for (const auto& [name, server] : config_.mysql) {
      const std::string section = "mysql." + name;
      check_listen(section, server);
      check_host(section, server);
      check_mode(section, server);
    }
    return std::move(errors_);
  }

 private:
  void add(std::string_view setting, std::string message) {
    errors_.push_back(places_.error(setting, std::move(message)));
  }

  void check_listen(const std::string& section, const MysqlServerConfig& server) {
    const std::string setting = section + ".listen";
    const std::string shown = fmt::format("[{}]", base::printable(section));
    if (server.listen.empty()) {
      add(setting, fmt::format("{} has no listen: say where clients of this server connect, like listen = "
                               "[\"127.0.0.1:6033\"]",
                               shown));
    }
    for (const std::string& text : server.listen) {
      const auto address = parse_listen(text);
      if (!address) {
        add(setting, address.error());
        continue;
      }
      const auto other =
          std::ranges::find_if(taken_, [&](const Taken& taken) { return overlap(taken.address, *address); });
      if (other != taken_.end()) {
        add(setting, other->by == shown
                         ? fmt::format("listen names \"{}\" twice", text)
                         : fmt::format("listen names \"{}\", where {} listens already; each server needs addresses of "
                                       "its own",
                                       text, other->by));
      }
      taken_.push_back({*address, shown});
    }
  }

  void check_host(const std::string& section, const MysqlServerConfig& server) {
    if (server.host.empty()) add(section + ".host", "host is empty");
    if (!server.host.starts_with('/')) return;
    add(section + ".host",
        "host must be a name or an address, not a Unix socket: by a socket the server can tell who connects "
        "(unix_socket, auth_socket), and would take each client for the proxy's own user");
  }

  void check_mode(const std::string& section, const MysqlServerConfig& server) {
    if (server.pool_mode.value_or(config_.proxy.pool_mode) == PoolMode::session) return;
    add(section + ".pool_mode",
        server.pool_mode
            ? "transaction mode comes later for MySQL and MariaDB; set pool_mode = \"session\""
            : fmt::format("pool_mode of [proxy] is \"transaction\", which comes later for MySQL and MariaDB; set "
                          "pool_mode = \"session\" in [{}]",
                          base::printable(section)));
  }

  const Config& config_;
  const ConfigPlaces& places_;
  std::vector<Taken> taken_;
  ConfigErrors errors_;
};

}  // namespace

ConfigErrors check_mysql_servers(const Config& config, const ConfigPlaces& places) {
  return Check(config, places).run();
}

}  // namespace lockkeeper::proxy
