#include "proxy/config_url_parts.hpp"

#include <array>
#include <charconv>

namespace lockkeeper::proxy {
namespace {

using namespace std::string_view_literals;

// Cuts off what follows the separator: "a@b" becomes "a", and "b" is returned.
std::optional<std::string_view> cut_behind(std::string_view& text, std::size_t at) {
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view behind = text.substr(at + 1);
  text = text.substr(0, at);
  return behind;
}

class UrlReader {
 public:
  std::expected<UrlParts, std::string> read(std::string_view rest) {
    const auto query = cut_behind(rest, rest.find('?'));
    const auto database = cut_behind(rest, rest.find('/'));
    std::string_view user = rest;
    std::string_view address = rest;
    if (const auto behind = cut_behind(user, user.rfind('@'))) {
      address = *behind;
      const auto password = cut_behind(user, user.find(':'));
      set("user", user);
      if (password) set("password", *password);
    }
    set_address(address);
    if (database) set("dbname", *database);
    if (query) set_parameters(*query);
    if (!complaint_.empty()) return std::unexpected(complaint_);
    return std::move(parts_);
  }

 private:
  void complain(std::string complaint) {
    if (complaint_.empty()) complaint_ = std::move(complaint);
  }

  void set(std::string_view keyword, std::string_view value) {
    auto text = percent_decoded(value);
    if (!text) return complain(std::move(text.error()));
    if (!text->empty()) parts_[std::string(keyword)] = std::move(*text);
  }

  void set_address(std::string_view address) {
    if (address.contains(',')) {
      return complain("the URL names several hosts; the proxy goes to one server, so name the primary");
    }
    if (address.starts_with('[')) {
      const std::size_t end = address.find(']');
      const std::string_view behind = end == std::string_view::npos ? ""sv : address.substr(end + 1);
      if (end == std::string_view::npos || (!behind.empty() && behind[0] != ':')) {
        return complain("the URL's host begins with [ like an IPv6 address, and is none");
      }
      set("host", address.substr(1, end - 1));
      if (!behind.empty()) set("port", behind.substr(1));
      return;
    }
    if (const auto port = cut_behind(address, address.find(':'))) set("port", *port);
    set("host", address);
  }

  void set_parameters(std::string_view query) {
    while (!query.empty()) {
      std::string_view parameter = query;
      const auto next = cut_behind(parameter, parameter.find('&'));
      query = next.value_or(""sv);
      const auto value = cut_behind(parameter, parameter.find('='));
      if (parameter.empty() || !value) {
        return complain("a parameter of the URL is not of the form name=value");
      }
      set(parameter, *value);
    }
  }

  UrlParts parts_;
  std::string complaint_;
};

// A field of a line of .pgpass, unescaped, up to its colon; `is_any`: it was a star.
struct Field {
  std::string text;
  bool is_any = false;
};
Field take_field(std::string_view& line) {
  Field field;
  std::size_t at = 0;
  for (; at < line.size() && line[at] != ':'; ++at) {
    if (line[at] == '\\' && at + 1 < line.size()) ++at;
    field.text += line[at];
  }
  field.is_any = line.substr(0, at) == "*";
  line.remove_prefix(at < line.size() ? at + 1 : at);
  return field;
}

}  // namespace

std::expected<std::string, std::string> percent_decoded(std::string_view text) {
  std::string result;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      result += text[at];
      continue;
    }
    unsigned char byte = 0;
    const char* digits = text.data() + at + 1;
    const bool enough = text.size() - at > 2;
    if (!enough || std::from_chars(digits, digits + 2, byte, 16).ptr != digits + 2 || byte == 0) {
      return std::unexpected(
          "a percent sign in the URL is not followed by two hexadecimal digits (and not 00); a "
          "percent sign itself is written %25");
    }
    result += static_cast<char>(byte);
    at += 2;
  }
  return result;
}

std::expected<UrlParts, std::string> parse_postgres_url(std::string_view url) {
  if (url.size() > longest_url) return std::unexpected("the URL has more than 8192 bytes");
  if (url.contains('\0')) return std::unexpected("the URL holds a zero byte");
  for (const std::string_view scheme : {"postgresql://"sv, "postgres://"sv}) {
    if (url.starts_with(scheme)) return UrlReader().read(url.substr(scheme.size()));
  }
  return std::unexpected(
      "this is no URL of PostgreSQL, MySQL or MariaDB: write it like postgresql://user@host:5432/database or "
      "mysql://user@host:3306/database");
}

std::optional<std::string> find_password(std::string_view file, const PasswordFor& wanted) {
  const std::array<std::string_view, 4> values{wanted.host, wanted.port, wanted.database, wanted.user};
  while (!file.empty()) {
    const std::size_t end = file.find('\n');
    std::string_view line = file.substr(0, end);
    file = end == std::string_view::npos ? ""sv : file.substr(end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line.starts_with('#')) continue;
    bool fits = true;
    for (const std::string_view value : values) {
      const Field field = take_field(line);
      fits = fits && (field.is_any || field.text == value);
    }
    if (!fits || line.empty()) continue;
    return take_field(line).text;
  }
  return std::nullopt;
}

}  // namespace lockkeeper::proxy
