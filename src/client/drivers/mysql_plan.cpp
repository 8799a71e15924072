#include "client/drivers/mysql_plan.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <numeric>
#include <string_view>
#include <vector>

#include "client/drivers/mysql_errors.hpp"
#include "client/drivers/mysql_option_file.hpp"
#include "client/drivers/mysql_url.hpp"

namespace lockkeeper::client::mysql {
namespace {

constexpr std::uint16_t default_port = 3306;
constexpr const char* default_socket = "/run/mysqld/mysqld.sock";

// What the option file may say besides; its other options are other programs' business.
constexpr std::array<std::string_view, 4> file_only{"host", "port", "user", "password"};

constexpr std::array<std::string_view, 14> known{"connect-timeout",
                                                 "defaults-file",
                                                 "enable-cleartext-plugin",
                                                 "program-name",
                                                 "socket",
                                                 "ssl",
                                                 "ssl-ca",
                                                 "ssl-capath",
                                                 "ssl-cert",
                                                 "ssl-cipher",
                                                 "ssl-key",
                                                 "ssl-mode",
                                                 "ssl-verify-server-cert",
                                                 "tls-version"};

using Options = std::map<std::string, std::string>;

// How many letters must be changed, added or left out to make one name the other.
std::size_t distance(std::string_view one, std::string_view other) {
  std::vector<std::size_t> row(other.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= one.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= other.size(); ++j) {
      const std::size_t changed = diagonal + (one[i - 1] == other[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, changed}));
    }
  }
  return row.back();
}

Error unknown_option(std::string_view name) {
  const auto nearest =
      std::ranges::min_element(known, {}, [&](std::string_view candidate) { return distance(name, candidate); });
  return configuration_error("the URL's option \"" + std::string(name) + "\" is not known; did you mean \"" +
                             std::string(*nearest) + "\"?");
}

Error bad_value(std::string_view name, std::string_view wanted) {
  return configuration_error("the option \"" + std::string(name) + "\" must be " + std::string(wanted));
}

// The URL's options over those of the option file that it names.
Result<Options> all_options(const Url& url) {
  Options options;
  for (const auto& [name, value] : url.options) {
    if (std::ranges::find(known, name) == known.end()) return std::unexpected(unknown_option(name));
    if (!options.emplace(name, value).second) {
      return std::unexpected(configuration_error("the URL's option \"" + name + "\" is given twice"));
    }
  }
  const auto file = options.find("defaults-file");
  if (file == options.end()) return options;
  auto from_file = read_option_file(file->second);
  if (!from_file) return std::unexpected(from_file.error());
  for (const auto& [name, value] : *from_file) {
    const bool is_ours = std::ranges::find(known, name) != known.end();
    if (is_ours || std::ranges::find(file_only, name) != file_only.end()) options.emplace(name, value);
  }
  return options;
}

std::string value_of(const Options& options, const char* name) {
  const auto found = options.find(name);
  return found == options.end() ? std::string() : found->second;
}

template <class Number>
Result<std::optional<Number>> number_of(const Options& options, const char* name, std::string_view wanted) {
  const std::string text = value_of(options, name);
  if (text.empty()) return std::nullopt;
  Number number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end) return std::unexpected(bad_value(name, wanted));
  return number;
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char letter) { return std::tolower(letter); });
  std::ranges::replace(text, '_', '-');
  return text;
}

// MySQL's programs take an option without a value for true.
Result<std::optional<bool>> flag_of(const Options& options, const char* name) {
  const auto found = options.find(name);
  if (found == options.end()) return std::nullopt;
  const std::string text = lower(found->second);
  if (text.empty() || text == "1" || text == "true" || text == "on" || text == "yes") return true;
  if (text == "0" || text == "false" || text == "off" || text == "no") return false;
  return std::unexpected(bad_value(name, "true or false"));
}

Result<std::optional<TlsMode>> named_mode(const Options& options) {
  const std::string text = lower(value_of(options, "ssl-mode"));
  if (text.empty()) return std::nullopt;
  if (text == "disabled") return TlsMode::disabled;
  if (text == "preferred") return TlsMode::preferred;
  if (text == "required") return TlsMode::required;
  if (text == "verify-ca") return TlsMode::verify_ca;
  if (text == "verify-full" || text == "verify-identity") return TlsMode::verify_full;
  return std::unexpected(bad_value("ssl-mode", "disabled, preferred, required, verify-ca or verify-full"));
}

// MySQL's option is ssl-mode, MariaDB's are ssl and ssl-verify-server-cert. A CA that is named is meant to be used.
Result<TlsMode> mode_of(const Options& options) {
  const auto mode = named_mode(options);
  if (!mode) return std::unexpected(mode.error());
  if (*mode) return **mode;
  const auto verify = flag_of(options, "ssl-verify-server-cert");
  if (!verify) return std::unexpected(verify.error());
  const auto enable = flag_of(options, "ssl");
  if (!enable) return std::unexpected(enable.error());
  if (*enable == std::optional(false)) return TlsMode::disabled;
  if (*verify == std::optional(true)) return TlsMode::verify_full;
  const bool has_ca = !value_of(options, "ssl-ca").empty() || !value_of(options, "ssl-capath").empty();
  if (has_ca) return TlsMode::verify_ca;
  return *enable ? TlsMode::required : TlsMode::preferred;
}

Result<TlsOptions> tls_of(const Options& options) {
  const auto mode = mode_of(options);
  if (!mode) return std::unexpected(mode.error());
  TlsOptions tls{.mode = *mode,
                 .ca = value_of(options, "ssl-ca"),
                 .ca_path = value_of(options, "ssl-capath"),
                 .certificate = value_of(options, "ssl-cert"),
                 .key = value_of(options, "ssl-key"),
                 .cipher = value_of(options, "ssl-cipher"),
                 .version = value_of(options, "tls-version")};
  if (tls.mode >= TlsMode::verify_ca && tls.ca.empty() && tls.ca_path.empty()) {
    return std::unexpected(
        configuration_error("ssl-mode verify-ca and verify-full need ssl-ca, a file of certificates"));
  }
  if (tls.mode < TlsMode::verify_ca) tls.ca = tls.ca_path = {};  // libmariadb would verify against them.
  return tls;
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

// As MySQL's programs: `localhost` without a port is the unix socket, everything else is TCP.
Result<void> place(Plan& plan, const Url& url, const Options& options) {
  const auto port = number_of<std::uint16_t>(options, "port", "a port number");
  if (!port) return std::unexpected(port.error());
  const std::string host = url.host.empty() ? value_of(options, "host") : url.host;
  const bool names_port = url.port.has_value() || (url.host.empty() && port->has_value());
  const std::string socket = value_of(options, "socket");
  const bool local = host.empty() || host == "localhost";
  const bool socket_in_url =
      std::ranges::any_of(url.options, [](const auto& option) { return option.first == "socket"; });
  if (socket_in_url && (!local || names_port)) {
    return std::unexpected(configuration_error("the URL names a socket and a host: only one of them can be meant"));
  }
  if (local && (!names_port || socket_in_url)) {
    const std::string named = socket.empty() ? environment("MYSQL_UNIX_PORT") : socket;
    plan.socket = named.empty() ? default_socket : named;
    return {};
  }
  plan.host = local ? "localhost" : host;
  plan.port = url.port.value_or(port->value_or(default_port));
  return {};
}

void identify(Plan& plan, const Url& url, const Options& options) {
  plan.user = url.user ? *url.user : value_of(options, "user");
  plan.database = url.database;
  if (url.password) {
    plan.password = *url.password;
  } else if (options.contains("password")) {
    plan.password = value_of(options, "password");
  } else {
    plan.password = environment("MYSQL_PWD");
  }
}

bool is_setting_name(std::string_view name) {
  return !name.empty() &&
         std::ranges::all_of(name, [](unsigned char letter) { return std::isalnum(letter) != 0 || letter == '_'; });
}

Result<void> check_settings(const std::map<std::string, std::string>& settings) {
  for (const auto& [name, value] : settings) {
    if (!is_setting_name(name) || value.contains('\0')) {
      return std::unexpected(configuration_error("\"" + name + "\" is not a system variable with a text value"));
    }
    if (lower(name) == "autocommit") {
      return std::unexpected(configuration_error("autocommit is always on: begin opens a transaction"));
    }
  }
  return {};
}

}  // namespace

Result<Plan> make_plan(const Target& target) {
  if (target.url.contains('\0')) return std::unexpected(configuration_error("the URL holds a zero byte"));
  const auto url = parse_url(target.url);
  if (!url) return std::unexpected(url.error());
  const auto options = all_options(*url);
  if (!options) return std::unexpected(options.error());
  Plan plan{.settings = target.settings, .kept_statements = target.prepared_statements};
  if (const auto done = place(plan, *url, *options); !done) return std::unexpected(done.error());
  if (const auto done = check_settings(plan.settings); !done) return std::unexpected(done.error());
  identify(plan, *url, *options);
  auto tls = tls_of(*options);
  if (!tls) return std::unexpected(tls.error());
  plan.tls = std::move(*tls);
  const auto timeout = number_of<unsigned>(*options, "connect-timeout", "a number of seconds");
  if (!timeout) return std::unexpected(timeout.error());
  if (timeout->value_or(0) != 0) plan.connect_timeout = std::chrono::seconds(**timeout);
  const auto clear_text = flag_of(*options, "enable-cleartext-plugin");
  if (!clear_text) return std::unexpected(clear_text.error());
  plan.clear_text_password = clear_text->value_or(false);
  if (plan.clear_text_password && !plan.host.empty() && plan.tls.mode < TlsMode::required) {
    return std::unexpected(configuration_error("enable-cleartext-plugin needs ssl-mode required, or a socket"));
  }
  plan.program_name = options->contains("program-name") ? value_of(*options, "program-name") : target.application_name;
  return plan;
}

}  // namespace lockkeeper::client::mysql
