// Connecting to MariaDB and MySQL: every way to say where, and every way it can go wrong.
#include <gmock/gmock.h>

#include <lockkeeper/mysql.hpp>

#include "client/environment_variables.hpp"
#include "client/mysql_fixture.hpp"
#include "client/scripted_server.hpp"
#include "support/impostor.hpp"
#include "support/servers.hpp"

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
    MysqlSession session(server());
    session.exec("DROP USER IF EXISTS " + user + "@'%'");
    session.exec("CREATE USER " + user + "@'%' " + rest);
  }

  static void expect_in_time(Clock::time_point begin) { EXPECT_LT(Clock::now() - begin, std::chrono::seconds(4)); }
};

TEST_P(MysqlConnect, ByTcp) {
  const auto connection = connect();
  EXPECT_EQ(connection->server().host, "127.0.0.1");
  EXPECT_EQ(connection->server().port, std::to_string(server().port()));
  EXPECT_EQ(connection->server().user, "root");
  EXPECT_EQ(connection->server().database, "test");
  EXPECT_EQ(connection->server().version, server().installation().version);
  EXPECT_EQ(std::to_string(connection->server().backend_id), single(*connection, "SELECT CONNECTION_ID()"));
}

TEST_P(MysqlConnect, ByNameWithAPortIsTcp) {
  const auto connection = connect("mysql://root@localhost:" + std::to_string(server().port()) + "/test");
  EXPECT_EQ(connection->server().host, "localhost");
  EXPECT_THAT(single(*connection, "SELECT host FROM information_schema.processlist WHERE id = CONNECTION_ID()"),
              HasSubstr("127.0.0.1:"));
}

TEST_P(MysqlConnect, BySocket) {
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

TEST_P(MysqlConnect, NoSocketIsUnreachable) {
  const Error error = refusal("mysql://root@localhost/test?socket=/no/such/socket");
  EXPECT_EQ(error.code, ErrorCode::unreachable);
  EXPECT_EQ(error.sqlstate, "");
  EXPECT_EQ(error.blast, Blast::connection);
}

TEST_P(MysqlConnect, PasswordsOfAllCharacters) {
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

// MySQL's caching_sha2_password: the first time the whole password, encrypted with the server's key where there is no
// TLS; later, while the server remembers it, a scramble.
TEST_P(MysqlConnect, PasswordsWithAndWithoutTls) {
  const std::string by_socket = "mysql://guarded:secret@localhost?socket=" + server().socket().string();
  for (const std::string& url : {server().url("", "guarded", "secret") + "?ssl-mode=disabled",
                                 server().url("", "guarded", "secret") + "?ssl-mode=preferred", by_socket}) {
    make_user("guarded", "IDENTIFIED BY 'secret'");  // Anew, so that the server has never seen the password.
    for (int round = 0; round < 2; ++round) EXPECT_EQ(single(*connect(url), "SELECT 1"), "1") << url;
  }
  const Error error = refusal(server().url("", "guarded", "wrong") + "?ssl-mode=disabled");
  EXPECT_EQ(error.code, ErrorCode::authentication);
  EXPECT_THAT(error.message, HasSubstr("Access denied for user 'guarded'"));
}

TEST_P(MysqlConnect, UnknownUsersAndLockedAccounts) {
  EXPECT_EQ(refusal(server().url("", "nobody_here", "x")).code, ErrorCode::authentication);
  make_user("locked", "ACCOUNT LOCK");
  EXPECT_EQ(refusal(server().url("", "locked")).code, ErrorCode::authentication);
}

TEST_P(MysqlConnect, UnknownDatabaseAndOneThatIsNotAllowed) {
  const Error missing = refusal(server().url("no such"));
  EXPECT_EQ(missing.code, ErrorCode::unknown_database);
  EXPECT_EQ(missing.sqlstate, "42000");
  EXPECT_THAT(missing.message, HasSubstr("'no such'"));
  make_user("guest", "");
  EXPECT_EQ(refusal(server().url("mysql", "guest")).code, ErrorCode::permission);
}

TEST_P(MysqlConnect, NoConnectionLeft) {
  make_user("alone", "WITH MAX_USER_CONNECTIONS 1");
  const auto first = connect(server().url("", "alone"));
  const Error error = refusal(server().url("", "alone"));
  EXPECT_EQ(error.code, ErrorCode::too_many_connections);
  auto small = start({.settings = {{"max-connections", "10"}}});
  MysqlSession root(small);  // Kept: the place of one that has ended comes free some time later.
  root.exec("CREATE USER many");
  std::vector<std::unique_ptr<Connection>> all;
  for (int count = 1; count < 10; ++count) all.push_back(connect(small.url("", "many")));
  EXPECT_EQ(refusal(small.url("", "many")).code, ErrorCode::too_many_connections);
  // The one that is kept for root, once the refused one has left it.
  const auto is_root_in = [&] {
    try {
      all.push_back(connect(small.url()));
      return true;
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.error().code, ErrorCode::too_many_connections) << failure.error().message;
      return false;
    }
  };
  wait_until(is_root_in, default_patience, "the place that is kept for root");
  const Error full = refusal(small.url());
  EXPECT_EQ(full.code, ErrorCode::too_many_connections) << "told before the greeting: " << full.message;
}

TEST_P(MysqlConnect, RefusedPort) {
  std::uint16_t closed = 0;
  {
    closed = Impostor(Impostor::Manner::closes_at_once).port();
  }
  const Error error = refusal(url_of_port(closed));
  EXPECT_EQ(error.code, ErrorCode::unreachable);
  EXPECT_THAT(error.message, HasSubstr("127.0.0.1"));
  EXPECT_THAT(error.message, Not(HasSubstr("top-secret")));
}

TEST_P(MysqlConnect, UnknownHostIsToldAtOnce) {
  const auto begin = Clock::now();
  const Error error = refusal("mysql://root@no-such-host.invalid/test");
  EXPECT_EQ(error.code, ErrorCode::unreachable);
  EXPECT_THAT(error.message, HasSubstr("no-such-host.invalid"));
  EXPECT_LT(Clock::now() - begin, std::chrono::seconds(20)) << "the resolver's own patience, once";
}

TEST_P(MysqlConnect, SilenceEndsAtTheDeadline) {
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

TEST_P(MysqlConnect, TheUrlsTimeoutIsKept) {
  const Impostor silent(Impostor::Manner::stays_silent);
  const auto begin = Clock::now();
  EXPECT_EQ(refusal(url_of_port(silent.port(), "?connect_timeout=1")).code, ErrorCode::deadline);
  expect_in_time(begin);
}

TEST_P(MysqlConnect, GarbageIsNoServer) {
  for (const std::string words : {"SSH-2.0-OpenSSH_9.2p1\r\n", "HTTP/1.1 400 Bad Request\r\n\r\n", "hi"}) {
    const Impostor other(Impostor::Manner::greets_at_once, words);
    const bool too_few = words == "hi";
    const Error error = refusal(url_of_port(other.port()), too_few ? in(milliseconds(500)) : soon());
    if (too_few) {
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

TEST_P(MysqlConnect, TheGreetingMayComeInPieces) {
  // Byte by byte: the relay between us is a slow one.
  const std::string greeting = mysql_greeting(false);
  const ScriptedServer slow({greeting.substr(0, 3)});
  EXPECT_EQ(refusal(url_of_port(slow.port()), in(milliseconds(200))).code, ErrorCode::deadline);
}

TEST_P(MysqlConnect, NoPasswordIsSentToWhoAsksForIt) {
  const std::string switch_request = mysql_packet(2, std::string("\xfe") + "mysql_clear_password" + '\0');
  ScriptedServer thief({mysql_greeting(false), switch_request});
  const Error error = refusal(url_of_port(thief.port()), in(std::chrono::seconds(5)));
  EXPECT_EQ(error.code, ErrorCode::authentication);
  EXPECT_THAT(error.message, HasSubstr("enable-cleartext-plugin"));
  EXPECT_THAT(thief.heard(), HasSubstr("user"));
  EXPECT_THAT(thief.heard(), Not(HasSubstr("top-secret")));
}

TEST_P(MysqlConnect, TheUnixSocketTellsWhoWeAre) {
  const auto session = connect();
  const std::string plugin = is_mariadb() ? "unix_socket" : "auth_socket";
  MysqlSession(server()).try_exec("INSTALL PLUGIN " + plugin + " SONAME 'auth_socket.so'");
  make_user("nobody_else", "IDENTIFIED WITH " + plugin);
  const std::string path = server().socket();
  const Error error = refusal("mysql://nobody_else@localhost?socket=" + path);
  EXPECT_EQ(error.code, ErrorCode::authentication);
}

TEST_P(MysqlConnect, OptionFileIsReadOnlyWhenNamed) {
  const TemporaryFolder folder;
  const std::string path = folder.path() / "my.cnf";
  write_file(path, "[client]\nuser=root\nport=" + std::to_string(server().port()) + "\nhost=127.0.0.1\n");
  EXPECT_EQ(connect("mysql:///test?defaults-file=" + path)->server().user, "root");
}

TEST_P(MysqlConnect, ConfigurationErrorsTouchNoNetwork) {
  EXPECT_EQ(refusal("").code, ErrorCode::configuration);
  const Error error = refusal("mysql://u:hunter2@no-such-host.invalid/d?ssl_mod=required");
  EXPECT_EQ(error.code, ErrorCode::configuration);
  EXPECT_THAT(error.message, HasSubstr("did you mean \"ssl-mode\""));
  EXPECT_THAT(error.message, Not(HasSubstr("hunter2")));
}

TEST_P(MysqlConnect, ADeadlineInThePastConnectsNothing) {
  EXPECT_EQ(refusal(server().url(), in(milliseconds(-1))).code, ErrorCode::deadline);
}

INSTANTIATE_TEST_SUITE_P(Installed, MysqlConnect, ::testing::ValuesIn(mysql_installations()), label_of_mysql);

}  // namespace
}  // namespace lockkeeper::testing
