#include "client/drivers/postgres_secrets.hpp"

#include <algorithm>
#include <cctype>
#include <optional>
#include <vector>

#include "client/drivers/postgres_handles.hpp"

namespace lockkeeper::client {
namespace {

constexpr std::string_view ellipsis = "…";

// libpq itself marks the options that a program should show as asterisks.
bool is_secret(const PQconninfoOption& option) { return std::string_view(option.dispchar) == "*"; }

PgOptions parse(const std::string& text) { return PgOptions(PQconninfoParse(text.c_str(), nullptr)); }

bool is_secret_keyword(std::string_view keyword) {
  const PgOptions all = parse("");
  for (const PQconninfoOption* option = all.get(); option != nullptr && option->keyword != nullptr; ++option) {
    if (keyword == option->keyword) return is_secret(*option);
  }
  return false;
}

int hex_digit(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  const char lower = static_cast<char>(std::tolower(static_cast<unsigned char>(digit)));
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::string percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t index = 0; index < text.size(); ++index) {
    const bool escape = text[index] == '%' && index + 2 < text.size();
    const int high = escape ? hex_digit(text[index + 1]) : -1;
    const int low = escape ? hex_digit(text[index + 2]) : -1;
    if (high >= 0 && low >= 0) {
      decoded += static_cast<char>(high * 16 + low);
      index += 2;
    } else {
      decoded += text[index];
    }
  }
  return decoded;
}

std::string_view keyword_of(std::string_view parameter) { return parameter.substr(0, parameter.find('=')); }

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::string without_secret_parameters(std::string_view query) {
  std::string kept;
  for (const std::string_view parameter : split(query, '&')) {
    if (is_secret_keyword(percent_decoded(keyword_of(parameter)))) continue;
    kept += (kept.empty() ? "?" : "&");
    kept += parameter;
  }
  return kept;
}

// `user:secret` without a host is read as host and port.
bool has_numeric_ports(const PgOptions& options) {
  bool numeric = true;
  for_each_set_option(options, [&](const PQconninfoOption& option) {
    if (std::string_view(option.keyword) != "port") return;
    numeric = std::string_view(option.val).find_first_not_of("0123456789,") == std::string_view::npos;
  });
  return numeric;
}

// A URL that libpq can read. Nothing if an '@' is left outside user and query: then the password held one
// that was not percent-encoded, and we cannot know where it ends.
std::optional<std::string> redacted_url(std::string_view scheme, std::string_view rest) {
  const auto user_end = std::min(rest.find('@'), rest.size());
  const bool has_user = user_end < rest.size() && rest.find('/') > user_end;
  const std::string_view user = has_user ? rest.substr(0, user_end) : std::string_view();
  const std::string_view tail = has_user ? rest.substr(user_end + 1) : rest;
  const auto path_end = std::min(tail.find('?'), tail.size());
  const std::string_view place = tail.substr(0, path_end);
  if (place.find('@') != std::string_view::npos) return std::nullopt;
  std::string text = std::string(scheme) + "://";
  if (has_user) text += std::string(user.substr(0, user.find(':'))) + "@";
  text += place;
  if (path_end < tail.size()) text += without_secret_parameters(tail.substr(path_end + 1));
  return text;
}

std::string quoted_value(std::string_view value) {
  const bool plain = value.find_first_of(" \t\n\r'\\") == std::string_view::npos;
  if (plain && !value.empty()) return std::string(value);
  std::string text = "'";
  for (const char character : value) {
    if (character == '\'' || character == '\\') text += '\\';
    text += character;
  }
  return text + "'";
}

std::string redacted_conninfo(const PgOptions& options) {
  std::string text;
  for_each_set_option(options, [&](const PQconninfoOption& option) {
    if (is_secret(option)) return;
    if (!text.empty()) text += ' ';
    text += std::string(option.keyword) + "=" + quoted_value(option.val);
  });
  return text;
}

bool is_plain_name(std::string_view text) {
  return std::ranges::all_of(text, [](char character) {
    return std::isalnum(static_cast<unsigned char>(character)) != 0 || std::string_view("_-.$").contains(character);
  });
}

// Where in the string a secret may be, read generously: a password that was not encoded breaks the parts' borders.
std::vector<std::string> possible_secrets(std::string_view url) {
  std::vector<std::string> regions;
  if (const auto scheme = scheme_of(url); !scheme.empty()) {
    const std::string_view rest = url.substr(scheme.size() + 3);
    const auto colon = rest.find(':');
    const auto end = std::min(rest.rfind('@'), rest.size());  // `user:secret` without a host is read as host:port.
    if (colon < end) regions.emplace_back(rest.substr(colon + 1, end - colon - 1));
  }
  if (const auto keyword = url.find("pass"); keyword != std::string_view::npos) {
    const auto equals = url.find('=', keyword);
    if (equals != std::string_view::npos) regions.emplace_back(url.substr(equals + 1));
  }
  for (std::size_t index = 0, count = regions.size(); index < count; ++index) {
    regions.push_back(percent_decoded(regions[index]));
  }
  std::erase_if(regions, [](const std::string& region) { return region.empty(); });
  return regions;
}

// No name that libpq quotes holds an '@', unless the URL was cut in the middle of a password.
bool may_be_secret(std::string_view quotation, const std::vector<std::string>& regions) {
  if (quotation.find('@') != std::string_view::npos) return true;
  return std::ranges::any_of(regions, [&](const std::string& region) {
    return !quotation.empty() && (region.contains(quotation) || quotation.find(region) != std::string_view::npos);
  });
}

}  // namespace

std::string_view scheme_of(std::string_view url) {
  const auto end = url.find("://");
  if (end == std::string_view::npos) return {};
  const auto is_scheme_letter = [](char letter) {
    return std::isalnum(static_cast<unsigned char>(letter)) != 0 || std::string_view("+-.").contains(letter);
  };
  return std::ranges::all_of(url.substr(0, end), is_scheme_letter) ? url.substr(0, end) : std::string_view();
}

bool is_postgres_scheme(std::string_view scheme) { return scheme == "postgresql" || scheme == "postgres"; }

std::string public_postgres_url(std::string_view url) {
  const std::string_view scheme = scheme_of(url);
  std::string hidden = (scheme.empty() ? "" : std::string(scheme) + "://") + std::string(ellipsis);
  if (url.find('\0') != std::string_view::npos) return hidden;
  if (is_postgres_scheme(scheme)) {
    const PgOptions options = parse(std::string(url));
    if (!options || !has_numeric_ports(options)) return hidden;
    return redacted_url(scheme, url.substr(scheme.size() + 3)).value_or(hidden);
  }
  if (!scheme.empty()) return hidden;
  if (is_plain_name(url)) return std::string(url);
  const PgOptions options = parse(std::string(url));
  return options ? redacted_conninfo(options) : hidden;
}

std::string without_secrets(std::string_view words, std::string_view url) {
  const std::vector<std::string> regions = possible_secrets(url);
  const bool quotes_inside =
      std::ranges::any_of(regions, [](const std::string& region) { return region.contains('"'); });
  if (quotes_inside) return "the connection string is not understood";
  std::string safe;
  bool inside = false;
  for (const std::string_view part : split(words, '"')) {
    if (!safe.empty() || inside) safe += '"';
    safe += inside && may_be_secret(part, regions) ? ellipsis : part;
    inside = !inside;
  }
  return safe;
}

}  // namespace lockkeeper::client
