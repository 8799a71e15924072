#include "suite_environment.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace lockkeeper {
namespace {

bool is_plain(unsigned char byte) {
  return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
         std::string_view("-._~").contains(static_cast<char>(byte));
}

std::string percent_encoded(std::string_view text) {
  std::string encoded;
  for (const char character : text) {
    const auto byte = static_cast<unsigned char>(character);
    if (is_plain(byte)) {
      encoded += character;
    } else {
      encoded += fmt::format("%{:02X}", byte);
    }
  }
  return encoded;
}

bool is_postgres(std::string_view scheme) { return scheme == "postgresql" || scheme == "postgres"; }
bool is_mysql(std::string_view scheme) { return scheme == "mysql" || scheme == "mariadb"; }

// Of "postgresql+asyncpg://...": the whole scheme, if it is the engine's.
std::string scheme_of(const SuiteDatabase& database, const std::optional<std::string>& url_now) {
  if (!url_now) return database.scheme;
  const auto end = url_now->find("://");
  if (end == std::string::npos) return database.scheme;
  const std::string scheme = url_now->substr(0, end);
  const std::string engine = scheme.substr(0, scheme.find('+'));
  const bool is_same = is_postgres(database.scheme) ? is_postgres(engine) : is_mysql(engine);
  return is_same ? scheme : database.scheme;
}

}  // namespace

std::map<std::string, std::string> suite_environment(
    const SuiteDatabase& database, const std::function<std::optional<std::string>(std::string_view)>& variable) {
  const auto colon = database.address.rfind(':');
  const std::string host = database.address.substr(0, colon);
  const std::string port = database.address.substr(colon + 1);
  const std::string user = percent_encoded(database.user);
  const std::string password = percent_encoded(database.password);
  const std::string name = percent_encoded(database.database);
  std::map<std::string, std::string> result{
      {"DATABASE_URL", fmt::format("{}://{}{}{}@{}/{}", scheme_of(database, variable("DATABASE_URL")), user,
                                   password.empty() ? "" : ":", password, database.address, name)}};
  const std::string jdbc =
      fmt::format("{}/{}?user={}{}{}", database.address, name, user, password.empty() ? "" : "&password=", password);
  const auto add = [&result](const char* variable_name, const std::string& value) {
    if (!value.empty()) result[variable_name] = value;
  };
  if (is_mysql(database.scheme)) {
    result["JDBC_DATABASE_URL"] = fmt::format("jdbc:{}://{}", database.scheme, jdbc);
    for (const char* each : {"MYSQL_HOST", "MYSQL_TCP_HOST"}) add(each, host);
    for (const char* each : {"MYSQL_PORT", "MYSQL_TCP_PORT"}) add(each, port);
    add("MYSQL_USER", database.user);
    for (const char* each : {"MYSQL_PASSWORD", "MYSQL_PWD"}) add(each, database.password);
    add("MYSQL_DATABASE", database.database);
    return result;
  }
  result["JDBC_DATABASE_URL"] = "jdbc:postgresql://" + jdbc;
  add("PGHOST", host);
  add("PGHOSTADDR", host);
  add("PGPORT", port);
  add("PGUSER", database.user);
  add("PGPASSWORD", database.password);
  add("PGDATABASE", database.database);
  // Between the suite and us there is nothing but this machine.
  add("PGSSLMODE", "disable");
  return result;
}

}  // namespace lockkeeper
