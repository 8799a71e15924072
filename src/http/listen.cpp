#include "http/listen.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "base/utf8.hpp"

namespace lockkeeper::http {
namespace {

constexpr std::size_t shortest_token = 16;  // of random letters, nobody guesses it over a network

std::unexpected<std::string> no_address(std::string_view text) {
  return std::unexpected("\"" + base::printable(text) +
                         "\" is no address and port: give 127.0.0.1:9190, [::1]:9190 or localhost:9190");
}

/// Canonical, so that it compares with what a Host header says.
bool fill(Listen& listen, const std::string& address) {
  in_addr v4{};
  in6_addr v6{};
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (inet_pton(AF_INET, address.c_str(), &v4) == 1) {
    inet_ntop(AF_INET, &v4, text.data(), text.size());
    listen.loopback = (ntohl(v4.s_addr) >> 24U) == 127;
    listen.wildcard = v4.s_addr == INADDR_ANY;
  } else if (inet_pton(AF_INET6, address.c_str(), &v6) == 1) {
    inet_ntop(AF_INET6, &v6, text.data(), text.size());
    listen.loopback = IN6_IS_ADDR_LOOPBACK(&v6);
    listen.wildcard = IN6_IS_ADDR_UNSPECIFIED(&v6);
  } else {
    return false;
  }
  listen.address = text.data();
  return true;
}

}  // namespace

std::expected<Listen, std::string> parse_listen(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return no_address(text);
  const std::string_view port = text.substr(colon + 1);
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (bracketed != (host.find(':') != std::string_view::npos)) return no_address(text);
  if (host == "localhost") host = "127.0.0.1";
  Listen listen;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), listen.port);
  if (port.empty() || error != std::errc() || end != port.data() + port.size()) return no_address(text);
  if (!fill(listen, std::string(host))) return no_address(text);
  return listen;
}

std::expected<std::vector<Listen>, std::string> listens_of(const HttpSettings& settings) {
  std::vector<Listen> listens;
  for (const auto& text : settings.listen) {
    auto listen = parse_listen(text);
    if (!listen) return std::unexpected(listen.error());
    if (!listen->loopback && settings.token.empty()) {
      return std::unexpected("listening on " + text +
                             ", which others can reach, needs a token: name a file with one as token_file in [http]");
    }
    listens.push_back(*std::move(listen));
  }
  if (!settings.token.empty() && settings.token.size() < shortest_token) {
    return std::unexpected(
        "the token of token_file in [http] is shorter than 16 characters: `openssl rand -hex 16` makes one");
  }
  return listens;
}

AccessRules access_of(const HttpSettings& settings, const std::vector<Listen>& listens) {
  AccessRules rules;
  rules.token = settings.token;
  rules.session = random_secret();
  rules.csrf = random_secret();
  for (const auto& listen : listens) {
    rules.addresses.push_back(listen.address);
    rules.every_address = rules.every_address || listen.wildcard;
  }
  for (std::string name : settings.host_names) {
    std::ranges::transform(name, name.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    rules.host_names.push_back(std::move(name));
  }
  return rules;
}

}  // namespace lockkeeper::http
