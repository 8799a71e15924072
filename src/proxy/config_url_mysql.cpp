#include "proxy/config_url_mysql.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>

#include "base/utf8.hpp"
#include "proxy/auth/scram.hpp"
#include "proxy/config_check.hpp"
#include "proxy/config_url_mysql_parts.hpp"
#include "proxy/config_values.hpp"

namespace lockkeeper::proxy {
namespace {

constexpr std::string_view default_listen = "127.0.0.1:6033";
constexpr unsigned longest_timeout = 3650U * 86'400;  // seconds, as in a file

// What the proxy's connections take over, and what is about those that look at the server alone.
constexpr std::array<std::string_view, 7> known{
    "connect-timeout", "enable-cleartext-plugin", "program-name", "ssl", "ssl-ca",
    "ssl-mode",        "ssl-verify-server-cert"};

// What a connection of the driver's takes and the proxy's cannot: to leave it out silently would be worse.
struct Refused {
  std::string_view name;
  std::string_view advice;
};
constexpr std::string_view no_such_thing = "the proxy's connections have no such setting: leave it out";
constexpr std::array<Refused, 7> refused{
    {{"defaults-file",
      "the proxy reads no option file: say in the URL what is needed; the password may be in MYSQL_PWD"},
     {"socket",
      "the proxy does not connect by Unix sockets, where the server can tell who connects (unix_socket, auth_socket) "
      "and "
      "would take each client for the proxy's own user: name a host and a port"},
     {"ssl-capath", "name the one file of the authorities with ssl-ca"},
     {"ssl-cert", no_such_thing},
     {"ssl-cipher", no_such_thing},
     {"ssl-key", no_such_thing},
     {"tls-version", no_such_thing}}};

struct Mode {
  std::string_view name;
  ServerTlsMode mode;
};
constexpr std::array<Mode, 6> modes{{{"disabled", ServerTlsMode::disable},
                                     {"preferred", ServerTlsMode::prefer},
                                     {"required", ServerTlsMode::require},
                                     {"verify-ca", ServerTlsMode::verify_ca},
                                     {"verify-full", ServerTlsMode::verify_full},
                                     {"verify-identity", ServerTlsMode::verify_full}}};

std::string lower(std::string text) {
  for (char& letter : text) {
    if (letter == '_') letter = '-';
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  }
  return text;
}

std::string shown(std::string_view text) { return base::printable(text.substr(0, 60)); }

std::string did_you_mean(std::string_view given, std::span<const std::string_view> words) {
  const auto near = nearest_word(given, words);
  return near.empty() ? std::string() : fmt::format("; did you mean {}?", near);
}

class UrlConfig {
 public:
  UrlConfig(MysqlUrl url, const Surroundings& surroundings) : url_(std::move(url)), around_(surroundings) {}

  std::expected<Config, ConfigErrors> make(const UrlOptions& options) {
    take_options();
    refuse(options);
    if (!options.console.empty()) config_.proxy.listen = options.console;
    set_server(options.listen);
    set_tls();
    set_user();
    if (errors_.empty()) errors_ = check_config(config_, {});
    if (!errors_.empty()) return std::unexpected(std::move(errors_));
    return std::move(config_);
  }

 private:
  void add(std::string message) { errors_.push_back({{}, 0, 0, std::move(message)}); }

  void take_options() {
    for (auto& [name, value] : url_.options) {
      if (const auto place = std::ranges::find(refused, name, &Refused::name); place != refused.end()) {
        add(fmt::format("the URL's option {} cannot be used here; {}", name, place->advice));
      } else if (std::ranges::find(known, name) == known.end()) {
        add(fmt::format("the URL's option {} is none that the proxy knows{}", shown(name), did_you_mean(name, known)));
      } else if (!options_.emplace(name, std::move(value)).second) {
        add(fmt::format("the URL's option {} is given twice", name));
      }
    }
  }

  void refuse(const UrlOptions& options) {
    if (options.pool_mode == PoolMode::transaction) {
      add("transaction mode comes later for MySQL and MariaDB: leave --pool-mode out, or say session");
    }
    if (options.auth) {
      add("authentication passes through to MySQL and MariaDB: the server itself asks who a client is, so leave --auth "
          "out");
    }
  }

  void set_server(const std::vector<std::string>& listen) {
    MysqlServerConfig& server = config_.mysql[std::string(url_server)];
    server.listen = listen.empty() ? std::vector{std::string(default_listen)} : listen;
    if (!url_.host.empty()) server.host = url_.host;
    server.port = url_.port.value_or(static_cast<std::uint16_t>(server.port));
    const std::string seconds = option("connect-timeout");
    if (seconds.empty()) return;
    unsigned number = 0;
    const char* end = seconds.data() + seconds.size();
    const auto [stop, error] = std::from_chars(seconds.data(), end, number);
    if (error != std::errc() || stop != end || number > longest_timeout) {
      return add(fmt::format("connect-timeout must be a number of seconds, not \"{}\"", shown(seconds)));
    }
    if (number > 0) server.connect_timeout = std::chrono::seconds(number);  // 0: as if it were left out
  }

  [[nodiscard]] std::string option(std::string_view name) const {
    const auto place = options_.find(name);
    return place == options_.end() ? std::string() : place->second;
  }

  // MySQL's programs take an option without a value for true.
  std::optional<bool> flag(std::string_view name) {
    if (!options_.contains(name)) return std::nullopt;
    const std::string text = lower(option(name));
    constexpr std::array<std::string_view, 5> yes{"", "1", "true", "on", "yes"};
    constexpr std::array<std::string_view, 4> no{"0", "false", "off", "no"};
    if (std::ranges::find(yes, text) != yes.end()) return true;
    if (std::ranges::find(no, text) == no.end())
      add(fmt::format("{} must be true or false, not \"{}\"", name, shown(text)));
    return false;
  }

  std::optional<ServerTlsMode> named_mode() {
    const std::string name = lower(option("ssl-mode"));
    const auto place = std::ranges::find(modes, name, &Mode::name);
    if (place != modes.end()) return place->mode;
    if (name.empty()) return std::nullopt;
    std::vector<std::string_view> names;
    for (const Mode& mode : modes) names.push_back(mode.name);
    add(fmt::format("ssl-mode must be disabled, preferred, required, verify-ca or verify-full, not \"{}\"{}",
                    shown(name), did_you_mean(name, names)));
    return ServerTlsMode::prefer;
  }

  // As our driver: MySQL's option is ssl-mode, MariaDB's are ssl and ssl-verify-server-cert. Authorities that are named
  // are meant to be used.
  ServerTlsMode tls_mode() {
    const auto named = named_mode();
    const auto verify = flag("ssl-verify-server-cert");
    const auto enable = flag("ssl");
    if (named) return *named;
    if (enable == std::optional(false)) return ServerTlsMode::disable;
    if (verify == std::optional(true)) return ServerTlsMode::verify_full;
    if (!option("ssl-ca").empty()) return ServerTlsMode::verify_ca;
    return enable ? ServerTlsMode::require : ServerTlsMode::prefer;
  }

  void set_tls() {
    ServerTlsConfig& tls = config_.proxy.server_tls;
    tls.mode = tls_mode();
    if (tls.mode < ServerTlsMode::verify_ca) return;
    tls.authorities = option("ssl-ca");
    if (tls.authorities.empty()) add("ssl-mode verify-ca and verify-full need ssl-ca, the file of the authorities");
  }

  void set_user() {
    OwnUser user{url_.user.value_or(around_.user), std::nullopt, url_.database};
    if (user.name.empty()) add("no user is known: name one in the URL, mysql://user@host/database");
    const std::string password = url_.password ? *url_.password : around_.variable("MYSQL_PWD").value_or("");
    if (password.size() > most_password) add(fmt::format("the password has more than {} bytes", most_password));
    if (!password.empty()) user.password = Secret(password);
    config_.proxy.admin_users = {user.name};
    config_.own_user = std::move(user);
  }

  MysqlUrl url_;
  const Surroundings& around_;
  std::map<std::string, std::string, std::less<>> options_;
  Config config_;
  ConfigErrors errors_;
};

}  // namespace

bool is_mysql_url(std::string_view url) noexcept {
  return url.starts_with("mysql://") || url.starts_with("mariadb://");
}

std::expected<Config, ConfigErrors> config_from_mysql_url(std::string_view url, const UrlOptions& options,
                                                          const Surroundings& surroundings) {
  auto parts = parse_mysql_url(url);
  if (!parts) return std::unexpected(ConfigErrors{{{}, 0, 0, std::move(parts.error())}});
  return UrlConfig(std::move(*parts), surroundings).make(options);
}

}  // namespace lockkeeper::proxy
