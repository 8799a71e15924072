#include "servers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "collectors.hpp"

namespace lockkeeper {
namespace {

struct Authority {
  std::size_t begin = 0;
  std::size_t end = 0;
};

// "user:password@host:port" of a URL.
Authority authority_of(std::string_view url) {
  const std::size_t scheme = url.find("://");
  const std::size_t begin = scheme == std::string_view::npos ? 0 : scheme + 3;
  return {begin, std::min(url.find_first_of("/?#", begin), url.size())};
}

std::string percent_encoded(std::string_view text) {
  std::string result;
  for (const char letter : text) {
    const auto byte = static_cast<unsigned char>(letter);
    if (std::isalnum(byte) != 0 || letter == '-' || letter == '_' || letter == '.' || letter == '~') {
      result += letter;
    } else {
      result += fmt::format("%{:02X}", byte);
    }
  }
  return result;
}

bool is_proxied(const proxy::Config& config) { return !config.databases.empty() || !config.mysql.empty(); }

}  // namespace

std::string with_password(std::string_view url, std::string_view password) {
  const Authority place = authority_of(url);
  const std::string_view authority = url.substr(place.begin, place.end - place.begin);
  const std::size_t at = authority.rfind('@');
  const std::string_view user = at == std::string_view::npos ? std::string_view() : authority.substr(0, at);
  if (password.empty() || user.contains(':')) return std::string(url);
  const std::string_view hosts = at == std::string_view::npos ? authority : authority.substr(at + 1);
  return fmt::format("{}{}:{}@{}{}", url.substr(0, place.begin), user, percent_encoded(password), hosts,
                     url.substr(place.end));
}

std::string address_in(std::string_view url) {
  const Authority place = authority_of(url);
  std::string_view host = url.substr(place.begin, place.end - place.begin);
  if (const std::size_t at = host.rfind('@'); at != std::string_view::npos) host.remove_prefix(at + 1);
  host = host.substr(0, host.find(','));
  if (host.empty() || host.starts_with('%')) return "";
  const bool has_port = host.rfind(':') != std::string_view::npos && !host.ends_with(']');
  return has_port ? std::string(host) : fmt::format("{}:{}", host, is_mysql_url(url) ? 3306 : 5432);
}

std::vector<WatchedServer> watched_servers(const cli::RunRequest& request, const proxy::Config& config) {
  const bool proxied = is_proxied(config);
  std::vector<WatchedServer> servers;
  if (!request.url.empty() && request.proxy)
    servers.push_back({std::string(proxy::main_server), request.look ? request.url : "", "", proxied});
  else if (proxied)
    servers.push_back({std::string(proxy::recorder_server), "", "", true});
  for (const auto& [name, server] : config.servers)
    servers.push_back({name, with_password(server.url, server.password.view()), address_in(server.url), proxied});
  return servers;
}

}  // namespace lockkeeper
