#include <lockkeeper/postgres.hpp>

#include <string>
#include <utility>

#include "client/drivers/postgres_connect.hpp"
#include "client/drivers/postgres_connection.hpp"
#include "client/drivers/postgres_secrets.hpp"

namespace lockkeeper {
namespace {

class PostgresDriver : public Driver {
 public:
  std::unique_ptr<Connection> connect(const Target& target, Deadline deadline) override {
    auto connection = client::connect_postgres(target, deadline);
    if (!connection) throw Failure(std::move(connection.error()));
    return std::make_unique<client::PostgresConnection>(std::move(*connection), target.prepared_statements);
  }

  [[nodiscard]] std::string public_url(std::string_view url) const override { return client::public_postgres_url(url); }
};

}  // namespace

std::unique_ptr<Driver> make_postgres_driver() { return std::make_unique<PostgresDriver>(); }

}  // namespace lockkeeper
