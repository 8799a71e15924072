#include "proxy/config_url.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/utf8.hpp"
#include "proxy/auth/scram.hpp"
#include "proxy/config_check.hpp"
#include "proxy/config_url_mysql.hpp"
#include "proxy/config_url_parts.hpp"
#include "proxy/config_values.hpp"

namespace lockkeeper::proxy {
namespace {

constexpr std::string_view default_host = "127.0.0.1";  // libpq would take a folder that its build chose

// libpq's keyword and its environment variable. Others of libpq are for programs that connect themselves.
struct Keyword {
  std::string_view name;
  std::string_view variable;
};
constexpr std::array<Keyword, 7> keywords{{{"host", "PGHOST"},
                                           {"port", "PGPORT"},
                                           {"user", "PGUSER"},
                                           {"password", "PGPASSWORD"},
                                           {"dbname", "PGDATABASE"},
                                           {"sslmode", "PGSSLMODE"},
                                           {"sslrootcert", "PGSSLROOTCERT"}}};

class UrlConfig {
 public:
  UrlConfig(UrlParts parts, const Surroundings& surroundings) : parts_(std::move(parts)), around_(surroundings) {}

  std::expected<Config, ConfigErrors> make(const UrlOptions& options) {
    refuse_unknown();
    add_environment();
    if (!options.console.empty()) {
      add("--console is for mysql:// URLs: here the console is on the same address as the clients");
    }
    if (!options.listen.empty()) config_.proxy.listen = options.listen;
    config_.proxy.pool_mode = options.pool_mode.value_or(config_.proxy.pool_mode);
    config_.proxy.auth = options.auth.value_or(config_.proxy.auth);
    set_server();
    set_tls();
    set_user();
    if (errors_.empty()) errors_ = check_config(config_, {});
    if (!errors_.empty()) return std::unexpected(std::move(errors_));
    return std::move(config_);
  }

 private:
  void add(std::string message) { errors_.push_back({{}, 0, 0, std::move(message)}); }
  [[nodiscard]] std::string part(std::string_view name) const {
    const auto place = parts_.find(name);
    return place == parts_.end() ? std::string() : place->second;
  }

  void refuse_unknown() {
    std::vector<std::string_view> names;
    for (const Keyword& keyword : keywords) names.push_back(keyword.name);
    for (const auto& [name, value] : parts_) {
      if (std::ranges::find(names, name) != names.end()) continue;
      const auto near = nearest_word(name, names);
      add(fmt::format(
          "the URL's parameter {} is none that the proxy knows; {}", base::printable(name.substr(0, 60)),
          near.empty() ? "leave it out, or give it to the clients" : fmt::format("did you mean {}?", near)));
    }
  }

  void add_environment() {
    for (const Keyword& keyword : keywords) {
      if (parts_.contains(keyword.name)) continue;
      auto value = around_.variable(keyword.variable);
      if (value && !value->empty()) parts_.emplace(keyword.name, std::move(*value));
    }
    parts_.try_emplace("host", default_host);
    parts_.try_emplace("port", "5432");
    parts_.try_emplace("user", around_.user);
    parts_.try_emplace("dbname", part("user"));
  }

  void set_server() {
    DatabaseConfig& server = config_.databases["*"];
    server.host = part("host");
    if (server.host.contains(',')) add("PGHOST names several hosts; the proxy goes to one server, so name the primary");
    const std::string port = part("port");
    const char* end = port.data() + port.size();
    const auto [stop, error] = std::from_chars(port.data(), end, server.port);
    if (error != std::errc() || stop != end || server.port < 1 || server.port > 65535) {
      add("the port, of the URL or of PGPORT, is no number from 1 to 65535");
    }
  }

  void set_tls() {
    ServerTlsConfig& tls = config_.proxy.server_tls;
    const std::string mode = part("sslmode");
    // `allow` tries without first: whoever accepts that accepts `prefer` as well.
    const auto known = parse_choice<ServerTlsMode>(mode == "allow" ? "prefer" : mode);
    if (known) tls.mode = *known;
    if (!known && !mode.empty()) {
      const auto near = nearest_word(mode, choices<ServerTlsMode>());
      add(fmt::format("sslmode must be disable, allow, prefer, require, verify-ca or verify-full, not \"{}\"{}",
                      base::printable(mode.substr(0, 60)),
                      near.empty() ? "" : fmt::format("; did you mean {}?", near)));
    }
    tls.authorities = part("sslrootcert");
    if (tls.authorities == "system") add("sslrootcert=system cannot be used here; name the file of the authorities");
    const std::string usual = around_.home + "/.postgresql/root.crt";
    if (tls.authorities.empty() && tls.mode >= ServerTlsMode::require && around_.file(usual, false)) {
      tls.authorities = usual;
    }
    // As with libpq: naming authorities means that they count.
    if (tls.mode == ServerTlsMode::require && !tls.authorities.empty()) tls.mode = ServerTlsMode::verify_ca;
  }

  void set_user() {
    OwnUser user{part("user"), std::nullopt, part("dbname")};
    if (user.name.empty()) add("no user is known: name one in the URL, postgresql://user@host/database");
    if (parts_.contains("password")) {
      user.password = Secret(part("password"));
    } else {
      user.password = from_password_file();
    }
    if (user.password && user.password->view().size() > most_password) {
      add(fmt::format("the password has more than {} bytes", most_password));
    }
    config_.proxy.admin_users = {user.name};
    config_.own_user = std::move(user);
  }

  [[nodiscard]] std::optional<Secret> from_password_file() const {
    const auto named = around_.variable("PGPASSFILE");
    auto text = around_.file(named && !named->empty() ? *named : around_.home + "/.pgpass", true);
    if (!text) return std::nullopt;
    const std::string host = part("host");
    const std::string port = part("port");
    const std::string database = part("dbname");
    const std::string user = part("user");
    // As with libpq: a Unix socket counts as localhost.
    const std::string_view searched = host.starts_with('/') ? std::string_view("localhost") : std::string_view(host);
    auto password = find_password(*text, {searched, port, database, user});
    wipe(*text);
    if (!password) return std::nullopt;
    Secret secret(*password);
    wipe(*password);
    return secret;
  }

  UrlParts parts_;
  const Surroundings& around_;
  Config config_;
  ConfigErrors errors_;
};

}  // namespace

std::expected<Config, ConfigErrors> config_from_url(std::string_view url, const UrlOptions& options,
                                                    const Surroundings& surroundings) {
  if (is_mysql_url(url)) return config_from_mysql_url(url, options, surroundings);
  auto parts = parse_postgres_url(url);
  if (!parts) return std::unexpected(ConfigErrors{{{}, 0, 0, std::move(parts.error())}});
  return UrlConfig(std::move(*parts), surroundings).make(options);
}

}  // namespace lockkeeper::proxy
