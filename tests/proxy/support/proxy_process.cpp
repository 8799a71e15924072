#include "proxy/support/proxy_process.hpp"

#include <charconv>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "support/loopback.hpp"
#include "support/servers.hpp"
#include "support/session.hpp"

namespace lockkeeper::testing {
namespace {

namespace fs = std::filesystem;

std::string percent_encoded(std::string_view text) {
  std::string encoded;
  for (const char character : text) {
    if (character == ' ') {
      encoded += "%20";
    } else {
      encoded += character;
    }
  }
  return encoded;
}

std::string url_of(std::uint16_t port, std::string_view database) {
  return "postgresql://postgres:" + percent_encoded(server_password) + "@127.0.0.1:" + std::to_string(port) + "/" +
         std::string(database);
}

std::string read_whole(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

std::vector<std::string> lockkeeper_command(const ProxyOptions& options, const fs::path& folder) {
  std::vector<std::string> words{LOCKKEEPER_PROGRAM, "run",         url_of(options.server_port, "postgres"),
                                 "--listen",         "127.0.0.1:0", "--pool-mode",
                                 options.setup.mode, "--io",        options.setup.io};
  if (!options.look) words.emplace_back("--no-look");
  words.insert(words.end(), options.arguments.begin(), options.arguments.end());
  if (options.workers > 0) words.insert(words.end(), {"--workers", std::to_string(options.workers)});
  std::string file = "[proxy]\n" + options.configuration;
  if (options.pool_size > 0) file += "pool_size = " + std::to_string(options.pool_size) + "\n";
  write_file(folder / "lockkeeper.toml", file);
  words.insert(words.end(), {"--config", folder / "lockkeeper.toml"});
  return words;
}

std::vector<std::string> pgbouncer_command(const ProxyOptions& options, const fs::path& folder, std::uint16_t port) {
  std::ostringstream ini;
  ini << "[databases]\n* = host=127.0.0.1 port=" << options.server_port << "\n[pgbouncer]\nlisten_addr=127.0.0.1\n"
      << "listen_port=" << port << "\nunix_socket_dir=\nauth_type=scram-sha-256\nauth_file=" << folder.string()
      << "/users.txt\npool_mode=" << options.setup.mode << "\nadmin_users=postgres\nmax_client_conn=12000\n"
      << "ignore_startup_parameters=extra_float_digits,options\nserver_login_retry=0.1\nserver_check_delay=0\ndefault_"
         "pool_size="
      << (options.pool_size > 0 ? options.pool_size : 20) << "\n";
  write_file(folder / "pgbouncer.ini", ini.str());
  write_file(folder / "users.txt", "\"postgres\" \"" + std::string(server_password) + "\"\n");
  return {"/usr/sbin/pgbouncer", folder / "pgbouncer.ini"};
}

constexpr std::string_view announcement = "listening on 127.0.0.1:";

}  // namespace

void PrintTo(const Setup& setup, std::ostream* out) { *out << name_of(setup); }

std::string name_of(const Setup& setup) {
  return setup.mode + "_" + setup.io + "_postgres" + std::to_string(setup.postgres);
}

std::vector<Setup> usual_setups() {
  return {{"transaction", "io_uring", 15},
          {"transaction", "epoll", 18},
          {"session", "io_uring", 18},
          {"session", "epoll", 15}};
}

PostgresServer start_server(const Setup& setup, std::map<std::string, std::string> settings) {
  settings.try_emplace("max_connections", "200");
  return PostgresServer::start({.version = find_postgres(setup.postgres),
                                .settings = std::move(settings),
                                .auth_method = "scram-sha-256",
                                .superuser_password = std::string(server_password)});
}

Login login_at(std::uint16_t port) { return {.port = port, .password = std::string(server_password)}; }

namespace {
std::string_view stand_in() {
  const char* peer = std::getenv("LOCKKEEPER_PROXY_PEER");
  return peer == nullptr ? "" : peer;
}
}  // namespace

bool peer_stands_in() { return stand_in() == "pgbouncer"; }

std::uint16_t free_loopback_port() { return LoopbackListener().port(); }

ProxyProcess::ProxyProcess(const ProxyOptions& options) {
  if (stand_in() == "none") {
    port_ = options.server_port;
    return;
  }
  const bool peer = peer_stands_in();
  if (peer) {
    make_server_folder(folder_.path(), 0755);
    port_ = free_loopback_port();
  }
  const auto words =
      peer ? pgbouncer_command(options, folder_.path(), port_) : lockkeeper_command(options, folder_.path());
  process_ =
      std::make_unique<SupervisedProcess>(words, folder_.path() / "log", peer ? unprivileged_user() : std::nullopt);
  wait_until_listening();
}

ProxyProcess::~ProxyProcess() = default;

void ProxyProcess::wait_until_listening() {
  const auto listens = [this] {
    const std::string said = log();
    if (peer_stands_in()) return said.find("process up") != std::string::npos;
    const std::size_t at = said.find(announcement);
    const std::size_t end = said.find('\n', at);
    if (at == std::string::npos || end == std::string::npos) return false;
    const char* first = said.data() + at + announcement.size();
    return std::from_chars(first, said.data() + end, port_).ec == std::errc();
  };
  const bool up = becomes_true([&] { return listens() || process_->has_ended(); }, default_patience);
  if (!up || process_->has_ended()) throw std::runtime_error("the proxy does not listen:\n" + log());
}

std::string ProxyProcess::url(std::string_view database) const { return url_of(port_, database); }
std::string ProxyProcess::log() const { return read_whole(folder_.path() / "log"); }

void ProxyProcess::stop(std::chrono::milliseconds patience) {
  process_->signal(SIGTERM);
  wait_until([this] { return process_->has_ended(); }, patience, "the proxy to end");
}

ProxyProcess::Pools ProxyProcess::pools() const {
  Login console = login();
  console.database = "pgbouncer";
  RawClient client(console);
  const Messages answer = client.ask("SHOW POOLS");
  Pools pools;
  std::vector<std::string> columns;
  for (const Message& message : answer) {
    if (message.type == 'T') columns = column_names(message);
    if (message.type != 'D') continue;
    const std::vector<Value> values = cells(message);
    if (values.empty() || values.front() != "postgres") continue;
    for (std::size_t i = 0; i < std::min(values.size(), columns.size()); ++i) {
      const std::string& name = columns[i];
      if (!name.starts_with("cl_") && !name.starts_with("sv_")) continue;
      const int number = std::atoi(values[i].value_or("0").c_str());
      int& sum = name == "cl_active"    ? pools.clients_active
                 : name == "cl_waiting" ? pools.clients_waiting
                 : name == "sv_active"  ? pools.servers_active
                 : name == "sv_idle"    ? pools.servers_idle
                                        : pools.servers_other;
      if (name.starts_with("sv_") || name == "cl_active" || name == "cl_waiting") sum += number;
    }
  }
  client.send(terminate());
  return pools;
}

}  // namespace lockkeeper::testing
