#include "daemon.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <memory>
#include <mutex>
#include <string>

#include "cli/run.hpp"
#include "log.hpp"
#include "orphans.hpp"
#include "proxy/config_reload.hpp"
#include "proxy/proxy.hpp"
#include "run_config.hpp"
#include "service.hpp"
#include "service_manager.hpp"

namespace lockkeeper {
namespace {

using proxy::Config;

constexpr std::chrono::milliseconds between_signals{1'000};

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

// nullptr: PostgreSQL is asked with a cancel request, which takes no login; or nobody has told us how to log in.
std::unique_ptr<Orphans> orphans_for(const cli::RunRequest& request, const Collectors& collectors) {
  if (!is_mysql_url(request.url) || !request.look) return nullptr;
  return std::make_unique<Orphans>(collectors.open(request.url), [](bool warning, std::string_view text) {
    log_line(warning ? LogLevel::warning : LogLevel::info, text);
  });
}

/// What runs, from start to end: with a proxy or without.
class Daemon {
 public:
  Daemon(const cli::RunRequest& request, const Collectors& collectors, const Signals& signals, Config config)
      : request_(request), collectors_(collectors), signals_(signals), config_(std::move(config)) {}

  /// The exit status.
  int run() {
    if (!start_proxy() || !start_service()) return cli::Status::not_observed;
    tell_addresses();
    service_manager::ready();
    if (proxy_) {
      orphans_ = orphans_for(request_, collectors_);
      if (orphans_) proxy_->on_orphan([this](const proxy::Orphan& orphan) { orphans_->add(orphan); });
      proxy_->on_reload([this] { return reload(); });
    }
    wait_for_the_end();
    service_manager::stopping();
    drain();
    const std::lock_guard guard(reload_mutex_);
    service_.reset();
    return cli::Status::nothing_found;
  }

 private:
  bool start_proxy() {
    if (config_.databases.empty() && config_.mysql.empty()) return true;
    auto started = proxy::Proxy::start(config_, log_line);
    if (!started) {
      fmt::print(stderr, "error: {}\n", started.error());
      return false;
    }
    proxy_ = *std::move(started);
    log_line(LogLevel::info, fmt::format("{} worker{} over {}", config_.proxy.workers,
                                         config_.proxy.workers == 1 ? "" : "s", proxy_->backend()));
    return true;
  }

  bool start_service() {
    auto started = Service::start(request_, config_, collectors_, proxy_.get());
    if (started) {
      service_ = *std::move(started);
      return true;
    }
    fmt::print(stderr, "error: {}\n", started.error());
    return false;
  }

  // Once clients and browsers may come.
  void tell_addresses() const {
    if (proxy_) {
      for (const std::string& address : proxy_->addresses()) fmt::print("listening on {}\n", address);
      for (const std::string& address : proxy_->mysql_addresses())
        fmt::print("listening on {} for MySQL and MariaDB\n", address);
    }
    for (const std::string& address : service_->http_addresses()) fmt::print("dashboard at http://{}/\n", address);
    std::fflush(stdout);
  }

  void wait_for_the_end() {
    for (;;) {
      const int signal = signals_.wait(between_signals);
      if (signal == SIGTERM || signal == SIGINT) return;
      if (signal != SIGHUP) continue;
      if (const std::string wrong = reload(); !wrong.empty()) log_line(LogLevel::error, wrong);
    }
  }

  // What went wrong, or empty. Also called on a worker's thread, by the console.
  std::string reload() {
    const std::lock_guard guard(reload_mutex_);
    if (!service_) return "it is ending";
    const service_manager::Reloading told;
    const auto config = complete_config(request_);
    if (!config) return "the configuration is wrong (see the log); the one before stays in force";
    proxy::ReloadPlan plan;
    if (proxy_) {
      auto done = proxy_->reload(*config);
      if (!done) return done.error();
      plan = *std::move(done);
    } else {
      plan = proxy::reload_plan(config_, *config);
    }
    service_->reload(*config);
    log_line(LogLevel::info,
             fmt::format("configuration reloaded: {}",
                         plan.applied.empty() ? "nothing changed" : fmt::format("{}", fmt::join(plan.applied, ", "))));
    if (!plan.needs_restart.empty())
      log_line(LogLevel::warning, fmt::format("these wait for a restart: {}", fmt::join(plan.needs_restart, ", ")));
    return {};
  }

  void drain() {
    if (!proxy_) return;
    log_line(LogLevel::info, "ending: open transactions are waited for; a second signal ends at once");
    const bool all_gone = proxy_->drain(config_.proxy.drain_timeout, [this] {
      const int again = signals_.wait(std::chrono::milliseconds(0));
      return again == SIGTERM || again == SIGINT;
    });
    proxy_->on_orphan(nullptr);
    if (!all_gone)
      log_line(LogLevel::warning, "clients were still connected; they are cut, and their transactions rolled back");
  }

  const cli::RunRequest& request_;
  const Collectors& collectors_;
  const Signals& signals_;
  const Config config_;
  std::unique_ptr<Orphans> orphans_;
  std::unique_ptr<proxy::Proxy> proxy_;
  std::mutex reload_mutex_;
  std::unique_ptr<Service> service_;
};

}  // namespace

int run_daemon(const cli::RunRequest& request, const Collectors& collectors) {
  const Signals signals;  // Before any thread.
  auto config = complete_config(request);
  if (!config) return cli::Status::usage;
  if (request.check) {
    fmt::print("the configuration is fine\n");
    return cli::Status::nothing_found;
  }
  raise_descriptor_limit();
  return Daemon(request, collectors, signals, *std::move(config)).run();
}

}  // namespace lockkeeper
