// Connecting to MariaDB: every way to say where, and every way it can go wrong.
#include <gmock/gmock.h>

#include <lockkeeper/mysql.hpp>

#include "client/environment_variables.hpp"
#include "client/impostor.hpp"
#include "client/mysql_fixture.hpp"
#include "client/scripted_server.hpp"
#include "support/temporary_folder.hpp"

namespace lockkeeper::testing {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::Not;
using Clock = std::chrono::steady_clock;

constexpr const char* password = "p@ss/w:o?rd%'\\";

class MysqlConnect : public MysqlTest {
 protected:
  static std::string url_of_port(std::uint16_t port, const std::string& options = "") {
    return "mysql://user:top-secret@127.0.0.1:" + std::to_string(port) + "/db" + options;
  }

  static void make_user(const std::string& user, const std::string& rest) {
    MariadbSession session(server());
    session.exec("CREATE OR REPLACE USER " + user + "@'%' " + rest);
  }

  static void expect_in_time(Clock::time_point begin) { EXPECT_LT(Clock::now() - begin, std::chrono::seconds(4)); }
};

TEST_F(MysqlConnect, ByTcp) {
  const auto connection = connect();
  EXPECT_EQ(connection->server().host, "127.0.0.1");
  EXPECT_EQ(connection->server().port, std::to_string(server().port()));
  EXPECT_EQ(connection->server().user, "root");
  EXPECT_EQ(connection->server().database, "test");
  EXPECT_EQ(connection->server().version, server().installation().version);
  EXPECT_EQ(std::to_string(connection->server().backend_id), single(*connection, "SELECT CONNECTION_ID()"));
}

TEST_F(MysqlConnect, ByNameWithAPortIsTcp) {
  const auto connection = connect("mysql://root@localhost:" + std::to_string(server().port()) + "/test");
  EXPECT_EQ(connection->server().host, "localhost");
  EXPECT_THAT(single(*connection, "SELECT host FROM information_schema.processlist WHERE id = CONNECTION_ID()"),
              HasSubstr("127.0.0.1:"));
}

TEST_F(MysqlConnect, BySocket) {
  const std::string path = server().socket();
  const auto connection = connect("mysql://root@localhost/test?socket=" + path);
  EXPECT_EQ(connection->server().host, path);
  EXPECT_EQ(connection->server().port, "");
  EXPECT_EQ(single(*connection, "SELECT CURRENT_USER()"), "root@localhost");
  EnvironmentVariables environment;
  environment.set("MYSQL_UNIX_PORT", path);
  environment.set("MYSQL_HOST", "no-such-host.invalid");
  EXPECT_EQ(single(*connect("mysql://root@localhost"), "SELECT DATABASE()"), "NULL");
  EXPECT_EQ(connect("mariadb://root@")->server().database, "");
}

TEST_F(MysqlConnect, NoSocketIsUnreachable) {
  const Error error = refusal("mysql://root@localhost/test?socket=/no/such/socket");
  EXPECT_EQ(error.code, ErrorCode::unreachable);
  EXPECT_EQ(error.sqlstate, "");
  EXPECT_EQ(error.blast, Blast::connection);
}

TEST_F(MysqlConnect, PasswordsOfAllCharacters) {
  make_user("guarded", "IDENTIFIED BY 'p@ss/w:o?rd%\\'\\\\'");
  EXPECT_EQ(single(*connect(server().url("", "guarded", password)), "SELECT 1"), "1");
  EnvironmentVariables environment;
  environment.set("MYSQL_PWD", password);
  EXPECT_EQ(single(*connect(server().url("", "guarded")), "SELECT 1"), "1");
  const Error error = refusal(server().url("", "guarded", "wrong"));
  EXPECT_EQ(error.code, ErrorCode::authentication);
  EXPECT_EQ(error.sqlstate, "28000");
  EXPECT_THAT(error.message, HasSubstr("Access denied for user 'guarded'"));
  EXPECT_THAT(error.message, HasSubstr("(error 1045)"));
}

TEST_F(MysqlConnect, UnknownUsersAndLockedAccounts) {
  EXPECT_EQ(refusal(server().url("", "nobody_here", "x")).code, ErrorCode::authentication);
  make_user("locked", "ACCOUNT LOCK");
  EXPECT_EQ(refusal(server().url("", "locked")).code, ErrorCode::authentication);
}

TEST_F(MysqlConnect, UnknownDatabaseAndOneThatIsNotAllowed) {
  const Error missing = refusal(server().url("no such"));
  EXPECT_EQ(missing.code, ErrorCode::unknown_database);
  EXPECT_EQ(missing.sqlstate, "42000");
  EXPECT_THAT(missing.message, HasSubstr("'no such'"));
  make_user("guest", "");
  EXPECT_EQ(refusal(server().url("mysql", "guest")).code, ErrorCode::permission);
}

TEST_F(MysqlConnect, NoConnectionLeft) {
  make_user("alone", "WITH MAX_USER_CONNECTIONS 1");
  const auto first = connect(server().url("", "alone"));
  const Error error = refusal(server().url("", "alone"));
  EXPECT_EQ(error.code, ErrorCode::too_many_connections);
  auto small = MariadbServer::start({.settings = {{"max-connections", "10"}}});
  MariadbSession(small).exec("CREATE USER many");
  std::vector<std::unique_ptr<Connection>> all;
  for (int count = 0; count < 10; ++count) all.push_back(connect(small.url("", "many")));
  EXPECT_EQ(refusal(small.url("", "many")).code, ErrorCode::too_many_connections);
  all.push_back(connect(small.url()));  // The one that is kept for root.
  const Error full = refusal(small.url());
  EXPECT_EQ(full.code, ErrorCode::too_many_connections) << "told before the greeting: " << full.message;
}

TEST_F(MysqlConnect, RefusedPort) {
  std::uint16_t closed = 0;
  {
    closed = Impostor(Impostor::Manner::closes_at_once).port();
  }
  const Error error = refusal(url_of_port(closed));
  EXPECT_EQ(error.code, ErrorCode::unreachable);
  EXPECT_THAT(error.message, HasSubstr("127.0.0.1"));
  EXPECT_THAT(error.message, Not(HasSubstr("top-secret")));
}

TEST_F(MysqlConnect, UnknownHostIsToldAtOnce) {
  const auto begin = Clock::now();
  const Error error = refusal("mysql://root@no-such-host.invalid/test");
  EXPECT_EQ(error.code, ErrorCode::unreachable);
  EXPECT_THAT(error.message, HasSubstr("no-such-host.invalid"));
  EXPECT_LT(Clock::now() - begin, std::chrono::seconds(20)) << "the resolver's own patience, once";
}

TEST_F(MysqlConnect, SilenceEndsAtTheDeadline) {
  const Impostor silent(Impostor::Manner::stays_silent);
  auto begin = Clock::now();
  Error error = refusal(url_of_port(silent.port()), in(milliseconds(200)));
  expect_in_time(begin);
  EXPECT_EQ(error.code, ErrorCode::deadline);
  EXPECT_EQ(error.blast, Blast::connection);
  const ScriptedServer half({mysql_greeting(false).substr(0, 20)});
  error = refusal(url_of_port(half.port()), in(milliseconds(200)));
  EXPECT_EQ(error.code, ErrorCode::deadline);
  const ScriptedServer forgetful({mysql_greeting(false)});
  begin = Clock::now();
  error = refusal(url_of_port(forgetful.port()), in(milliseconds(200)));
  expect_in_time(begin);
  EXPECT_EQ(error.code, ErrorCode::deadline);
  EXPECT_THAT(error.message, HasSubstr("did not finish the handshake"));
}

TEST_F(MysqlConnect, TheUrlsTimeoutIsKept) {
  const Impostor silent(Impostor::Manner::stays_silent);
  const auto begin = Clock::now();
  EXPECT_EQ(refusal(url_of_port(silent.port(), "?connect_timeout=1")).code, ErrorCode::deadline);
  expect_in_time(begin);
}

TEST_F(MysqlConnect, GarbageIsNoServer) {
  for (const std::string words : {"SSH-2.0-OpenSSH_9.2p1\r\n", "HTTP/1.1 400 Bad Request\r\n\r\n", "hi"}) {
    const Impostor other(Impostor::Manner::greets_at_once, words);
    const Error error = refusal(url_of_port(other.port()), in(milliseconds(500)));
    if (words == "hi") {
      EXPECT_EQ(error.code, ErrorCode::deadline) << "too little to tell";
      continue;
    }
    EXPECT_EQ(error.code, ErrorCode::protocol) << words;
    EXPECT_THAT(error.message, HasSubstr("Is this the address of a MySQL or MariaDB server?"));
    EXPECT_THAT(error.message, Not(HasSubstr("top-secret")));
  }
  const Impostor closing(Impostor::Manner::closes_at_once);
  EXPECT_EQ(refusal(url_of_port(closing.port())).code, ErrorCode::protocol);
}

TEST_F(MysqlConnect, TheGreetingMayComeInPieces) {
  // Byte by byte: the relay between us is a slow one.
  const std::string greeting = mysql_greeting(false);
  const ScriptedServer slow({greeting.substr(0, 3)});
  EXPECT_EQ(refusal(url_of_port(slow.port()), in(milliseconds(200))).code, ErrorCode::deadline);
}

TEST_F(MysqlConnect, NoPasswordIsSentToWhoAsksForIt) {
  const std::string switch_request = mysql_packet(2, std::string("\xfe") + "mysql_clear_password" + '\0');
  ScriptedServer thief({mysql_greeting(false), switch_request});
  const Error error = refusal(url_of_port(thief.port()), in(std::chrono::seconds(5)));
  EXPECT_EQ(error.code, ErrorCode::authentication);
  EXPECT_THAT(error.message, HasSubstr("enable-cleartext-plugin"));
  EXPECT_THAT(thief.heard(), HasSubstr("user"));
  EXPECT_THAT(thief.heard(), Not(HasSubstr("top-secret")));
}

TEST_F(MysqlConnect, TheUnixSocketTellsWhoWeAre) {
  const auto session = connect();
  session->execute("INSTALL PLUGIN IF NOT EXISTS unix_socket SONAME 'auth_socket'", soon());
  make_user("nobody_else", "IDENTIFIED VIA unix_socket");
  const std::string path = server().socket();
  const Error error = refusal("mysql://nobody_else@localhost?socket=" + path);
  EXPECT_EQ(error.code, ErrorCode::authentication);
}

TEST_F(MysqlConnect, OptionFileIsReadOnlyWhenNamed) {
  const TemporaryFolder folder;
  const std::string path = folder.path() / "my.cnf";
  write_file(path, "[client]\nuser=root\nport=" + std::to_string(server().port()) + "\nhost=127.0.0.1\n");
  EXPECT_EQ(connect("mysql:///test?defaults-file=" + path)->server().user, "root");
}

TEST_F(MysqlConnect, ConfigurationErrorsTouchNoNetwork) {
  EXPECT_EQ(refusal("").code, ErrorCode::configuration);
  const Error error = refusal("mysql://u:hunter2@no-such-host.invalid/d?ssl_mod=required");
  EXPECT_EQ(error.code, ErrorCode::configuration);
  EXPECT_THAT(error.message, HasSubstr("did you mean \"ssl-mode\""));
  EXPECT_THAT(error.message, Not(HasSubstr("hunter2")));
}

TEST_F(MysqlConnect, ADeadlineInThePastConnectsNothing) {
  EXPECT_EQ(refusal(server().url(), in(milliseconds(-1))).code, ErrorCode::deadline);
}

}  // namespace
}  // namespace lockkeeper::testing
