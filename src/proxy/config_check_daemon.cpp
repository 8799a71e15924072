// Whether the settings of config_daemon.hpp fit together.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "proxy/config_check.hpp"
#include "proxy/config_values.hpp"

namespace lockkeeper::proxy {
namespace {

bool is_url_of(std::string_view url, std::initializer_list<std::string_view> schemes) {
  return std::ranges::any_of(
      schemes, [&](std::string_view scheme) { return url.size() > scheme.size() && url.starts_with(scheme); });
}

class DaemonCheck {
 public:
  DaemonCheck(const Config& config, const ConfigPlaces& places) : config_(config), places_(places) {}

  ConfigErrors run() {
    check_servers();
    check_http();
    for (const auto& [name, policy] : config_.policies) check_policy("policies." + name, policy);
    for (const auto& [name, alert] : config_.alerts) check_alert("alerts." + name, alert);
    for (const auto& [name, log] : config_.logs) {
      if (log.file.empty()) add("logs." + name, "file is missing: which one is the log?");
    }
    return std::move(errors_);
  }

 private:
  void add(std::string_view setting, std::string message) {
    errors_.push_back(places_.error(setting, std::move(message)));
  }

  void check_servers() {
    for (const auto& [name, server] : config_.servers) {
      const std::string section = "servers." + name;
      if (name == main_server && config_.own_user) {
        add(section, fmt::format("the name \"{}\" is that of the URL's server", main_server));
      }
      if (name.empty() || name.size() > longest_server_name) {
        add(section, fmt::format("a server's name has 1 to {} bytes", longest_server_name));
      }
      // The URL is not repeated: it may hold a password.
      if (server.url.empty()) {
        add(section, "url is missing: which server is to be looked at?");
      } else if (!is_url_of(server.url, {"postgresql://", "postgres://", "mysql://", "mariadb://"})) {
        add(section + ".url", "url must begin with postgresql://, mysql:// or mariadb://");
      }
    }
  }

  void check_http() {
    const HttpConfig& http = config_.http;
    std::set<std::string_view> seen;
    for (const std::string& text : http.listen) {
      const auto address = parse_listen(text);
      if (!address) {
        add("http.listen", address.error());
        continue;
      }
      if (!seen.insert(text).second) add("http.listen", fmt::format("listen names \"{}\" twice", text));
      if (is_loopback_host(address->host) || !http.token_file.empty()) continue;
      add("http.listen",
          fmt::format("listening on {}, everybody who reaches that address could see all statements; set "
                      "token_file, or listen on 127.0.0.1",
                      text));
    }
    if (http.actions && http.listen.empty()) add("http.actions", "actions are allowed, but listen is not set");
  }

  void check_servers_named(const std::string& section, const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      if (config_.servers.contains(name) || name == main_server || name == recorder_server) continue;
      std::vector<std::string_view> known{main_server};
      for (const auto& [there, server] : config_.servers) known.push_back(there);
      const auto near = nearest_word(name, known);
      add(section + ".servers",
          near.empty() ? fmt::format("there is no server \"{}\" in [servers]", name)
                       : fmt::format("there is no server \"{}\" in [servers]; did you mean \"{}\"?", name, near));
    }
  }

  void check_policy(const std::string& section, const PolicyConfig& policy) {
    if (policy.rule.empty()) add(section, "rule is missing: which findings is it about?");
    check_servers_named(section, policy.servers);
  }

  void check_alert(const std::string& section, const AlertConfig& alert) {
    if (alert.url.empty()) {
      add(section, "url is missing: where to?");
    } else if (!is_url_of(alert.url, {"http://", "https://"})) {
      add(section + ".url", "url must begin with http:// or https://");
    }
    check_servers_named(section, alert.servers);
  }

  const Config& config_;
  const ConfigPlaces& places_;
  ConfigErrors errors_;
};

}  // namespace

ConfigErrors check_daemon(const Config& config, const ConfigPlaces& places) {
  return DaemonCheck(config, places).run();
}

}  // namespace lockkeeper::proxy
