#include "servers/postgres_server.hpp"

#include <unistd.h>

#include <csignal>
#include <optional>
#include <stdexcept>
#include <utility>

#include "servers/postgres_data.hpp"
#include "servers/private_start.hpp"
#include "servers/process.hpp"
#include "servers/temporary_folder.hpp"
#include "servers/wait.hpp"

namespace lockkeeper::servers {
namespace {

namespace fs = std::filesystem;

int shutdown_signal(StopMode mode) {
  switch (mode) {
    case StopMode::smart: return SIGTERM;
    case StopMode::fast: return SIGINT;
    case StopMode::immediate: return SIGQUIT;
  }
  return SIGQUIT;
}

}  // namespace

struct PostgresServer::Body {
  StartOptions options;
  TemporaryFolder folder;
  std::uint16_t port = 0;
  std::optional<SupervisedProcess> process;  // After the folder: it must end before its files go.

  [[nodiscard]] fs::path data() const { return folder.path() / "data"; }
  [[nodiscard]] fs::path socket_dir() const { return folder.path() / "socket"; }
  [[nodiscard]] fs::path log() const { return folder.path() / "log"; }

  // The last line of postmaster.pid is the server's own word; pg_ctl reads it too.
  [[nodiscard]] bool is_ready() const {
    const std::string text = read_text(data() / "postmaster.pid");
    if (!text.starts_with(std::to_string(process->pid()) + "\n")) return false;
    return text.find("\nready") != std::string::npos || text.find("\nstandby") != std::string::npos;
  }

  void launch() {
    std::error_code absent;
    fs::remove(log(), absent);
    process.emplace(std::vector<std::string>{options.version.bin / "postgres", "-D", data().string()}, log(),
                    unprivileged_user());
    const bool settled = becomes_true([this] { return process->has_ended() || is_ready(); }, options.start_timeout);
    if (settled && !process->has_ended()) return;
    process.reset();
    const std::string reason = settled ? "ended" : "was not ready in time";
    throw std::runtime_error("PostgreSQL " + std::to_string(options.version.major) + " " + reason +
                             " while starting; its log ends:\n" + log_tail(read_text(log())));
  }

  // On a port that is free now, and on another one if it was taken meanwhile.
  void launch_on_free_port() {
    for (int attempt = 1;; ++attempt) {
      port = free_port();
      configure(options, data(), socket_dir(), port);
      try {
        return launch();
      } catch (const std::runtime_error&) {
        const bool lost_race = read_text(log()).find("Address already in use") != std::string::npos;
        if (!lost_race || attempt == port_attempts) throw;
      }
    }
  }

  SupervisedProcess& running() {
    if (!process) throw std::logic_error("the test server is not running");
    return *process;
  }
};

PostgresServer::PostgresServer(std::unique_ptr<Body> body) : body_(std::move(body)) {}
PostgresServer::PostgresServer(PostgresServer&&) noexcept = default;
PostgresServer& PostgresServer::operator=(PostgresServer&&) noexcept = default;
PostgresServer::~PostgresServer() = default;

PostgresServer PostgresServer::start(StartOptions options) {
  remove_stale_folders();
  auto body = std::make_unique<Body>();
  body->options = std::move(options);
  body->options.version = readable_installation(body->options.version);
  make_server_folder(body->socket_dir(), 0755);
  make_data_folder(body->options.version, body->options.superuser_password, body->data());
  body->launch_on_free_port();
  return PostgresServer(std::move(body));
}

PostgresServer PostgresServer::start_standby(PostgresServer& primary) {
  auto body = std::make_unique<Body>();
  body->options = primary.body_->options;
  body->options.settings["primary_conninfo"] = primary.url() + "?application_name=standby";
  if (!body->options.superuser_password.empty()) {
    body->options.settings["primary_conninfo"] = primary.url("postgres", "postgres", body->options.superuser_password);
  }
  make_server_folder(body->socket_dir(), 0755);
  primary.stop(StopMode::fast);
  copy_data_folder(primary.data_dir(), body->data());
  primary.start_again();
  write_file(body->data() / "standby.signal", "");
  body->launch_on_free_port();
  return PostgresServer(std::move(body));
}

std::uint16_t PostgresServer::port() const noexcept { return body_->port; }
const PostgresVersion& PostgresServer::version() const noexcept { return body_->options.version; }
fs::path PostgresServer::data_dir() const { return body_->data(); }
fs::path PostgresServer::socket_dir() const { return body_->socket_dir(); }
pid_t PostgresServer::pid() const { return body_->running().pid(); }
std::string PostgresServer::log() const { return read_text(body_->log()); }
bool PostgresServer::is_running() { return body_->process && !body_->process->has_ended(); }

std::string PostgresServer::url(std::string_view database, std::string_view user, std::string_view password) const {
  std::string text = "postgresql://" + percent_encoded(user);
  if (!password.empty()) text += ":" + percent_encoded(password);
  return text + "@127.0.0.1:" + std::to_string(port()) + "/" + percent_encoded(database);
}

void PostgresServer::stop(StopMode mode) {
  SupervisedProcess& process = body_->running();
  process.resume();
  process.signal(shutdown_signal(mode));
  wait_until([&process] { return process.has_ended(); }, default_patience, "the server to shut down");
  body_->process.reset();
}

void PostgresServer::start_again() {
  if (body_->process) throw std::logic_error("the test server runs already");
  body_->launch();
}

void PostgresServer::pause() { body_->running().pause(); }
void PostgresServer::resume() { body_->running().resume(); }

void PostgresServer::kill_hard() {
  body_->running().kill_all();
  body_->process.reset();
}

}  // namespace lockkeeper::servers
