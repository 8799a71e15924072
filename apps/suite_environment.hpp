// Where programs look for their database, set so that they find the recorder.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace lockkeeper {

/// A database, and who comes to it. `password`: empty for none.
struct SuiteDatabase {
  std::string scheme;   ///< "postgresql", "mysql", "mariadb".
  std::string address;  ///< "127.0.0.1:40000"
  std::string user;
  std::string password;
  std::string database;
};

/// DATABASE_URL and its kind, and what the engine's own clients read. `variable` tells what is set now: a DATABASE_URL
/// that names a driver in its scheme (postgresql+asyncpg://) keeps it.
[[nodiscard]] std::map<std::string, std::string> suite_environment(
    const SuiteDatabase& database, const std::function<std::optional<std::string>(std::string_view)>& variable);

}  // namespace lockkeeper
