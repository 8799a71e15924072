// Logins through the running program: each plugin, each leg encrypted or not, limits, and who is turned away.
#include <sys/stat.h>

#include <filesystem>
#include <future>
#include <mutex>

#include "io/certificates.hpp"
#include "proxy/mysql_stage.hpp"
#include "support/gate.hpp"
#include "support/plain_socket.hpp"

namespace lockkeeper::testing {
namespace {

using io::testing::Certificates;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;

class MysqlLogins : public OnMysqlStage {
 protected:
  /// Made anew: MySQL remembers nothing of it, and asks for the password itself.
  void make_user(const std::string& name, const std::string& identified) {
    admin().exec("DROP USER IF EXISTS " + name + "@'%'");
    admin().exec("CREATE USER " + name + "@'%' IDENTIFIED " + identified);
    admin().exec("GRANT ALL ON *.* TO " + name + "@'%'");
  }
  [[nodiscard]] std::string clients_may(const std::string& mode) const {
    return "[proxy.tls]\nmode = \"" + mode + "\"\ncertificate = \"" + certificates.server + "\"\nkey = \"" +
           certificates.server_key + "\"\n";
  }
  static std::string server_tls(const std::string& mode) { return "[proxy.server_tls]\nmode = \"" + mode + "\"\n"; }

  Certificates certificates;
};

constexpr const char* cipher = "SHOW STATUS LIKE 'Ssl_cipher'";

TEST_P(MysqlLogins, TheServersOwnGreetingIsTheClients) {
  const auto proxy = this->proxy();
  MysqlSession client({.port = proxy->port(), .program_name = "orders"});
  EXPECT_EQ(client.value("SELECT CONNECTION_ID()"), std::to_string(client.id())) << "KILL takes what the client knows";
  EXPECT_EQ(client.value("SELECT DATABASE()"), "test");
  EXPECT_EQ(client.value("SELECT @@version"), admin().value("SELECT @@version"));
  const auto clients = proxy->show("SHOW CLIENTS");
  ASSERT_THAT(clients, SizeIs(2)) << "and the one who asks";
  const auto& shown = clients.front().at("user") == "root" ? clients.front() : clients.back();
  EXPECT_EQ(shown.at("user"), "root");
  EXPECT_EQ(shown.at("database"), "test");
  EXPECT_EQ(shown.at("application_name"), "orders");
  const auto servers = proxy->show("SHOW SERVERS");
  ASSERT_THAT(servers, SizeIs(1));
  EXPECT_EQ(servers.front().at("remote_pid"), std::to_string(client.id()));
  EXPECT_EQ(servers.front().at("database"), "shop") << "the name of [mysql.shop]";
  client.close();
  EXPECT_TRUE(becomes_true([&] { return proxy->uses_servers(0); }, default_patience));
}

// Each account logs in twice: the first time MySQL asks for the password itself, then it knows it.
TEST_P(MysqlLogins, EachPluginOnEachPairOfLegs) {
  std::vector<std::pair<std::string, std::string>> accounts;
  if (is_mariadb()) {
    accounts = {{"with_native", "BY 'native secret'"}};
    if (!mariadb_plugins().empty()) accounts.emplace_back("with_ed25519", "VIA ed25519 USING PASSWORD('ed secret')");
  } else {
    accounts = {{"with_sha2", "WITH caching_sha2_password BY 'sha2 secret'"},
                {"with_sha256", "WITH sha256_password BY 'old secret'"}};
  }
  for (const std::string server_mode : {"disable", "prefer"}) {
    for (const bool client_tls : {false, true}) {
      const auto proxy = this->proxy({.more = clients_may("allow") + server_tls(server_mode)});
      for (const auto& [name, identified] : accounts) {
        SCOPED_TRACE(::testing::Message() << name << ", server " << server_mode << ", client TLS " << client_tls);
        make_user(name, identified);
        MysqlLogin login{.port = proxy->port(), .user = name, .tls = client_tls};
        const auto begin = identified.find('\'') + 1;
        login.password = identified.substr(begin, identified.find('\'', begin) - begin);
        for (int time = 0; time < 2; ++time) {
          MysqlSession client(login);
          EXPECT_THAT(client.value("SELECT CURRENT_USER()"), StartsWith(name));
          const bool server_encrypts = !is_mariadb() && server_mode == "prefer";  // Debian's MariaDB has no certificate
          EXPECT_EQ(client.exec(cipher).at(0).at(1).empty(), !server_encrypts);
          const auto clients = proxy->show("SHOW CLIENTS");
          const auto& shown = clients.front().at("user") == name ? clients.front() : clients.back();
          EXPECT_EQ(!shown.at("tls").empty(), client_tls) << shown.at("tls");
        }
        login.password = "wrong";
        EXPECT_THAT(refusal(login), HasSubstr("1045")) << proxy->log();
      }
      EXPECT_THAT(proxy->log(), ::testing::Not(HasSubstr("secret")));
    }
  }
}

TEST_P(MysqlLogins, AChangeOfUserIsTheServersToo) {
  const auto proxy = this->proxy({.more = server_tls("disable")});
  make_user("other", "BY 'other secret'");
  MysqlSession client(proxy->login());
  client.exec("SET @left = 1");
  EXPECT_EQ(client.change_user("other", "wrong"), 1045U);
  MysqlSession again(proxy->login());
  again.exec("SET @left = 1");
  EXPECT_EQ(again.change_user("other", "other secret"), 0U);
  EXPECT_THAT(again.value("SELECT CURRENT_USER()"), StartsWith("other"));
  EXPECT_EQ(again.value("SELECT @left"), "NULL");
}

// A login is made once with each leg; in the middle of a conversation that would be too late.
TEST_P(MysqlLogins, AChangeOfUserNeverSendsAPasswordInTheClear) {
  if (is_mariadb()) return;  // none of its plugins sends the password itself
  Gate behind(server().port());
  std::mutex mutex;
  std::string sent;
  behind.judge([&](std::string_view bytes) {
    const std::lock_guard guard(mutex);
    sent += bytes;
    return Gate::Verdict::forward;
  });
  const auto proxy = this->proxy({.server_port = behind.port(), .more = clients_may("allow") + server_tls("disable")});
  make_user("other", "WITH caching_sha2_password BY 'other secret'");
  MysqlLogin login = proxy->login();
  login.tls = true;
  MysqlSession client(login);
  EXPECT_EQ(client.change_user("other", "other secret"), 3159U);
  MysqlSession direct({.port = server().port(), .user = "other", .password = "other secret", .tls = true});
  MysqlSession known(login);
  EXPECT_EQ(known.change_user("other", "other secret"), 0U) << "now that the server knows it, a proof is enough";
  const std::lock_guard guard(mutex);
  EXPECT_THAT(sent, ::testing::Not(HasSubstr("other secret")));
}

TEST_P(MysqlLogins, AClientThatMustEncryptIsToldSo) {
  const auto proxy = this->proxy({.more = clients_may("require")});
  EXPECT_THAT(refusal(proxy->login()), HasSubstr("3159"));
  MysqlLogin login = proxy->login();
  login.tls = true;
  EXPECT_EQ(refusal(login), "came in");
}

TEST_P(MysqlLogins, TheServersRefusalsAreTheClients) {
  const auto proxy = this->proxy();
  EXPECT_THAT(refusal({.port = proxy->port(), .user = "nobody_here", .password = "x"}), HasSubstr("1045"));
  EXPECT_THAT(refusal({.port = proxy->port(), .database = "no_such"}), HasSubstr("1049"));
  EXPECT_THAT(proxy->log(), HasSubstr("login of user \"nobody_here\" by"));
  EXPECT_EQ(refusal(proxy->login()), "came in");
  EXPECT_TRUE(becomes_true([&] { return proxy->uses_servers(0); }, default_patience));
}

TEST_P(MysqlLogins, AServerThatIsNotThereIsAMessageAndTriedAgain) {
  MysqlServer mine = MysqlServer::start(GetParam().installation);
  const auto proxy = this->proxy({.server_port = mine.port()});
  EXPECT_EQ(refusal(proxy->login()), "came in");
  mine.stop();
  EXPECT_THAT(refusal(proxy->login()),
              ::testing::AllOf(HasSubstr("1429"), HasSubstr("no connection to the server at")));
  EXPECT_THAT(proxy->log(), HasSubstr("warning: 127.0.0.1:")) << "and whoever looks at the log knows too";
  mine.start_again();
  EXPECT_TRUE(becomes_true([&] { return refusal(proxy->login()) == "came in"; }, default_patience));
}

TEST_P(MysqlLogins, WhoComesWhenAllPlacesAreTakenWaits) {
  const auto proxy = this->proxy({.server = "pool_size = 1\n"});
  auto first = std::make_unique<MysqlSession>(proxy->login());
  auto second = std::async(std::launch::async, [&] { return MysqlSession(proxy->login()).value("SELECT 'served'"); });
  const auto waiting = [&] {
    for (auto& row : proxy->show("SHOW POOLS")) {
      if (row["database"] == "shop" && row["cl_waiting"] == "1") return true;
    }
    return false;
  };
  EXPECT_TRUE(becomes_true(waiting, default_patience));
  first.reset();
  EXPECT_EQ(second.get(), "served");
}

TEST_P(MysqlLogins, WhoWaitsTooLongIsTurnedAway) {
  const auto proxy = this->proxy({.server = "pool_size = 1\nqueue_timeout = \"100ms\"\n"});
  const MysqlSession first(proxy->login());
  EXPECT_THAT(refusal(proxy->login()), HasSubstr("1040"));
}

TEST_P(MysqlLogins, LimitsOfClientsAndOfUsers) {
  const auto proxy = this->proxy({.proxy = "max_clients = 3\n", .server = "max_user_connections = 1\n"});
  make_user("other", "BY 'x'");
  const MysqlSession root(proxy->login());
  EXPECT_THAT(refusal(proxy->login()), HasSubstr("1203"));
  const MysqlSession other({.port = proxy->port(), .user = "other", .password = "x"});
  EXPECT_THAT(refusal({.port = proxy->port(), .user = "other", .password = "x"}), HasSubstr("1203"));
  make_user("third", "BY 'x'");
  const MysqlSession third({.port = proxy->port(), .user = "third", .password = "x"});
  make_user("fourth", "BY 'x'");
  EXPECT_THAT(refusal({.port = proxy->port(), .user = "fourth", .password = "x"}), HasSubstr("max_clients"));
}

TEST_P(MysqlLogins, WhoSaysNothingOrNonsenseIsLetGo) {
  {
    const auto hasty = this->proxy({.proxy = "login_timeout = \"200ms\"\n"});
    PlainSocket silent(hasty->port());
    EXPECT_THAT(silent.read_to_end(default_patience), HasSubstr("login_timeout"));
    EXPECT_TRUE(becomes_true([&] { return hasty->uses_servers(0); }, default_patience));
  }
  const auto proxy = this->proxy();
  PlainSocket web(proxy->port());
  web.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_THAT(web.read_to_end(default_patience), HasSubstr("Bad handshake"));
  EXPECT_TRUE(becomes_true([&] { return proxy->uses_servers(0); }, default_patience));
  EXPECT_EQ(refusal(proxy->login()), "came in");
}

LOCKKEEPER_ON_MYSQL_STAGES(MysqlLogins);

}  // namespace
}  // namespace lockkeeper::testing
