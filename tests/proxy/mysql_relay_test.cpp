// What passes between a client and its server, and what is remembered of it.
#include <algorithm>
#include <string>
#include <vector>

#include "proxy/mysql_stage.hpp"
#include "wire/mysql/raw_client.hpp"

namespace lockkeeper::testing {
namespace {

using ::testing::SizeIs;
using wire::mysql::Capability;
using wire::mysql::Command;

constexpr auto plain = wire::mysql::Capabilities{}
                           .with(Capability::protocol_41)
                           .with(Capability::secure_connection)
                           .with(Capability::plugin_auth)
                           .with(Capability::transactions);

class MysqlRelay : public OnMysqlStage {
 protected:
  [[nodiscard]] static std::string total(const MysqlProxy& proxy, const std::string& name) {
    for (auto& row : proxy.show("SHOW TOTALS")) {
      if (row["name"] == name) return row["value"];
    }
    return "";
  }
};

TEST_P(MysqlRelay, UnknownCommandsPassAndAreCounted) {
  const auto proxy = this->proxy();
  mysql::RawClient client(proxy->port(), plain);
  client.run(static_cast<Command>(0x70), "from the future");
  EXPECT_TRUE(client.outcome().failed);
  EXPECT_EQ(client.outcome().error_code, 1047) << "the server's own word";
  client.query("SELECT 1");
  EXPECT_FALSE(client.outcome().failed);
  EXPECT_EQ(total(*proxy, "unknown_commands"), "1");
  EXPECT_EQ(total(*proxy, "total_query_count"), "2");
}

TEST_P(MysqlRelay, ASleepingTransactionsStatementsAreAllRemembered) {
  const auto proxy = this->proxy();
  MysqlSession client({.port = proxy->port(), .program_name = "orders"});
  client.exec("BEGIN");
  for (int each = 0; each < 30; ++each)
    client.exec("UPDATE shop.item SET price = " + std::to_string(each) + " WHERE id = 1");
  client.exec("SELECT price FROM shop.item WHERE id = 2");
  const auto transactions = proxy->show("SHOW TRANSACTIONS");
  ASSERT_THAT(transactions, SizeIs(1));
  EXPECT_EQ(transactions.front().at("statements"), "32");
  EXPECT_EQ(transactions.front().at("application"), "orders");
  const auto statements = proxy->show("SHOW STATEMENTS " + transactions.front().at("id"));
  ASSERT_THAT(statements, SizeIs(3)) << "the runs of one are together";
  EXPECT_EQ(statements[1].at("runs"), "30");
  EXPECT_EQ(statements[1].at("statement"), "UPDATE shop.item SET price = ? WHERE id = ?");
  client.exec("COMMIT");
  EXPECT_THAT(proxy->show("SHOW TRANSACTIONS"), SizeIs(0));
}

TEST_P(MysqlRelay, AClientIsInTheDatabaseThatItUses) {
  const auto proxy = this->proxy();
  const auto database = [&] {
    for (auto& row : proxy->show("SHOW CLIENTS")) {
      if (row["user"] == "root") return row["database"];
    }
    return std::string("no client");
  };
  mysql::RawClient client(proxy->port(), plain);
  const std::string at_first = database();
  client.run(Command::init_db, "shop");
  EXPECT_EQ(database(), "shop");
  client.query("use nothing_of_that_name");
  EXPECT_TRUE(client.outcome().failed);
  EXPECT_EQ(database(), "shop");
  client.query("USE `mysql` /* as the library writes it */");
  EXPECT_EQ(database(), "mysql");
  EXPECT_NE(database(), at_first);
  client.query("BEGIN");
  client.query("SELECT 1");
  const auto holders = proxy->show("SHOW HOLDERS");
  ASSERT_THAT(holders, SizeIs(1));
  EXPECT_EQ(holders.front().at("database"), "mysql");
}

// That it is open is still known: the timeouts go by it.
TEST_P(MysqlRelay, NoStatementIsRememberedWhereThatIsOff) {
  const auto proxy = this->proxy({.proxy = "record = false\n"});
  MysqlSession client(proxy->login());
  client.exec("BEGIN");
  client.exec("UPDATE shop.item SET price = 1 WHERE id = 1");
  const auto transactions = proxy->show("SHOW TRANSACTIONS");
  ASSERT_THAT(transactions, SizeIs(1));
  EXPECT_EQ(transactions.front().at("statements"), "0");
  EXPECT_EQ(transactions.front().at("last_statement"), "");
}

TEST_P(MysqlRelay, TheConsoleKnowsTheServer) {
  const auto proxy = this->proxy({.server = "pool_size = 7\n"});
  const MysqlSession client(proxy->login());
  const auto databases = proxy->show("SHOW DATABASES");
  const auto shop = std::ranges::find_if(databases, [](const auto& row) { return row.at("name") == "shop"; });
  ASSERT_NE(shop, databases.end());
  EXPECT_EQ(shop->at("port"), std::to_string(server().port()));
  EXPECT_EQ(shop->at("pool_size"), "7");
  EXPECT_EQ(shop->at("pool_mode"), "session");
  EXPECT_EQ(shop->at("current_connections"), "1");
}

LOCKKEEPER_ON_MYSQL_STAGES(MysqlRelay);

}  // namespace
}  // namespace lockkeeper::testing
