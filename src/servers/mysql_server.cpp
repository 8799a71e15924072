#include "servers/mysql_server.hpp"

#include <unistd.h>

#include <csignal>
#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

#include "servers/mysql_data.hpp"
#include "servers/postgres_data.hpp"
#include "servers/private_start.hpp"
#include "servers/process.hpp"
#include "servers/temporary_folder.hpp"
#include "servers/wait.hpp"

namespace lockkeeper::servers {
namespace {

namespace fs = std::filesystem;

}  // namespace

struct MysqlServer::Body {
  MysqlInstallation installation;
  MysqlOptions options;
  TemporaryFolder folder;
  std::uint16_t port = 0;
  pid_t owner = ::getpid();
  std::optional<SupervisedProcess> process;  // After the folder: it must end before its files go.

  Body() = default;
  Body(const Body&) = delete;
  Body& operator=(const Body&) = delete;

  // An orderly shutdown takes a second or two, for files that nobody will read.
  ~Body() {
    if (owner != ::getpid()) return;  // Inherited through fork: the server is our parent's.
    try {
      if (process && !process->has_ended()) process->kill_all();
    } catch (const std::exception&) {
      // The supervisor's own destructor ends it then.
      process.reset();
    }
  }

  [[nodiscard]] fs::path data() const { return folder.path() / "data"; }
  [[nodiscard]] fs::path socket() const { return folder.path() / "socket" / "server.sock"; }
  [[nodiscard]] fs::path log() const { return folder.path() / "log"; }

  // The server's own word, the last that it says while starting.
  [[nodiscard]] bool is_ready() const { return read_text(log()).find(": ready for connections.") != std::string::npos; }

  void launch() {
    std::error_code absent;
    fs::remove(log(), absent);
    process.emplace(mysql_command(installation, options, data(), socket(), port), log(), unprivileged_user());
    const bool settled = becomes_true([this] { return process->has_ended() || is_ready(); }, options.start_timeout);
    if (settled && !process->has_ended()) return forget_password(data());
    process.reset();
    const std::string reason = settled ? "ended" : "was not ready in time";
    throw std::runtime_error(installation.label + " " + reason + " while starting; its log ends:\n" +
                             log_tail(read_text(log())));
  }

  // On a port that is free now, and on another one if it was taken meanwhile.
  void launch_on_free_port() {
    for (int attempt = 1;; ++attempt) {
      port = free_port();
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

MysqlServer::MysqlServer(std::unique_ptr<Body> body) : body_(std::move(body)) {}
MysqlServer::MysqlServer(MysqlServer&&) noexcept = default;
MysqlServer& MysqlServer::operator=(MysqlServer&&) noexcept = default;
MysqlServer::~MysqlServer() = default;

MysqlServer MysqlServer::start(const MysqlInstallation& installation, MysqlOptions options) {
  if (!installation.unavailable.empty()) throw std::runtime_error(installation.unavailable);
  remove_stale_folders();
  auto body = std::make_unique<Body>();
  body->installation = installation;
  body->options = std::move(options);
  make_server_folder(body->socket().parent_path(), 0755);
  make_mysql_data(body->installation, body->options, body->data());
  body->launch_on_free_port();
  return MysqlServer(std::move(body));
}

std::uint16_t MysqlServer::port() const noexcept { return body_->port; }
const MysqlInstallation& MysqlServer::installation() const noexcept { return body_->installation; }
fs::path MysqlServer::data_dir() const { return body_->data(); }
fs::path MysqlServer::socket() const { return body_->socket(); }
pid_t MysqlServer::pid() const { return body_->running().pid(); }
std::string MysqlServer::log() const { return read_text(body_->log()); }
bool MysqlServer::is_running() { return body_->process && !body_->process->has_ended(); }

std::string MysqlServer::url(std::string_view database, std::string_view user, std::string_view password) const {
  std::string text = "mysql://" + percent_encoded(user);
  if (!password.empty()) text += ":" + percent_encoded(password);
  return text + "@127.0.0.1:" + std::to_string(port()) + "/" + percent_encoded(database);
}

void MysqlServer::stop() {
  SupervisedProcess& process = body_->running();
  process.resume();
  process.signal(SIGTERM);
  wait_until([&process] { return process.has_ended(); }, default_patience, "the server to shut down");
  body_->process.reset();
}

void MysqlServer::start_again() {
  if (body_->process) throw std::logic_error("the test server runs already");
  body_->launch();
}

void MysqlServer::pause() { body_->running().pause(); }
void MysqlServer::resume() { body_->running().resume(); }

void MysqlServer::kill_hard() {
  body_->running().kill_all();
  body_->process.reset();
}

}  // namespace lockkeeper::servers
