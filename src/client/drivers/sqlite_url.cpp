#include "client/drivers/sqlite_url.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <span>

#include "client/drivers/sqlite_errors.hpp"
#include "client/drivers/sqlite_words.hpp"

namespace lockkeeper::client::sqlite {
namespace {

constexpr std::string_view ellipsis = "…";
constexpr std::string_view in_memory = ":memory:";

using Words = std::span<const std::string_view>;
constexpr std::array<std::string_view, 4> modes{"ro", "rw", "rwc", "memory"};
constexpr std::array<std::string_view, 2> caches{"shared", "private"};
constexpr std::array<std::string_view, 8> booleans{"1", "0", "on", "off", "yes", "no", "true", "false"};

struct Option {
  std::string_view name;
  Words values;  // Empty: its own check.
};
constexpr std::array<Option, 5> known_options{
    {{"mode", modes}, {"cache", caches}, {"immutable", booleans}, {"nolock", booleans}, {"vfs", {}}}};

// Letters, digits, '+', '-' and '.' before the first colon. One letter alone is no scheme that anybody uses.
std::string_view scheme_of(std::string_view url) {
  const auto end = url.find(':');
  if (end == std::string_view::npos || end < 2) return {};
  const std::string_view scheme = url.substr(0, end);
  const bool is_one = std::ranges::all_of(scheme, [](char letter) {
    return std::isalnum(static_cast<unsigned char>(letter)) != 0 || letter == '+' || letter == '-' || letter == '.';
  });
  return is_one ? scheme : std::string_view();
}

int hex_digit(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  const int small = std::tolower(static_cast<unsigned char>(digit));
  return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

// Nothing where a '%' is not followed by two hexadecimal digits, or means the zero byte, where SQLite stops reading.
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

std::string encoded(std::string_view text) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  std::string result;
  for (const char character : text) {
    if (character != '%' && character != '?' && character != '#' && character != '&' && character != '=') {
      result += character;
      continue;
    }
    const auto byte = static_cast<unsigned char>(character);
    result += {'%', hex[byte / 16], hex[byte % 16]};
  }
  return result;
}

std::string_view take_until(std::string_view& text, char separator) {
  const auto end = std::min(text.find(separator), text.size());
  const std::string_view taken = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return taken;
}

std::string listed(Words words) {
  std::string list;
  for (std::size_t index = 0; index < words.size(); ++index) {
    if (index > 0) list += index + 1 == words.size() ? " or " : ", ";
    list += words[index];
  }
  return list;
}

std::optional<Error> complaint_about(const Option& option, const std::string& value) {
  if (option.name == "vfs") {
    if (sqlite3_vfs_find(value.c_str()) != nullptr) return std::nullopt;
    return configuration_error("this SQLite library has no vfs of the name that the URL asks for");
  }
  if (std::ranges::find(option.values, value) != option.values.end()) return std::nullopt;
  return configuration_error("option " + std::string(option.name) + " is " + listed(option.values) + ", not \"" +
                             value + "\"");
}

Error not_encoded() {
  return configuration_error("the URL cannot be read: a '%', '?' or '#' in a name is written %25, %3F or %23");
}

std::optional<Error> read_option(std::string_view text, Location& location) {
  const auto equals = std::min(text.find('='), text.size());
  const auto name = decoded(text.substr(0, equals));
  const auto value = decoded(text.substr(std::min(equals + 1, text.size())));
  if (!name || !value) return not_encoded();
  const auto option = std::ranges::find(known_options, in_lower_case(*name), &Option::name);
  if (option == known_options.end()) {
    location.pragmas.emplace_back(in_lower_case(*name), *value);
    return std::nullopt;
  }
  location.options.emplace_back(option->name, *value);
  location.is_memory = location.is_memory || (option->name == "mode" && *value == "memory");
  return complaint_about(*option, *value);
}

// What follows the scheme.
Result<Location> parse_rest(std::string_view rest) {
  std::string_view file = take_until(rest, '?');
  if (file.starts_with("//")) {
    file.remove_prefix(2);
    if (!file.starts_with('/')) {
      return std::unexpected(
          configuration_error("an SQLite URL has no host: write sqlite:///absolute/file or sqlite:relative/file"));
    }
  }
  const auto path = decoded(file);
  if (!path || file.contains('#')) return std::unexpected(not_encoded());
  if (path->ends_with("/:memory:")) {
    return std::unexpected(configuration_error("a database in memory is written sqlite::memory:"));
  }
  Location location{.file = *path, .is_memory = *path == in_memory};
  while (!rest.empty()) {
    const std::string_view option = take_until(rest, '&');
    if (option.empty()) continue;
    if (auto complaint = read_option(option, location)) return std::unexpected(std::move(*complaint));
  }
  return location;
}

Result<Location> parse_path(std::string_view path) {
  if (path.contains('?')) {
    return std::unexpected(configuration_error(
        "options need a URL: write sqlite:file?option=value, and %3F for a question mark in a file's name"));
  }
  return Location{.file = std::string(path), .is_memory = path == in_memory};
}

bool speaks_of_a_secret(std::string_view text) {
  const std::string words = in_lower_case(text);
  return words.contains("key") || words.contains("pass") || words.contains("pwd") || words.contains("secret");
}

bool is_secret_option(std::string_view option) {
  const std::string_view name = option.substr(0, option.find('='));
  return speaks_of_a_secret(name) || name.contains('%');
}

std::string public_query(std::string_view query) {
  std::string kept;
  while (!query.empty()) {
    const std::string_view option = take_until(query, '&');
    if (option.empty() || is_secret_option(option)) continue;
    kept += kept.empty() ? "?" : "&";
    kept += option;
  }
  return kept;
}

}  // namespace

std::string Location::uri() const {
  std::string text = file.starts_with('/') ? "file://" : "file:";
  text += encoded(file);
  char separator = '?';
  for (const auto& [name, value] : options) {
    text += separator + name + "=" + encoded(value);
    separator = '&';
  }
  return text;
}

std::string Location::name() const { return is_memory && file != in_memory ? "in memory: " + file : file; }

std::vector<std::string> option_names() {
  std::vector<std::string> names;
  for (const Option& option : known_options) names.emplace_back(option.name);
  return names;
}

Result<Location> parse_url(std::string_view url) {
  if (url.contains('\0')) return std::unexpected(configuration_error("the URL holds a zero byte"));
  const std::string scheme = in_lower_case(scheme_of(url));
  std::string_view rest = url;
  if (!scheme.empty() && scheme != "sqlite" && scheme != "file") {
    return std::unexpected(configuration_error("this is not an SQLite URL: its scheme is \"" + scheme +
                                               "\" (a path with a colon is written ./like:this)"));
  }
  if (!scheme.empty()) rest.remove_prefix(scheme.size() + 1);
  if (scheme == "sqlite" && in_lower_case(rest.substr(0, 5)) == "file:") rest.remove_prefix(5);
  auto location = scheme.empty() ? parse_path(rest) : parse_rest(rest);
  if (location && location->file.empty()) {
    return std::unexpected(
        configuration_error("the URL names no file: write sqlite:///absolute/file, "
                            "sqlite:relative/file or sqlite::memory:"));
  }
  return location;
}

std::string public_url(std::string_view url) {
  const std::string_view scheme = scheme_of(url);
  std::string_view rest = url.substr(scheme.empty() ? 0 : scheme.size() + 1);
  const std::string begin(url.substr(0, url.size() - rest.size()));
  const bool is_ours = scheme.empty() || equals_ignoring_case(scheme, "sqlite") || equals_ignoring_case(scheme, "file");
  if (!is_ours) return begin + "//" + std::string(ellipsis);
  std::string_view inner = rest;
  const std::string_view file = take_until(inner, '?');
  // A host, perhaps with a password before it, has no place here.
  const std::string_view path = file.starts_with("file:") ? file.substr(5) : file;
  if (path.starts_with("//") && !path.starts_with("///")) return begin + "//" + std::string(ellipsis);
  if (scheme.empty() && file.contains('=') && speaks_of_a_secret(file)) return std::string(ellipsis);
  return begin + std::string(file) + public_query(inner);
}

}  // namespace lockkeeper::client::sqlite
