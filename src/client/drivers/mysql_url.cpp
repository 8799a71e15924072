#include "client/drivers/mysql_url.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "client/drivers/mysql_errors.hpp"

namespace lockkeeper::client::mysql {
namespace {

// The raw pieces, still percent-encoded.
struct Pieces {
  std::string_view scheme;
  bool has_user = false;
  std::string_view user;
  std::optional<std::string_view> password;
  std::string_view place;  // host:port
  bool has_path = false;
  std::string_view path;
  std::string_view query;
};

constexpr std::string_view ellipsis = "…";

std::string_view scheme_of(std::string_view url) {
  const auto end = url.find("://");
  return end == std::string_view::npos ? std::string_view() : url.substr(0, end);
}

// Up to the first of the separators; the rest keeps its separator.
std::string_view take_until(std::string_view& text, std::string_view separators) {
  const auto end = std::min(text.find_first_of(separators), text.size());
  const std::string_view taken = text.substr(0, end);
  text.remove_prefix(end);
  return taken;
}

// Nothing if an '@' is left anywhere but before the host: then a password held a character that had to be
// percent-encoded, and nobody can know where it ends.
std::optional<Pieces> split(std::string_view url) {
  Pieces pieces;
  pieces.scheme = scheme_of(url);
  std::string_view rest = url.substr(pieces.scheme.size() + 3);
  std::string_view authority = take_until(rest, "/?");
  if (const auto at = authority.find('@'); at != std::string_view::npos) {
    std::string_view who = authority.substr(0, at);
    pieces.has_user = true;
    pieces.user = take_until(who, ":");
    if (!who.empty()) pieces.password = who.substr(1);
    authority.remove_prefix(at + 1);
  }
  pieces.place = authority;
  if (rest.starts_with('/')) {
    rest.remove_prefix(1);
    pieces.has_path = true;
    pieces.path = take_until(rest, "?");
  }
  if (rest.starts_with('?')) pieces.query = rest.substr(1);
  for (const std::string_view piece : {pieces.place, pieces.path, pieces.query}) {
    if (piece.contains('@')) return std::nullopt;
  }
  return pieces;
}

int hex_digit(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  const int lower = std::tolower(static_cast<unsigned char>(digit));
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// Nothing where a '%' is not followed by two hexadecimal digits, or means the zero byte, which libmariadb ends at.
std::optional<std::string> decoded(std::string_view text) {
  std::string result;
  for (std::size_t index = 0; index < text.size(); ++index) {
    char character = text[index];
    if (character == '%') {
      const int high = index + 2 < text.size() ? hex_digit(text[index + 1]) : -1;
      const int low = high < 0 ? -1 : hex_digit(text[index + 2]);
      if (low < 0) return std::nullopt;
      character = static_cast<char>(high * 16 + low);
      index += 2;
    }
    if (character == '\0') return std::nullopt;
    result += character;
  }
  return result;
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, port);
  if (text.empty() || error != std::errc() || stop != end || port == 0) return std::nullopt;
  return port;
}

// host, host:port, [address]:port; false where it is none of these.
bool read_place(std::string_view place, Url& url) {
  std::string_view host = place;
  std::string_view port;
  if (place.starts_with('[')) {
    const auto end = place.find(']');
    if (end == std::string_view::npos) return false;
    host = place.substr(1, end - 1);
    port = place.substr(end + 1);
    if (host.empty() || (!port.empty() && port.front() != ':')) return false;
  } else {
    const auto colon = std::min(place.find(':'), place.size());
    host = place.substr(0, colon);
    port = place.substr(colon);
  }
  if (!port.empty() && !(url.port = parse_port(port.substr(1)))) return false;
  const auto name = decoded(host);
  if (!name || host.contains(',')) return false;
  url.host = *name;
  return true;
}

std::string canonical(std::string_view name) {
  std::string text(name);
  for (char& letter : text) {
    letter = letter == '_' ? '-' : static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  }
  return text;
}

bool read_options(std::string_view query, Url& url) {
  while (!query.empty()) {
    const std::string_view option = take_until(query, "&");
    if (!query.empty()) query.remove_prefix(1);
    if (option.empty()) continue;
    const auto equals = std::min(option.find('='), option.size());
    const auto name = decoded(option.substr(0, equals));
    const auto value = decoded(option.substr(std::min(equals + 1, option.size())));
    if (!name || !value) return false;
    url.options.emplace_back(canonical(*name), *value);
  }
  return true;
}

Error not_encoded() {
  return configuration_error("the URL cannot be read: is a special character not percent-encoded?");
}

bool is_secret_option(std::string_view option) {
  const std::string name = canonical(option.substr(0, option.find('=')));
  return name.contains("pass") || name.contains("pwd") || name.contains('%');
}

std::string public_query(std::string_view query) {
  std::string kept;
  while (!query.empty()) {
    const std::string_view option = take_until(query, "&");
    if (!query.empty()) query.remove_prefix(1);
    if (option.empty() || is_secret_option(option)) continue;
    kept += kept.empty() ? "?" : "&";
    kept += option;
  }
  return kept;
}

}  // namespace

Result<Url> parse_url(std::string_view url) {
  const std::string_view scheme = scheme_of(url);
  if (scheme.empty()) return std::unexpected(configuration_error("this is not a URL"));
  if (scheme != "mysql" && scheme != "mariadb") {
    return std::unexpected(
        configuration_error("this is not a MySQL or MariaDB URL: its scheme is \"" + std::string(scheme) + "\""));
  }
  const auto pieces = split(url);
  if (!pieces) return std::unexpected(not_encoded());
  Url parsed;
  const auto user = decoded(pieces->user);
  const auto password = decoded(pieces->password.value_or(""));
  const auto database = decoded(pieces->path);
  if (!user || !password || !database || pieces->path.contains('/') || !read_options(pieces->query, parsed)) {
    return std::unexpected(not_encoded());
  }
  if (!read_place(pieces->place, parsed)) {
    return std::unexpected(configuration_error(
        "the URL's host and port cannot be read: host, host:port or [address]:port, and one host only"));
  }
  if (pieces->has_user && !user->empty()) parsed.user = user;
  if (pieces->password) parsed.password = password;
  parsed.database = *database;
  return parsed;
}

std::string public_url(std::string_view url) {
  const std::string_view scheme = scheme_of(url);
  if (scheme.empty()) return std::string(ellipsis);
  const auto pieces = split(url);
  Url ignored;
  // `user:secret` without a host would be read as host and port.
  if (!pieces || !read_place(pieces->place, ignored)) return std::string(scheme) + "://" + std::string(ellipsis);
  std::string text = std::string(scheme) + "://";
  if (pieces->has_user) text += std::string(pieces->user) + "@";
  text += pieces->place;
  if (pieces->has_path) text += "/" + std::string(pieces->path);
  return text + public_query(pieces->query);
}

}  // namespace lockkeeper::client::mysql
