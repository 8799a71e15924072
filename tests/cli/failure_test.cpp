// Every way in which a server cannot be looked at: its own message, exit status 3, within the deadline.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/scene.hpp"
#include "support/impostor.hpp"

namespace lockkeeper::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// What a person and a program are told, and that neither waits longer than it said. `timeout`: where it is not what is
// met, a slow machine must not meet it either.
void expect_failure(const std::string& url, const std::string& code, const ::testing::Matcher<std::string>& words,
                    std::chrono::seconds timeout = 8s) {
  const std::string limit = std::to_string(timeout.count()) + "s";
  const auto most = 6s;  // the machine may be slow, but ten seconds' default would show
  const Finished text = lockkeeper({"doctor", url, "--timeout", limit});
  EXPECT_EQ(text.status, 3) << text;
  EXPECT_EQ(text.out, "");
  std::string one_line;  // however it was wrapped
  for (const char letter : text.error) {
    if (letter == '\n') one_line += ' ';
    if (letter != '\n' && !(letter == ' ' && one_line.ends_with(' '))) one_line += letter;
  }
  EXPECT_THAT(one_line, AllOf(StartsWith("error: "), words)) << text;
  EXPECT_LT(text.took, most);
  const auto json = parse_line(lockkeeper({"doctor", url, "--timeout", limit, "--json"}).out);
  EXPECT_EQ(string_of(json.at("error").at("code")), code);
  EXPECT_EQ(json.at("complete"), false);
  EXPECT_TRUE(json.at("server").is_null());
  const Finished kill = lockkeeper({"kill", url, "--finding", "x", "--timeout", limit});
  EXPECT_EQ(kill.status, 3) << kill;
}

TEST(Failure, NobodyListens) {
  expect_failure("postgresql://postgres@127.0.0.1:1/postgres", "unreachable",
                 AllOf(HasSubstr("127.0.0.1:1/postgres: "), HasSubstr("Connection refused"),
                       HasSubstr("Is the server running"), HasSubstr("pg_isready -h HOST -p PORT")));
}

TEST(Failure, NoSuchHost) {
  expect_failure("postgresql://postgres@no-such-host.invalid/postgres", "unreachable",
                 AllOf(HasSubstr("could not translate host name"), HasSubstr("Check host and port")));
}

TEST(Failure, NoSuchDatabase) {
  expect_failure(shared_server().url("nowhere"), "unknown_database",
                 AllOf(HasSubstr("database \"nowhere\" does not exist"), HasSubstr("`postgres` nearly always does")));
}

TEST(Failure, NoSuchRole) {
  expect_failure(shared_server().url("postgres", "nobody-we-know"), "authentication",
                 AllOf(HasSubstr("role \"nobody-we-know\" does not exist"), HasSubstr("Check user and password")));
}

TEST(Failure, NoSlotLeftForAnOrdinaryRole) {
  for (const auto& version : installed_postgres()) {
    auto server = PostgresServer::start(
        {.version = version, .settings = {{"max_connections", "5"}, {"superuser_reserved_connections", "2"}}});
    Session(server.url()).exec("CREATE ROLE app LOGIN");
    std::vector<Session> taken;
    // The superuser's session above may need a moment to be gone.
    wait_until(
        [&] {
          try {
            taken.emplace_back(server.url("postgres", "app"));
          } catch (const SessionError&) {
          }
          return taken.size() == 3;
        },
        default_patience, "all slots to be taken");
    expect_failure(server.url("postgres", "app"), "too_many_connections",
                   AllOf(HasSubstr("All slots are taken"), HasSubstr("connect as a superuser")));
    const Finished superuser = lockkeeper({"doctor", server.url()});
    EXPECT_EQ(superuser.status, 1) << superuser;
    EXPECT_THAT(superuser.out, HasSubstr("critical[connection-budget]: 3 of 3 connections are taken"));
  }
}

TEST(Failure, AServerThatHangs) {
  auto server = PostgresServer::start();
  server.pause();
  expect_failure(
      server.url(), "deadline",
      AllOf(HasSubstr("did not finish the handshake in time"), HasSubstr("may hang"), HasSubstr("--timeout")), 1s);
  server.resume();
}

TEST(Failure, AListenerThatSaysNothing) {
  const Impostor silent(Impostor::Manner::stays_silent);
  expect_failure(silent.url(), "deadline", AllOf(HasSubstr("in time"), HasSubstr("no PostgreSQL server at all")), 1s);
}

TEST(Failure, AWebServer) {
  const Impostor web(Impostor::Manner::answers, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
  expect_failure(web.url(), "protocol", AllOf(HasSubstr("does not speak PostgreSQL's protocol"), HasSubstr("5432")));
}

TEST(Failure, AMySqlServer) {
  const Impostor mysql(Impostor::Manner::greets_at_once,
                       std::string("\x4a\0\0\0\x0a", 5) + "8.0.36\0" + std::string(60, 'x'));
  expect_failure(mysql.url(), "protocol", HasSubstr("does not speak PostgreSQL's protocol"));
}

TEST(Failure, AListenerThatClosesAtOnce) {
  const Impostor curt(Impostor::Manner::closes_at_once);
  expect_failure(curt.url(), "protocol", HasSubstr("Check the port"));
}

TEST(Failure, AServerOnItsWayDown) {
  auto server = PostgresServer::start();
  Session holdup(server.url());
  // A smart shutdown waits for this session and refuses new ones.
  server.pause();
  ::kill(server.pid(), SIGTERM);
  server.resume();
  wait_until([&] { return lockkeeper({"doctor", server.url()}).status == 3; }, default_patience,
             "the shutdown to begin");
  expect_failure(server.url(), "not_ready", AllOf(HasSubstr("shutting down"), HasSubstr("Try again in a moment")));
}

}  // namespace
}  // namespace lockkeeper::testing
