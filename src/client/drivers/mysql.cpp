#include <lockkeeper/mysql.hpp>

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "client/drivers/mysql_call.hpp"
#include "client/drivers/mysql_connect.hpp"
#include "client/drivers/mysql_connection.hpp"
#include "client/drivers/mysql_plan.hpp"
#include "client/drivers/mysql_session.hpp"
#include "client/drivers/mysql_url.hpp"

namespace lockkeeper {
namespace client::mysql {
namespace {

// A setting that the server refuses costs the whole connection: nobody has asked for one without it.
[[noreturn]] void refuse(Error error) {
  error.blast = Blast::connection;
  throw Failure(std::move(error));
}

class MysqlDriver : public Driver {
 public:
  std::unique_ptr<Connection> connect(const Target& target, Deadline deadline) override {
    const auto plan = make_plan(target);
    if (!plan) refuse(plan.error());
    if (plan->connect_timeout) deadline = std::min(deadline, std::chrono::steady_clock::now() + *plan->connect_timeout);
    auto connected = mysql::connect(*plan, deadline);
    if (!connected) refuse(std::move(connected.error()));
    UntilDeadline waiter(deadline);
    if (auto done = apply_settings(connected->handle.get(), *plan, waiter); !done) refuse(std::move(done.error()));
    auto facts = learn_facts(connected->handle.get(), waiter);
    if (!facts) refuse(std::move(facts.error()));
    return std::make_unique<MysqlConnection>(std::move(*connected), *plan, *facts);
  }

  [[nodiscard]] std::string public_url(std::string_view url) const override { return mysql::public_url(url); }
};

}  // namespace
}  // namespace client::mysql

std::unique_ptr<Driver> make_mysql_driver() { return std::make_unique<client::mysql::MysqlDriver>(); }

}  // namespace lockkeeper
