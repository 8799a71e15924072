// What the examples share: the database that the command line names, and what differs from server to server. A program
// of your own has one driver and one URL, and none of this.
#pragma once

#include <cstdlib>
#include <exception>
#include <filesystem>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

#include <lockkeeper/database.hpp>
#include <lockkeeper/sqlite.hpp>
#ifdef EXAMPLE_POSTGRES
#include <lockkeeper/postgres.hpp>
#endif
#ifdef EXAMPLE_MYSQL
#include <lockkeeper/mysql.hpp>
#endif

namespace example {

/// The driver for a URL, by its scheme.
inline std::shared_ptr<lockkeeper::Driver> driver_for(const std::string& url) {
  const std::string scheme = url.substr(0, url.find(':'));
  if (scheme == "postgresql" || scheme == "postgres") {
#ifdef EXAMPLE_POSTGRES
    return lockkeeper::make_postgres_driver();
#endif
  } else if (scheme == "mysql" || scheme == "mariadb") {
#ifdef EXAMPLE_MYSQL
    return lockkeeper::make_mysql_driver();
#endif
  } else {
    return lockkeeper::make_sqlite_driver();
  }
  throw std::runtime_error("this example was built without the driver for " + scheme);
}

/// Where an example runs: the URL it was given, or else a new SQLite file, which is removed in the end.
class Place {
 public:
  explicit Place(const char* url) {
    if (url != nullptr) {
      url_ = url;
      return;
    }
    folder_ = (std::filesystem::temp_directory_path() / "lockkeeper-example-XXXXXX").string();
    if (mkdtemp(folder_.data()) == nullptr) throw std::runtime_error("cannot make the folder " + folder_);
    url_ = "sqlite://" + folder_ + "/example.db";
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() {
    std::error_code ignored;
    if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
  }

  [[nodiscard]] const std::string& url() const { return url_; }
  [[nodiscard]] std::shared_ptr<lockkeeper::Driver> driver() const { return driver_for(url_); }

 private:
  std::string folder_;
  std::string url_;
};

/// Each `?` as the server's own placeholder: PostgreSQL counts them. A program for one database writes them itself.
inline std::string sql(const lockkeeper::TransactionRef& tx, std::string_view question_marks) {
  if (tx.engine() != lockkeeper::Engine::postgres) return std::string(question_marks);
  std::string numbered;
  int count = 0;
  for (const char character : question_marks) {
    numbered += character == '?' ? "$" + std::to_string(++count) : std::string(1, character);
  }
  return numbered;
}

/// An empty table. Not in a transaction: MySQL would commit it at every CREATE.
inline void make_table(lockkeeper::Database& db, const std::string& name, const std::string& columns) {
  db.without_transaction([&](lockkeeper::TransactionRef session) {
    session.execute("DROP TABLE IF EXISTS " + name);
    session.execute("CREATE TABLE " + name + " (" + columns + ")");
  });
}

/// Runs an example as a main function: exit status 1 and a message where it fails.
inline int run(int count, char** arguments, void (*body)(const Place& place)) {
  try {
    const Place place(count > 1 ? arguments[1] : nullptr);
    body(place);
    return 0;
  } catch (const lockkeeper::Failure& failure) {
    std::cerr << to_string(failure.error().code) << ": " << failure.what() << '\n';
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
  }
  return 1;
}

}  // namespace example
