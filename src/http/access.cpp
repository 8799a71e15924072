#include "http/access.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <random>

#include "base/utf8.hpp"

namespace lockkeeper::http {
namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& letter : result) {
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  }
  return result;
}

bool is_port(std::string_view text) {
  return text.size() <= 5 && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool is_name(std::string_view text) {
  return !text.empty() && text.find_first_of("/\\@?#[] \t") == std::string_view::npos;
}

// Names are resolved by somebody else; an address is where the request has come to.
bool is_address(std::string_view host) {
  if (host.find(':') != std::string_view::npos) return true;
  return std::ranges::count(host, '.') == 3 && host.find_first_not_of("0123456789.") == std::string_view::npos;
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

bool is_json(std::string_view content_type) {
  return lower(trimmed(content_type.substr(0, content_type.find(';')))) == "application/json";
}

}  // namespace

bool same_secret(std::string_view given, std::string_view expected) {
  if (given.size() != expected.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < given.size(); ++i)
    difference |= static_cast<unsigned>(static_cast<unsigned char>(given[i]) ^ static_cast<unsigned char>(expected[i]));
  return difference == 0;
}

std::string random_secret() {
  std::random_device random;  // getrandom or RDRAND, by libstdc++
  std::string secret;
  for (int i = 0; i < 4; ++i) secret += fmt::format("{:08x}", random());
  return secret;
}

std::optional<std::string> host_without_port(std::string_view authority) {
  if (authority.starts_with('[')) {
    const std::size_t end = authority.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view rest = authority.substr(end + 1);
    if (!rest.empty() && (!rest.starts_with(':') || !is_port(rest.substr(1)))) return std::nullopt;
    const std::string_view address = authority.substr(1, end - 1);
    if (address.empty() || address.find_first_not_of("0123456789abcdefABCDEF:.") != std::string_view::npos)
      return std::nullopt;
    return lower(address);
  }
  const std::size_t colon = std::min(authority.find(':'), authority.size());
  const std::string_view name = authority.substr(0, colon);
  if (!is_name(name) || (colon < authority.size() && !is_port(authority.substr(colon + 1)))) return std::nullopt;
  return lower(name);
}

std::string_view cookie_value(std::string_view header, std::string_view name) {
  while (!header.empty()) {
    const std::size_t end = std::min(header.find(';'), header.size());
    const std::string_view pair = trimmed(header.substr(0, end));
    if (pair.starts_with(name) && pair.substr(name.size()).starts_with('=')) return pair.substr(name.size() + 1);
    header.remove_prefix(std::min(end + 1, header.size()));
  }
  return {};
}

std::optional<Response> wrong_host(const AccessRules& rules, const Request& request) {
  if (!request.host) return std::nullopt;  // HTTP/1.0: no browser asks so
  const auto host = host_without_port(*request.host);
  if (host) {
    if (*host == "localhost" || std::ranges::count(rules.addresses, *host) > 0 ||
        std::ranges::count(rules.host_names, *host) > 0)
      return std::nullopt;
    if (rules.every_address && is_address(*host)) return std::nullopt;
  }
  return error_response(421, "misdirected",
                        fmt::format("\"{}\" is not a name of this server", base::printable(*request.host)),
                        "Ask by its address, or name it in host_names of [http].");
}

std::optional<Response> no_token(const AccessRules& rules, const Request& request) {
  if (rules.token.empty()) return std::nullopt;
  constexpr std::string_view bearer = "bearer ";
  const std::string_view given = request.authorization;
  if (given.size() > bearer.size() && lower(given.substr(0, bearer.size())) == bearer &&
      same_secret(trimmed(given.substr(bearer.size())), rules.token)) {
    return std::nullopt;
  }
  if (same_secret(cookie_value(request.cookie, session_cookie), rules.session)) return std::nullopt;
  auto response = error_response(401, "unauthorized", "this needs the token of token_file in [http]",
                                 "Send it as Authorization: Bearer TOKEN, or log in on the dashboard.");
  response.headers.emplace_back("WWW-Authenticate", "Bearer");
  return response;
}

std::optional<Response> foreign_page(const Request& request) {
  if (!is_json(request.content_type)) {
    return error_response(415, "unsupported_media_type", "the body is not said to be JSON",
                          "Send it with Content-Type: application/json.");
  }
  if (!request.origin) return std::nullopt;
  const std::string origin = lower(*request.origin);
  const std::string host = lower(request.host.value_or(""));
  if (!host.empty() && (origin == "http://" + host || origin == "https://" + host)) return std::nullopt;
  return error_response(403, "forbidden",
                        fmt::format("a page of {} may not ask this", base::printable(*request.origin)),
                        "Only the dashboard of this server may, or a program, which sends no Origin.");
}

std::optional<Response> no_csrf(const AccessRules& rules, const Request& request) {
  if (same_secret(request.csrf, rules.csrf)) return std::nullopt;
  return error_response(403, "forbidden", "the header X-Lockkeeper-CSRF is missing or not the one of this run",
                        "Take its value from csrf of GET /api/v1/status.");
}

}  // namespace lockkeeper::http
