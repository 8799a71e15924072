#include <lockkeeper/sqlite.hpp>

#include "client/drivers/sqlite_connection.hpp"
#include "client/drivers/sqlite_open.hpp"
#include "client/drivers/sqlite_url.hpp"

namespace lockkeeper {
namespace {

class SqliteDriver : public Driver {
 public:
  std::unique_ptr<Connection> connect(const Target& target, Deadline deadline) override {
    return std::make_unique<client::sqlite::SqliteConnection>(client::sqlite::open_session(target, deadline),
                                                              target.prepared_statements);
  }

  [[nodiscard]] std::string public_url(std::string_view url) const override { return client::sqlite::public_url(url); }
};

}  // namespace

std::unique_ptr<Driver> make_sqlite_driver() { return std::make_unique<SqliteDriver>(); }

}  // namespace lockkeeper
