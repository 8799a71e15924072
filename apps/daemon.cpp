#include "daemon.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <malloc.h>
#include <signal.h>
#include <sys/resource.h>

#include <atomic>
#include <cstdio>
#include <memory>
#include <mutex>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "cli/run.hpp"
#include "diagnose/conductor.hpp"
#include "orphans.hpp"
#include "proxy/config_check.hpp"
#include "proxy/config_parse.hpp"
#include "proxy/config_reload.hpp"
#include "proxy/config_url.hpp"
#include "proxy/proxy.hpp"
#include "proxy/shared.hpp"
#include "report/recording_json.hpp"

namespace lockkeeper {
namespace {

using proxy::Config;
using proxy::LogLevel;

constexpr std::chrono::milliseconds look_every{1'000};

void log_line(LogLevel level, std::string_view text) {
  static std::mutex mutex;
  static constexpr std::string_view names[] = {"error", "warning", "info", "debug"};
  if (level == LogLevel::debug) return;
  const std::lock_guard guard(mutex);
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  fmt::print(stderr, "{:%Y-%m-%dT%H:%M:%S}Z {}: {}\n", now, names[static_cast<std::size_t>(level)], text);
  std::fflush(stderr);
}

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

// The whole configuration, or nothing where what is wrong with it has been told.
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
  return config;
}

// A client takes one descriptor and its server connection another: as many as the system lets us have.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

/// Signals as values: blocked for all threads, and waited for by this one.
class Signals {
 public:
  Signals() {
    sigemptyset(&set_);
    for (const int each : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set_, each);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  }
  /// 0: none within the time.
  [[nodiscard]] int wait(std::chrono::milliseconds time) const {
    const timespec limit{time.count() / 1000, (time.count() % 1000) * 1'000'000};
    const int number = sigtimedwait(&set_, nullptr, &limit);
    return number < 0 ? 0 : number;
  }

 private:
  sigset_t set_{};
};

// What went wrong, or empty.
std::string reload(proxy::Proxy& running, const cli::RunRequest& request) {
  auto config = complete_config(request);
  if (!config) {
    return "the configuration is wrong (see the log); the one before stays in force";
  }
  const auto plan = running.reload(*config);
  if (!plan) return plan.error();
  log_line(LogLevel::info,
           fmt::format("configuration reloaded: {}",
                       plan->applied.empty() ? "nothing changed" : fmt::format("{}", fmt::join(plan->applied, ", "))));
  if (!plan->needs_restart.empty()) {
    log_line(LogLevel::warning, fmt::format("these wait for a restart: {}", fmt::join(plan->needs_restart, ", ")));
  }
  return {};
}

// The server is looked at where a URL says how. A configuration file alone knows no role of our own: clients bring
// theirs.
std::unique_ptr<collect::Collector> collector_for(const cli::RunRequest& request, const Collectors& collectors) {
  if (request.url.empty() || !request.look) return nullptr;
  return collectors.open(request.url);
}

// Tells once that the server cannot be looked at, and why, and once that it can again.
class LookLog {
 public:
  void tell(const std::optional<model::LookFailure>& failure) {
    const std::string now = failure ? fmt::format("{}. {}", failure->message, failure->advice) : "";
    if (now == told_) return;
    told_ = now;
    if (failure) {
      log_line(LogLevel::warning,
               fmt::format("the server cannot be looked at, findings are the recorder's alone: {}", now));
    } else {
      log_line(LogLevel::info, "the server can be looked at again");
    }
  }

 private:
  std::string told_;
};

void look(diagnose::Conductor& conductor, proxy::Proxy& running, LookLog& log) {
  model::Diagnosis diagnosis = conductor.tick(look_every);
  log.tell(diagnosis.failure);
  running.publish(std::move(diagnosis));
  // The allocator keeps what it has, for the next crowd. Walking the heap takes it milliseconds, in which workers may
  // have to wait for memory: so not for a few.
  if (running.crowd_has_left()) ::malloc_trim(0);
  const diagnose::Observed& observed = conductor.observed();
  if (!running.wants_dump() || !observed.recording) return;
  std::ostringstream lines;
  report::dump(lines, *observed.recording, observed.snapshot.get());
  running.give_dump(std::move(lines).str());
}

// nullptr: PostgreSQL is asked with a cancel request, which takes no login; or nobody has told us how to log in.
std::unique_ptr<Orphans> orphans_for(const cli::RunRequest& request, const Collectors& collectors) {
  if (!is_mysql_url(request.url) || !request.look) return nullptr;
  return std::make_unique<Orphans>(collectors.open(request.url), [](bool warning, std::string_view text) {
    log_line(warning ? LogLevel::warning : LogLevel::info, text);
  });
}

int serve(proxy::Proxy& running, const Signals& signals, const cli::RunRequest& request, const Config& config,
          const Collectors& collectors) {
  diagnose::Conductor conductor(
      collector_for(request, collectors), request.common.limits,
      [&](diagnose::Duration timeout) -> std::optional<model::Recording> {
        return running.recording(std::chrono::duration_cast<std::chrono::milliseconds>(timeout));
      });
  LookLog log;
  const std::unique_ptr<Orphans> orphans = orphans_for(request, collectors);
  if (orphans) running.on_orphan([&](const proxy::Orphan& orphan) { orphans->add(orphan); });
  running.on_reload([&] { return reload(running, request); });
  for (;;) {
    const int signal = signals.wait(look_every);
    if (signal == SIGHUP) {
      if (const std::string wrong = reload(running, request); !wrong.empty()) log_line(LogLevel::error, wrong);
    }
    if (signal == SIGTERM || signal == SIGINT) break;
    if (signal == 0) look(conductor, running, log);
  }
  log_line(LogLevel::info, "ending: open transactions are waited for; a second signal ends at once");
  const bool all_gone = running.drain(config.proxy.drain_timeout, [&] {
    const int again = signals.wait(std::chrono::milliseconds(0));
    return again == SIGTERM || again == SIGINT;
  });
  running.on_orphan(nullptr);
  if (!all_gone)
    log_line(LogLevel::warning, "clients were still connected; they are cut, and their transactions rolled back");
  return cli::Status::nothing_found;
}

}  // namespace

int run_daemon(const cli::RunRequest& request, const Collectors& collectors) {
  const Signals signals;  // Before any thread.
  const auto config = complete_config(request);
  if (!config) return cli::Status::usage;
  if (request.check) {
    fmt::print("the configuration is fine\n");
    return cli::Status::nothing_found;
  }
  raise_descriptor_limit();
  auto running = proxy::Proxy::start(*config, log_line);
  if (!running) {
    fmt::print(stderr, "error: {}\n", running.error());
    return cli::Status::not_observed;
  }
  log_line(LogLevel::info, fmt::format("{} worker{} over {}", config->proxy.workers,
                                       config->proxy.workers == 1 ? "" : "s", (*running)->backend()));
  for (const std::string& address : (*running)->addresses()) fmt::print("listening on {}\n", address);
  for (const std::string& address : (*running)->mysql_addresses())
    fmt::print("listening on {} for MySQL and MariaDB\n", address);
  std::fflush(stdout);
  return serve(**running, signals, request, *config, collectors);
}

}  // namespace lockkeeper
