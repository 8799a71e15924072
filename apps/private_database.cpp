#include "private_database.hpp"

#include <sys/random.h>

#include <array>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "servers/mysql_server.hpp"
#include "servers/postgres_server.hpp"

namespace lockkeeper {
namespace {

// Others on this machine may reach the port.
std::string random_password() {
  std::array<unsigned char, 16> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    throw std::system_error(errno, std::generic_category(), "no random numbers");
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : bytes) text += {digits[byte >> 4U], digits[byte & 15U]};
  return text;
}

class PrivatePostgres : public PrivateDatabase {
 public:
  [[nodiscard]] std::string url() const override { return server_.url("postgres", "postgres", password_); }

 private:
  const std::string password_ = random_password();
  servers::PostgresServer server_ =
      servers::PostgresServer::start({.auth_method = "scram-sha-256", .superuser_password = password_});
};

class PrivateMysql : public PrivateDatabase {
 public:
  explicit PrivateMysql(const servers::MysqlInstallation& installation)
      : server_(servers::MysqlServer::start(installation, {.superuser_password = password_})) {}
  [[nodiscard]] std::string url() const override {
    const std::string url = server_.url("test", "root", password_);
    const bool is_mariadb = server_.installation().engine == Engine::mariadb;
    return (is_mariadb ? "mariadb" : "mysql") + url.substr(url.find("://"));
  }

 private:
  const std::string password_ = random_password();
  servers::MysqlServer server_;
};

}  // namespace

std::expected<std::unique_ptr<PrivateDatabase>, std::string> PrivateDatabase::start(const std::string& kind) try {
  const bool has_postgres = !servers::installed_postgres().empty();
  const bool has_mariadb = servers::find_mariadb().unavailable.empty();
  if (kind.empty() && !has_postgres && !has_mariadb)
    return std::unexpected(
        "there is no server here to start privately: install one (apt-get install postgresql-15, or "
        "mariadb-server-core), or name a database with --database URL");
  if (kind == "mariadb" || (kind.empty() && !has_postgres))
    return std::make_unique<PrivateMysql>(servers::find_mariadb());
  if (kind == "mysql") return std::make_unique<PrivateMysql>(servers::find_mysql());
  return std::make_unique<PrivatePostgres>();
} catch (const std::exception& failure) {
  return std::unexpected(failure.what());
}

}  // namespace lockkeeper
