#include "run_config.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "collectors.hpp"
#include "log.hpp"
#include "policies.hpp"
#include "proxy/config_check.hpp"
#include "proxy/config_parse.hpp"
#include "proxy/config_url.hpp"

namespace lockkeeper {
namespace {

using proxy::Config;

void complain(const proxy::ConfigErrors& errors) {
  for (const proxy::ConfigError& each : errors) fmt::print(stderr, "error: {}\n", proxy::to_string(each));
}

// A MySQL server's clients have addresses of their own; the console, which speaks PostgreSQL, is on the proxy's.
std::optional<std::string> apply_addresses(const cli::RunRequest& request, Config& config) {
  if (is_mysql_url(request.url)) {
    if (!request.listen.empty()) config.mysql[std::string(proxy::url_server)].listen = request.listen;
    if (!request.console.empty()) config.proxy.listen = request.console;
    return std::nullopt;
  }
  if (!request.console.empty()) {
    return "--console is for mysql:// URLs: here the console is on the addresses of [proxy], which --listen sets";
  }
  if (!request.listen.empty()) config.proxy.listen = request.listen;
  return std::nullopt;
}

// The URL's server becomes one of those that are looked at, and what would have stood in front of it goes.
void only_look(const cli::RunRequest& request, Config& config) {
  config.databases.clear();
  config.mysql.clear();
  config.own_user.reset();
  config.servers[std::string(proxy::main_server)].url = request.url;
}

std::optional<std::string> apply_options(const cli::RunRequest& request, Config& config) {
  if (request.io == "io_uring")
    config.proxy.io = proxy::IoBackend::io_uring;
  else if (request.io == "epoll")
    config.proxy.io = proxy::IoBackend::epoll;
  else if (!request.io.empty() && request.io != "auto")
    return fmt::format("--io is \"{}\"; there are auto, io_uring and epoll", request.io);
  if (auto wrong = apply_addresses(request, config)) return wrong;
  if (request.workers) config.proxy.workers = *request.workers;
  if (request.pool_size) {
    config.proxy.pool_size = *request.pool_size;
    if (is_mysql_url(request.url)) config.mysql[std::string(proxy::url_server)].pool_size = *request.pool_size;
  }
  if (!request.record) config.proxy.record = false;
  if (!request.http.empty()) config.http.listen = request.http;
  if (request.http_actions) config.http.actions = true;
  if (!request.history.empty()) config.history.file = request.history;
  if (!request.proxy) only_look(request, config);
  return std::nullopt;
}

std::optional<proxy::UrlOptions> url_options(const cli::RunRequest& request) {
  proxy::UrlOptions options;
  options.listen = request.listen;
  options.console = request.console;
  if (request.pool_mode == "transaction") {
    options.pool_mode = proxy::PoolMode::transaction;
  } else if (request.pool_mode == "session") {
    options.pool_mode = proxy::PoolMode::session;
  } else if (!request.pool_mode.empty()) {
    fmt::print(stderr, "error: --pool-mode is \"{}\"; there are session and transaction\n", request.pool_mode);
    return std::nullopt;
  }
  static const std::vector<std::pair<std::string_view, proxy::AuthMethod>> methods{
      {"scram-sha-256", proxy::AuthMethod::scram_sha_256},
      {"md5", proxy::AuthMethod::md5},
      {"plain", proxy::AuthMethod::plain},
      {"trust", proxy::AuthMethod::trust}};
  if (request.auth.empty()) return options;
  for (const auto& [name, method] : methods) {
    if (request.auth == name) options.auth = method;
  }
  if (options.auth) return options;
  fmt::print(stderr, "error: --auth is \"{}\"; there are scram-sha-256, md5, plain and trust\n", request.auth);
  return std::nullopt;
}

std::optional<Config> config_of_url(const cli::RunRequest& request, const proxy::UrlOptions& options) {
  auto config = proxy::config_from_url(request.url, options, proxy::real_surroundings());
  if (config) return *std::move(config);
  complain(config.error());
  return std::nullopt;
}

// Where to, and for whom, a URL may say beside the file. What the command line says stands above both.
std::optional<Config> read_config(const cli::RunRequest& request) {
  const auto options = url_options(request);
  if (!options) return std::nullopt;
  Config base;
  if (!request.url.empty()) {
    auto of_url = config_of_url(request, *options);
    if (!of_url || request.config.empty()) return of_url;
    base = *std::move(of_url);
  }
  auto loaded = proxy::load_config(request.config, std::move(base));
  if (!loaded) {
    complain(loaded.error());
    return std::nullopt;
  }
  for (const std::string& warning : loaded->warnings) log_line(LogLevel::warning, warning);
  Config config = std::move(loaded->config);
  if (options->pool_mode) config.proxy.pool_mode = *options->pool_mode;
  if (options->auth) config.proxy.auth = *options->auth;
  return config;
}

}  // namespace

std::optional<Config> complete_config(const cli::RunRequest& request) {
  auto config = read_config(request);
  if (!config) return std::nullopt;
  if (const auto wrong = apply_options(request, *config)) {
    fmt::print(stderr, "error: {}\n", *wrong);
    return std::nullopt;
  }
  // Once more, since options stand above a file that was right without them.
  if (const auto errors = proxy::check_config(*config, {}); !errors.empty()) {
    complain(errors);
    return std::nullopt;
  }
  const auto wrong = wrong_rules_and_urls(*config);
  for (const std::string& each : wrong) fmt::print(stderr, "error: {}\n", each);
  if (!wrong.empty()) return std::nullopt;
  return config;
}

}  // namespace lockkeeper
