#include "client/drivers/postgres_target.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <chrono>
#include <optional>
#include <string_view>
#include <utility>

#include "client/drivers/postgres_errors.hpp"
#include "client/drivers/postgres_secrets.hpp"

namespace lockkeeper::client {
namespace {

// As libpq: a shorter timeout than this could fail on a healthy server.
constexpr std::chrono::seconds shortest_connect_timeout{2};

// What URL, environment and service file say together. Only libpq knows how they combine, and tells it only of a
// connection; so ask one that is refused for its impossible sslmode after reading everything and before any network.
Result<PgOptions> all_options(const std::string& url) {
  const std::array<const char*, 3> keywords{"dbname", "sslmode", nullptr};
  const std::array<const char*, 3> values{url.c_str(), "none of these", nullptr};
  const PgConnection probe(PQconnectStartParams(keywords.data(), values.data(), 1));
  if (!probe) return std::unexpected(out_of_memory());
  PgOptions options(PQconninfo(probe.get()));
  bool read = false;
  for_each_set_option(options, [&](const PQconninfoOption& option) {
    read = read || (std::string_view(option.keyword) == "sslmode" && std::string_view(option.val) == values[1]);
  });
  if (!read) return std::unexpected(configuration_error(without_secrets(PQerrorMessage(probe.get()), url)));
  return options;
}

std::string value_of(const PgOptions& options, std::string_view keyword) {
  std::string value;
  for_each_set_option(options, [&](const PQconninfoOption& option) {
    if (keyword == option.keyword) value = option.val;
  });
  return value;
}

bool is_setting_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char letter) {
    return std::isalnum(static_cast<unsigned char>(letter)) != 0 || letter == '_' || letter == '.';
  });
}

// The server splits `options` at white space; a backslash keeps the next character as it is.
std::string escaped(std::string_view value) {
  std::string text;
  for (const char character : value) {
    if (character == '\\' || std::isspace(static_cast<unsigned char>(character)) != 0) text += '\\';
    text += character;
  }
  return text;
}

Result<std::string> with_settings(std::string options, const Target& target) {
  for (const auto& [name, value] : target.settings) {
    if (!is_setting_name(name) || value.contains('\0')) {
      return std::unexpected(configuration_error("\"" + name + "\" is not a server setting with a text value"));
    }
    options += (options.empty() ? "-c " : " -c ") + name + "=" + escaped(value);
  }
  return options;
}

// libpq ignores connect_timeout when asked not to block. Zero and negative mean none.
Result<Deadline> shorter_deadline(const std::string& connect_timeout, Deadline deadline) {
  if (connect_timeout.empty()) return deadline;
  int seconds = 0;
  const char* end = connect_timeout.data() + connect_timeout.size();
  const auto [stop, error] = std::from_chars(connect_timeout.data(), end, seconds);
  if (error != std::errc() || stop != end) {
    return std::unexpected(configuration_error("invalid integer value for connection option \"connect_timeout\""));
  }
  if (seconds <= 0) return deadline;
  const auto timeout = std::max(std::chrono::seconds(seconds), shortest_connect_timeout);
  return std::min(deadline, std::chrono::steady_clock::now() + timeout);
}

std::optional<Error> complaint_about(std::string_view url) {
  if (url.contains('\0')) return configuration_error("the URL holds a zero byte");
  const std::string_view scheme = scheme_of(url);
  if (scheme.empty() || is_postgres_scheme(scheme)) return std::nullopt;
  return configuration_error("this is not a PostgreSQL URL: its scheme is \"" + std::string(scheme) + "\"");
}

}  // namespace

Result<ConnectParameters> resolve(const Target& target, Deadline deadline) {
  if (auto complaint = complaint_about(target.url)) return std::unexpected(std::move(*complaint));
  const auto found = all_options(target.url);
  if (!found) return std::unexpected(found.error());
  const auto options = with_settings(value_of(*found, "options"), target);
  if (!options) return std::unexpected(options.error());
  const auto until = shorter_deadline(value_of(*found, "connect_timeout"), deadline);
  if (!until) return std::unexpected(until.error());
  // libpq's own keyword would win over the same setting in `options`.
  const auto encoding = target.settings.find("client_encoding");
  // Later keywords win over the URL's, which stands in dbname.
  ConnectParameters parameters{
      {"dbname", "fallback_application_name", "client_encoding"},
      {target.url, target.application_name, encoding == target.settings.end() ? "UTF8" : encoding->second},
      *until};
  if (!target.settings.empty()) {
    parameters.keywords.emplace_back("options");
    parameters.values.push_back(*options);
  }
  return parameters;
}

}  // namespace lockkeeper::client
