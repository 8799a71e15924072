#include "demo.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <exception>
#include <iostream>
#include <sstream>
#include <utility>

#include <lockkeeper/mysql.hpp>
#include <lockkeeper/postgres.hpp>
#include <lockkeeper/sqlite.hpp>

#include "cli/commands.hpp"
#include "cli/common_options.hpp"
#include "cli/interrupt.hpp"
#include "demo/address.hpp"
#include "demo/demo.hpp"
#include "demo/waiting.hpp"
#include "log.hpp"
#include "private_database.hpp"
#include "proxy/config_error.hpp"
#include "proxy/config_url.hpp"
#include "proxy/proxy.hpp"
#include "servers/mysql_installation.hpp"
#include "servers/postgres_version.hpp"
#include "servers/temporary_folder.hpp"

namespace lockkeeper {
namespace {

constexpr int interrupted_status = 130;  // As a shell tells it: 128 + SIGINT.
/// A viewer may read for long, while programs wait for connections; on PostgreSQL some do so in their login.
constexpr std::chrono::minutes queue_patience{30};

bool wants_to_end() { return cli::Interrupt::requested(); }

std::string choose(const std::string& wish) {
  if (!wish.empty()) return wish;
  if (!servers::installed_postgres().empty()) return "postgres";
  return servers::find_mariadb().unavailable.empty() ? "mariadb" : "sqlite";
}

Engine engine_of(const std::string& kind) {
  if (kind == "postgres") return Engine::postgres;
  if (kind == "sqlite") return Engine::sqlite;
  return kind == "mariadb" ? Engine::mariadb : Engine::mysql;
}

std::shared_ptr<Driver> driver_of(Engine engine) {
  if (engine == Engine::postgres) return make_postgres_driver();
  if (engine == Engine::sqlite) return make_sqlite_driver();
  return make_mysql_driver();
}

std::expected<proxy::Config, std::string> recorder_config(const std::string& url, const demo::PoolWish& wish) {
  proxy::UrlOptions options;
  options.listen = {"127.0.0.1:0"};
  if (is_mysql_url(url)) options.console = {"127.0.0.1:0"};
  if (wish.by_transaction && !is_mysql_url(url)) options.pool_mode = proxy::PoolMode::transaction;
  auto config = proxy::config_from_url(url, options, proxy::real_surroundings());
  if (!config) return std::unexpected(proxy::to_string(config.error().front()));
  const auto connections = static_cast<std::uint32_t>(wish.connections);
  config->proxy.pool_size = connections;
  config->proxy.queue_timeout = config->proxy.login_timeout = queue_patience;
  for (auto& [name, server] : config->mysql) server.pool_size = connections;
  return *std::move(config);
}

// `watch_url`: of the server, for who may see everything.
std::expected<demo::Recorder, std::string> record(const Collectors& collectors, const std::string& watch_url,
                                                  const std::string& url, const demo::PoolWish& wish,
                                                  const diagnose::Limits& limits) {
  const auto config = recorder_config(url, wish);
  if (!config) return std::unexpected(config.error());
  auto started = proxy::Proxy::start(*config, [](proxy::LogLevel, std::string_view) {});  // The story tells it better.
  if (!started) return std::unexpected(started.error());
  const std::shared_ptr<proxy::Proxy> proxy = *std::move(started);
  const auto addresses = is_mysql_url(url) ? proxy->mysql_addresses() : proxy->addresses();
  auto recording = [recorder = proxy.get()](diagnose::Duration timeout) -> std::optional<model::Recording> {
    return recorder->recording(std::chrono::duration_cast<std::chrono::milliseconds>(timeout));
  };
  return demo::Recorder{
      proxy, addresses.front(),
      std::make_unique<diagnose::Conductor>(collectors.open(watch_url), limits, std::move(recording))};
}

// A line from the terminal; leaving is also its end, and what ends us.
demo::Answer ask(const std::string& question) {
  std::cout << question << std::flush;
  std::string line;
  for (;;) {
    if (wants_to_end()) return demo::Answer::leave;
    pollfd input{STDIN_FILENO, POLLIN, 0};
    if (::poll(&input, 1, 100) <= 0) continue;  // so long a signal may go unheeded
    char letter = 0;
    if (::read(STDIN_FILENO, &letter, 1) <= 0) return demo::Answer::leave;
    if (letter == '\n') break;
    line += letter;
  }
  return line.starts_with('q') || line.starts_with('Q') ? demo::Answer::leave : demo::Answer::go_on;
}

void wait_for_viewer() {
  if (isatty(STDIN_FILENO) == 1) {
    static_cast<void>(ask(""));
    return;
  }
  while (!wants_to_end()) ::poll(nullptr, 0, 100);
}

std::string user_name() {
  const passwd* entry = getpwuid(geteuid());
  return entry != nullptr ? entry->pw_name : "uid " + std::to_string(geteuid());
}

extern "C" void end_with_terminal(int /*number*/) { static_cast<void>(::raise(SIGTERM)); }

/// While one lives, the end of the terminal is as good as being told to end.
class TerminalWatch {
 public:
  TerminalWatch() : before_(std::signal(SIGHUP, end_with_terminal)) {}
  TerminalWatch(const TerminalWatch&) = delete;
  TerminalWatch& operator=(const TerminalWatch&) = delete;
  ~TerminalWatch() { std::signal(SIGHUP, before_); }

 private:
  void (*before_)(int);
};

class Demonstration {
 public:
  Demonstration(const cli::DemoRequest& request, const Collectors& collectors)
      : request_(request), collectors_(collectors), kind_(choose(request.on)), story_(out(), options()) {}

  // Throws demo::Interrupted.
  int play() {
    if (const auto problem = start(); !problem.empty()) {
      std::cerr << "error: " << problem << '\n';
      return cli::not_observed;
    }
    introduce();
    demo::Result result = demo::play(incidents(), surroundings(), story_);
    result.server = name_;
    show(result);
    if (request_.keep) keep();
    return result.as_expected() ? cli::nothing_found : cli::found;
  }

 private:
  std::ostream& out() { return request_.json ? static_cast<std::ostream&>(nowhere_) : std::cout; }

  [[nodiscard]] report::Options options() const {
    report::Options options;
    options.arguments = cli::limit_arguments(demo::play_limits());
    options.colour = !request_.json && cli::colours(request_.colour, isatty(STDOUT_FILENO) == 1);
    return options;
  }

  // What is wrong; empty: nothing.
  std::string start() {
    if (kind_ == "sqlite") {
      name_ = "SQLite";
      url_ = "sqlite://" + (folder_.path() / "shop.sqlite").string();
      return "";
    }
    auto started = PrivateDatabase::start(kind_);
    if (wants_to_end()) throw demo::Interrupted();
    if (!started) return started.error();
    server_ = *std::move(started);
    url_ = server_->url();
    const auto connection = driver_of(engine_of(kind_))->connect({.url = url_}, demo::in(std::chrono::seconds(30)));
    const int version = connection->server().version;
    name_ = fmt::format("{} {}.{}", connection->server().product, version / 10'000,
                        kind_ == "postgres" ? version % 10'000 : version / 100 % 100);
    return "";
  }

  void introduce() {
    story_.say(
        server_ == nullptr
            ? std::string("Incidents on SQLite, embedded: what the library refuses. With PostgreSQL or MariaDB "
                          "installed (apt-get install postgresql-15, or mariadb-server-core) they happen first.")
            : fmt::format("Incidents on {}, a private server at {} that goes when this ends (Ctrl-C at any time). "
                          "Applications come to it through Lockkeeper's recorder, which is their connection "
                          "pool; one that does nothing wrong comes straight.",
                          name_, demo::address_of(url_).server));
  }

  [[nodiscard]] std::vector<const demo::Incident*> incidents() const {
    if (!request_.incident) return demo::all_incidents();
    return {demo::incident_named(std::to_string(*request_.incident))};
  }

  [[nodiscard]] demo::Surroundings surroundings() const {
    demo::Surroundings surroundings;
    surroundings.engine = engine_of(kind_);
    surroundings.url = url_;
    surroundings.driver = driver_of(surroundings.engine);
    surroundings.folder = folder_.path();
    surroundings.viewer = user_name();
    surroundings.interrupted = wants_to_end;
    if (server_ != nullptr)
      surroundings.record = [this](const std::string& url, const demo::PoolWish& wish, const diagnose::Limits& limits) {
        return record(collectors_, in_shop(url), url, wish, limits);
      };
    const bool asks = !request_.yes && !request_.json && isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1;
    if (asks) surroundings.ask = ask;
    return surroundings;
  }

  // The superuser's, in the database of that URL.
  [[nodiscard]] std::string in_shop(const std::string& url) const {
    demo::Address address = demo::address_of(url_);
    address.database = demo::address_of(url).database;
    return address.url();
  }

  void show(const demo::Result& result) {
    if (request_.json) {
      std::cout << demo::to_json(result) << std::flush;
      return;
    }
    story_.heading("What was shown", "on " + name_);
    story_.block(demo::to_table(result, story_.options()));
  }

  void keep() {
    demo::Address shop = demo::address_of(url_);
    shop.database = "shop";
    story_.say("");
    story_.say("The server runs on. Look around, for example with:");
    story_.command(fmt::format("lockkeeper top {}", shop.url()));
    story_.say("");
    story_.say(isatty(STDIN_FILENO) == 1 ? "Press Enter to end it." : "Ctrl-C, or SIGTERM, ends it.");
    wait_for_viewer();
  }

  const cli::DemoRequest& request_;
  const Collectors& collectors_;
  const std::string kind_;
  std::ostringstream nowhere_;
  demo::Story story_;
  servers::TemporaryFolder folder_;
  std::unique_ptr<PrivateDatabase> server_;
  std::string url_;   // of the server's superuser, or the file
  std::string name_;  // with its version
};

}  // namespace

int play_demo(const cli::DemoRequest& request, const Collectors& collectors) {
  const cli::Interrupt interrupt;
  const TerminalWatch terminal;
  try {
    return Demonstration(request, collectors).play();
  } catch (const demo::Interrupted&) {
    std::cerr << "\ninterrupted: everything that was started is gone\n";
    return interrupted_status;
  } catch (const std::exception& problem) {
    if (wants_to_end()) return interrupted_status;
    std::cerr << "error: " << problem.what() << '\n';
    return cli::not_observed;
  }
}

}  // namespace lockkeeper
