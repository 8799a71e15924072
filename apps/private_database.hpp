// A database for the length of a command: a private server, gone with it.
#pragma once

#include <expected>
#include <memory>
#include <string>

namespace lockkeeper {

class PrivateDatabase {
 public:
  /// `kind`: "postgres", "mariadb", "mysql", or empty: whichever is installed, PostgreSQL first. The error says what to
  /// install.
  [[nodiscard]] static std::expected<std::unique_ptr<PrivateDatabase>, std::string> start(const std::string& kind);

  PrivateDatabase() = default;
  PrivateDatabase(const PrivateDatabase&) = delete;
  PrivateDatabase& operator=(const PrivateDatabase&) = delete;
  virtual ~PrivateDatabase() = default;

  /// Of an empty database, for a user who may do everything. The password in it is known to nobody else.
  [[nodiscard]] virtual std::string url() const = 0;
};

}  // namespace lockkeeper
