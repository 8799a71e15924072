// Connecting to PostgreSQL: every way to say where, and every way it can go wrong.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <lockkeeper/postgres.hpp>
#include "client/blocked_time.hpp"
#include "client/driver_under_test.hpp"
#include "client/environment_variables.hpp"
#include "support/impostor.hpp"
#include "support/servers.hpp"
#include "support/session.hpp"

namespace lockkeeper::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* password = "p@ss/w:o?rd%";

// Two servers for all tests here: one that trusts, one that asks for a password.
class PostgresConnect : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    trusting_ = std::make_unique<PostgresServer>(PostgresServer::start());
    StartOptions guarded;
    guarded.auth_method = "scram-sha-256";
    guarded.superuser_password = password;
    guarded_ = std::make_unique<PostgresServer>(PostgresServer::start(guarded));
  }
  static void TearDownTestSuite() {
    trusting_.reset();
    guarded_.reset();
  }

  static std::unique_ptr<Connection> connect(const Target& target, Deadline deadline = soon()) {
    return make_postgres_driver()->connect(target, deadline);
  }
  static std::string ask(const Target& target, const std::string& sql) {
    return std::string(connect(target)->execute(sql, soon()).cell(0, 0).value_or("NULL"));
  }
  static Error refusal(const std::string& url, Deadline deadline = soon()) {
    return error_of([&] { connect(target_of(url), deadline); });
  }
  static std::string port(const PostgresServer& server) { return std::to_string(server.port()); }

  static std::unique_ptr<PostgresServer> trusting_;
  static std::unique_ptr<PostgresServer> guarded_;
};
std::unique_ptr<PostgresServer> PostgresConnect::trusting_;
std::unique_ptr<PostgresServer> PostgresConnect::guarded_;

TEST_F(PostgresConnect, TakesUrlsAndConninfoStrings) {
  const std::string socket = trusting_->socket_dir();
  std::string encoded_socket;
  for (const char letter : socket) encoded_socket += letter == '/' ? "%2F" : std::string(1, letter);
  for (const std::string& url : {
           trusting_->url(),
           "postgres://postgres@localhost:" + port(*trusting_) + "/postgres",
           "postgresql://" + encoded_socket + ":" + port(*trusting_) + "/postgres?user=postgres",
           "host=" + socket + " port=" + port(*trusting_) + " user=postgres dbname=postgres",
           "host=127.0.0.1 port = " + port(*trusting_) + " user='postgres'",
           "postgresql://postgres@127.0.0.1:1,127.0.0.1:" + port(*trusting_) + "/postgres",
       }) {
    EXPECT_EQ(ask(target_of(url), "SELECT current_user"), "postgres") << url;
  }
}

TEST_F(PostgresConnect, TakesTheEnvironmentForAnEmptyUrl) {
  EnvironmentVariables environment;
  environment.set("PGHOST", "127.0.0.1");
  environment.set("PGPORT", port(*trusting_));
  environment.set("PGUSER", "postgres");
  environment.set("PGDATABASE", "template1");
  environment.set("PGAPPNAME", "from environment");
  environment.set("PGCLIENTENCODING", "LATIN1");
  environment.set("PGOPTIONS", "-c statement_timeout=4321 -c work_mem=5MB");
  Target target;
  EXPECT_EQ(ask(target, "SELECT current_database()"), "template1");
  EXPECT_EQ(ask(target, "SHOW application_name"), "from environment");
  EXPECT_EQ(ask(target, "SHOW client_encoding"), "UTF8");
  target.settings = {{"work_mem", "6MB"}};
  EXPECT_EQ(ask(target, "SHOW statement_timeout"), "4321ms");
  EXPECT_EQ(ask(target, "SHOW work_mem"), "6MB");
}

TEST_F(PostgresConnect, TakesAPassword) {
  EXPECT_EQ(ask(target_of(guarded_->url("postgres", "postgres", password)), "SELECT 1"), "1");
  EXPECT_EQ(ask(target_of(guarded_->url() + "?password=p%40ss%2Fw%3Ao%3Frd%25"), "SELECT 1"), "1");
  EnvironmentVariables environment;
  environment.set("PGPASSWORD", password);
  EXPECT_EQ(ask(target_of(guarded_->url()), "SELECT 1"), "1");
}

TEST_F(PostgresConnect, TakesPasswordFileAndServiceFile) {
  const TemporaryFolder folder;
  const auto password_file = folder.path() / "pgpass";
  write_file(password_file, "127.0.0.1:*:*:postgres:p@ss/w\\:o?rd%\n");
  ASSERT_EQ(::chmod(password_file.c_str(), 0600), 0);
  const auto service_file = folder.path() / "services";
  write_file(service_file, "[clinic]\nhost=127.0.0.1\nport=" + port(*guarded_) +
                               "\nuser=postgres\ndbname=template1\noptions=-c work_mem=7MB\n");
  EnvironmentVariables environment;
  environment.set("PGPASSFILE", password_file);
  environment.set("PGSERVICEFILE", service_file);
  EXPECT_EQ(ask(target_of(guarded_->url()), "SELECT 1"), "1");
  Target target = target_of("service=clinic");
  EXPECT_EQ(ask(target, "SELECT current_database()"), "template1");
  target.settings = {{"statement_timeout", "1234"}};
  EXPECT_EQ(ask(target, "SHOW work_mem"), "7MB");
  EXPECT_EQ(ask(target, "SHOW statement_timeout"), "1234ms");
  EXPECT_EQ(refusal("service=unknown").code, ErrorCode::configuration);
}

TEST_F(PostgresConnect, SettingsAreEscapedAndJoinThoseOfTheUrl) {
  Target target = target_of(trusting_->url() + "?options=-c%20work_mem%3D8MB");
  target.settings = {{"search_path", "\"a b\\c\", public"}, {"lockkeeper.note", "two  words"}};
  EXPECT_EQ(ask(target, "SHOW work_mem"), "8MB");
  EXPECT_EQ(ask(target, "SHOW search_path"), "\"a b\\c\", public");
  EXPECT_EQ(ask(target, "SHOW lockkeeper.note"), "two  words");
  target.settings = {{"work_mem=1 -c x", "1"}};
  EXPECT_EQ(error_of([&] { connect(target); }).code, ErrorCode::configuration);
}

TEST_F(PostgresConnect, ApplicationNameGivesWayToTheUrls) {
  EXPECT_EQ(ask(target_of(trusting_->url()), "SHOW application_name"), "lockkeeper");
  EXPECT_EQ(ask(target_of(trusting_->url() + "?application_name=mine"), "SHOW application_name"), "mine");
}

TEST_F(PostgresConnect, WrongPasswordIsAuthentication) {
  const Error error = refusal(guarded_->url("postgres", "postgres", "totally-wrong"));
  EXPECT_EQ(error.code, ErrorCode::authentication);
  EXPECT_EQ(error.sqlstate, "28P01");
  EXPECT_EQ(error.blast, Blast::connection);
  EXPECT_THAT(error.message, HasSubstr("password authentication failed for user \"postgres\""));
  EXPECT_THAT(error.message, Not(HasSubstr("28P01")));
  EXPECT_THAT(error.message, Not(HasSubstr("LOCATION")));
  EXPECT_THAT(error.message, Not(HasSubstr("totally-wrong")));
}

TEST_F(PostgresConnect, MissingPasswordAndUnknownRoleAreAuthentication) {
  EnvironmentVariables environment;
  environment.set("PGPASSFILE", "/nonexistent/pgpass");
  EXPECT_EQ(refusal(guarded_->url()).code, ErrorCode::authentication);
  EXPECT_EQ(refusal(trusting_->url("postgres", "nobody here")).code, ErrorCode::authentication);
}

TEST_F(PostgresConnect, NoSlotLeftIsTooManyConnections) {
  StartOptions small;
  small.settings = {{"max_connections", "5"}, {"max_wal_senders", "0"}};
  auto server = PostgresServer::start(small);
  std::vector<std::unique_ptr<Connection>> held;
  for (int count = 0; count < 5; ++count) held.push_back(connect(target_of(server.url())));
  const Error error = refusal(server.url());
  EXPECT_EQ(error.code, ErrorCode::too_many_connections);
  EXPECT_EQ(error.sqlstate, "53300");
}

TEST_F(PostgresConnect, NobodyThereIsUnreachable) {
  auto server = PostgresServer::start();
  server.stop();
  for (const std::string& url : {server.url(), "host=" + server.socket_dir().string() + " user=postgres",
                                 std::string("postgresql://no-such-host.invalid/db")}) {
    const Error error = refusal(url);
    EXPECT_EQ(error.code, ErrorCode::unreachable) << url << ": " << error.message;
    EXPECT_TRUE(error.sqlstate.empty());
  }
}

TEST_F(PostgresConnect, ImpostorsAreNamed) {
  const Impostor http(Impostor::Manner::answers, "HTTP/1.1 400 Bad Request\r\n\r\n");
  const Impostor mysql(Impostor::Manner::greets_at_once, std::string("J\0\0\0\n8.0.36\0somesalt", 20));
  const Impostor closing(Impostor::Manner::closes_at_once);
  for (const Impostor* impostor : {&http, &mysql, &closing}) {
    for (const std::string suffix : {"", "?sslmode=disable"}) {
      const Error error = refusal(impostor->url() + suffix);
      EXPECT_EQ(error.code, ErrorCode::protocol) << error.message;
      EXPECT_THAT(error.message, HasSubstr("Is this the address of a PostgreSQL server?"));
      EXPECT_THAT(error.message, Not(HasSubstr("top-secret")));
    }
  }
}

TEST_F(PostgresConnect, SilenceEndsAtTheDeadlineOrTheShorterConnectTimeout) {
  const Impostor silent(Impostor::Manner::stays_silent);
  const BlockedTime blocked;
  const Error error = refusal(silent.url(), in(std::chrono::milliseconds(200)));
  EXPECT_EQ(error.code, ErrorCode::deadline);
  EXPECT_EQ(error.blast, Blast::connection);
  EXPECT_LT(blocked.so_far(), std::chrono::milliseconds(1500));
  EXPECT_EQ(refusal(silent.url() + "?connect_timeout=2").code, ErrorCode::deadline);
  EXPECT_LT(blocked.so_far(), std::chrono::seconds(6));
}

TEST_F(PostgresConnect, MistakesInTheUrlAreConfiguration) {
  for (const std::string url : {
           "mysql://root@127.0.0.1/db",
           "postgresql://127.0.0.1:99999/db",
           "postgresql://127.0.0.1:port/db",
           "postgresql://127.0.0.1/db?colour=red",
           "postgresql://127.0.0.1/db?sslmode=perhaps",
           "postgresql://127.0.0.1/db?connect_timeout=soon",
           "postgresql://127.0.0.1/%zz",
           "host=127.0.0.1 colour=red",
           "host=127.0.0.1 dbname",
           "postgresql://127.0.0.1:1,127.0.0.1:2,127.0.0.1:3/db?port=4,5",
       }) {
    const Error error = refusal(url);
    EXPECT_EQ(error.code, ErrorCode::configuration) << url << ": " << error.message;
    EXPECT_THAT(error.message, HasSubstr("Check the URL")) << url;
  }
  EXPECT_THAT(refusal("postgresql://127.0.0.1/db?colour=red").message, HasSubstr("\"colour\""));
}

TEST_F(PostgresConnect, TlsThatTheServerDoesNotHaveIsConfiguration) {
  const Error error = refusal(trusting_->url() + "?sslmode=require");
  EXPECT_EQ(error.code, ErrorCode::configuration) << error.message;
}

TEST_F(PostgresConnect, NoMessageShowsAPassword) {
  for (const std::string url : {
           "postgresql://user:hunter2xyz@127.0.0.1:1/db",
           "postgresql://user:hunter2xyz@127.0.0.1:99999/db",
           "postgresql://user:hunter2xyz/more@127.0.0.1/db",
           "postgresql://user:more@hunter2xyz@127.0.0.1/db",
           "postgresql://user:hunter2xyz",
           "postgresql://user:%zzhunter2xyz@127.0.0.1/db",
           "postgresql://user:[hunter2xyz@127.0.0.1/db",
           "postgresql://user:a\"hunter2xyz\"/@127.0.0.1/db",
           "postgresql://user@127.0.0.1:1/db?password=hunter2xyz",
           "postgresql://user@127.0.0.1:1/db?password=a&hunter2xyz",
           "postgresql://user@127.0.0.1:1/db?sslpassword=hunter2xyz&colour=red",
           "mysql://user:hunter2xyz@127.0.0.1/db",
           "host=127.0.0.1 port=1 password=hunter2xyz",
           "host=127.0.0.1 port=1 password=my hunter2xyz dbname=x",
           "host=127.0.0.1 port=1 password='it's hunter2xyz'",
           "host=127.0.0.1 port=99999 password=hunter2xyz",
       }) {
    const Error error = refusal(url, in(std::chrono::seconds(5)));
    EXPECT_THAT(error.message, Not(HasSubstr("hunter2xyz"))) << url;
    EXPECT_THAT(make_postgres_driver()->public_url(url), Not(HasSubstr("hunter2xyz"))) << url;
  }
}

TEST_F(PostgresConnect, UnknownDatabaseIsNamed) {
  const Error error = refusal(trusting_->url(":  28P01: a trap"));
  EXPECT_EQ(error.code, ErrorCode::unknown_database);
  EXPECT_EQ(error.sqlstate, "3D000");
}

TEST_F(PostgresConnect, AServerThatRecoversIsNotReady) {
  auto standby = PostgresServer::start_standby(*trusting_);
  standby.stop();
  // A standby closed to queries says for ever what a starting server says for a moment.
  write_file(standby.data_dir() / "postgresql.auto.conf", "hot_standby = off\n");
  standby.start_again();
  const Error error = refusal(standby.url());
  EXPECT_EQ(error.code, ErrorCode::not_ready);
  EXPECT_EQ(error.sqlstate, "57P03");
}

}  // namespace
}  // namespace lockkeeper::testing
