#include "proxy/support/mysql_proxy.hpp"

#include <charconv>
#include <fstream>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string_view>

#include "proxy/support/raw_client.hpp"
#include "support/servers.hpp"

namespace lockkeeper::testing {
namespace {

// The port of the line that ends so; nullopt: there is no such line yet.
std::optional<std::uint16_t> port_in(const std::string& said, std::string_view line_end) {
  static constexpr std::string_view announcement = "listening on 127.0.0.1:";
  std::istringstream lines(said);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(announcement)) continue;
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(line.data() + announcement.size(), line.data() + line.size(), port);
    if (error == std::errc() && std::string_view(end, line.data() + line.size()) == line_end) return port;
  }
  return std::nullopt;
}

}  // namespace

MysqlProxy::MysqlProxy(const MysqlProxyOptions& options) {
  const auto file = folder_.path() / "lockkeeper.toml";
  std::vector<std::string> command{LOCKKEEPER_PROGRAM, "run"};
  std::string text = "[proxy]\nauth = \"trust\"\nadmin_users = [\"postgres\"]\nio = \"" + options.io +
                     "\"\nserver_login_retry = \"100ms\"\n" + options.proxy;
  if (options.looks) {
    const std::string url = "mysql://root@127.0.0.1:" + std::to_string(options.server_port) + "/test";
    command.insert(command.end(), {url, "--listen", "127.0.0.1:0", "--console", "127.0.0.1:0"});
  } else {
    text += "listen = [\"127.0.0.1:0\"]\n[mysql.shop]\nlisten = [\"127.0.0.1:0\"]\nport = " +
            std::to_string(options.server_port) + "\n" + options.server;
  }
  write_file(file, text + "\n" + options.more);
  command.insert(command.end(), {"--config", file});
  process_ = std::make_unique<SupervisedProcess>(command, folder_.path() / "log", std::nullopt);
  const auto listens = [&] {
    const std::string said = log();
    const auto console = port_in(said, "");
    const auto port = port_in(said, " for MySQL and MariaDB");
    console_port_ = console.value_or(0);
    port_ = port.value_or(0);
    return console && port;
  };
  const bool up = becomes_true([&] { return listens() || process_->has_ended(); }, default_patience);
  if (!up || process_->has_ended()) throw std::runtime_error("the proxy does not listen:\n" + log());
}

MysqlProxy::~MysqlProxy() = default;

std::string MysqlProxy::log() const {
  std::ostringstream text;
  text << std::ifstream(folder_.path() / "log").rdbuf();
  return text.str();
}

std::vector<MysqlProxy::Row> MysqlProxy::show(const std::string& command) const {
  Login console;
  console.port = console_port_;
  console.database = "pgbouncer";
  RawClient client(console);
  std::vector<Row> rows;
  std::vector<std::string> columns;
  for (const Message& message : client.ask(command)) {
    if (message.type == 'T') columns = column_names(message);
    if (message.type != 'D') continue;
    const std::vector<Value> values = cells(message);
    Row& row = rows.emplace_back();
    for (std::size_t i = 0; i < std::min(values.size(), columns.size()); ++i) row[columns[i]] = values[i].value_or("");
  }
  client.send(terminate());
  return rows;
}

bool MysqlProxy::uses_servers(int count) const {
  int used = 0;
  for (Row& row : show("SHOW POOLS")) {
    if (row["database"] == "shop") used += std::stoi(row["sv_active"]);
  }
  return used == count;
}

}  // namespace lockkeeper::testing
