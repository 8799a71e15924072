// The one seam to a database's client library: implemented once per database, tested by one contract suite.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include <lockkeeper/connection.hpp>

namespace lockkeeper {

/// Where to connect and what to ask for.
struct Target {
  /// As the database's own client takes it. PostgreSQL: a `postgresql://` URL or a `host=... dbname=...`
  /// string; empty means the environment (`PG*` variables), with `.pgpass` and service files as in libpq.
  /// MySQL and MariaDB: `mysql://` or `mariadb://user:password@host:port/database?option=value`.
  /// SQLite: `sqlite:///absolute/file`, `sqlite:relative/file`, `sqlite::memory:`, or a path. Options: each driver's
  /// header.
  std::string url = {};
  /// What the session calls itself where the URL does not say.
  std::string application_name = "lockkeeper";
  /// Server settings for this session alone, in force from its first statement (PostgreSQL: GUC names).
  /// MySQL and MariaDB: system variables; SQLite: pragmas.
  std::map<std::string, std::string> settings = {};
  /// Statements kept prepared per connection, the least recently used thrown out first. 0: none is kept, as poolers
  /// in transaction mode want that know no prepared statements.
  std::size_t prepared_statements = 256;
};

/// Makes connections. Thread-safe; holds no connection of its own.
class Driver {
 public:
  Driver() = default;
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;
  virtual ~Driver() = default;

  /// Connects and authenticates before the deadline, or throws Failure.
  ///
  /// A shorter `connect_timeout` in the URL or environment is kept. Name resolution is the system
  /// resolver's and is not bounded by the deadline; addresses and loopback need none.
  virtual std::unique_ptr<Connection> connect(const Target& target, Deadline deadline) = 0;

  /// The URL with its password and other secrets removed, fit for messages, commands and reports.
  [[nodiscard]] virtual std::string public_url(std::string_view url) const = 0;
};

}  // namespace lockkeeper
