// The logins against the real thing: our client's side to PostgreSQL, libpq to our server's side.
#include <gtest/gtest.h>
#include <libpq-fe.h>

#include <future>
#include <memory>

#include "proxy/auth/client_login.hpp"
#include "proxy/auth/md5.hpp"
#include "proxy/auth/saslprep.hpp"
#include "proxy/auth/server_login.hpp"
#include "proxy/auth_link.hpp"
#include "support/servers.hpp"
#include "support/session.hpp"
#include "wire/postgres/backend.hpp"
#include "wire/postgres/frontend.hpp"

namespace lockkeeper::proxy {
namespace {

namespace pg = wire::postgres;
using testing::AuthLink;
using testing::AuthListener;
using testing::PostgresServer;

constexpr std::string_view superuser_password = "of the tests";
constexpr std::string_view password =
    "s\xc3\xa9"
    "cret: \"quoted\"";  // an accent as keyboards make it

class RealServer : public ::testing::TestWithParam<int> {
 protected:
  static PostgresServer& server() {
    static std::map<int, PostgresServer> servers;
    const auto place = servers.find(GetParam());
    return place != servers.end() ? place->second : servers.emplace(GetParam(), started()).first->second;
  }

  static std::string verifier_of(const std::string& role) {
    return superuser().value("select rolpassword from pg_authid where rolname = '" + role + "'");
  }

  static void set_password(const std::string& role, std::string_view to) {
    superuser().exec("set client_encoding = 'SQL_ASCII'; alter role " + role + " password '" + std::string(to) + "'");
  }

  // What a login as this role comes to; empty: in. `learned`: what it left for the next.
  static std::string log_in(const Credentials& credentials, std::optional<ScramKeys>* learned = nullptr) {
    AuthLink link = AuthLink::connect(server().port());
    std::string bytes;
    const std::vector<std::pair<std::string, std::string>> parameters{{"user", credentials.user},
                                                                      {"database", "postgres"}};
    pg::append_startup(bytes, 3, 0, parameters);
    link.send(bytes);
    ServerLogin login(credentials, {"the server", false, true}, draw_login_random()->nonce);
    while (true) {
      const auto [type, body] = link.message();
      if (type == pg::backend::error) return std::string(pg::decode_notice(body)->sqlstate);
      if (type != pg::backend::authentication) return "unexpected message";
      const auto step = login.authentication(body);
      if (step.verdict == ServerLoginStep::Verdict::failed) return step.reason;
      link.send(step.bytes);
      if (step.verdict != ServerLoginStep::Verdict::accepted) continue;
      if (learned != nullptr) *learned = login.learned();
      return "";
    }
  }
  static std::string log_in(const std::string& role, std::string_view with) {
    return log_in({role, Secret(with), std::nullopt, std::nullopt});
  }

 private:
  static testing::Session superuser() {
    return testing::Session(server().url("postgres", "postgres", superuser_password));
  }

  static PostgresServer started() {
    PostgresServer made = PostgresServer::start(
        {.version = testing::find_postgres(GetParam()),
         .auth_method = "scram-sha-256",
         .superuser_password = std::string(superuser_password),
         .hba_lines = {"host all by_md5 127.0.0.1/32 md5", "host all in_clear 127.0.0.1/32 password",
                       "host all trusted 127.0.0.1/32 trust", "host all refused 127.0.0.1/32 reject"}});
    testing::Session session(made.url("postgres", "postgres", superuser_password));
    const std::string quoted = std::string(password);
    session.exec("set password_encryption = 'md5'; create role by_md5 login password '" + quoted + "'");
    session.exec("set password_encryption = 'scram-sha-256'; create role by_scram login password '" + quoted +
                 "'; create role in_clear login password '" + quoted +
                 "'; create role trusted login; create role prepared login; create role refused login");
    return made;
  }
};

TEST_P(RealServer, LetsUsInByEveryMethod) {
  EXPECT_EQ(log_in("by_scram", password), "");
  EXPECT_EQ(log_in("by_md5", password), "");
  EXPECT_EQ(log_in("in_clear", password), "");
  EXPECT_EQ(log_in("trusted", ""), "");
}

TEST_P(RealServer, KeepsUsOutWithTheWrongPassword) {
  for (const char* role : {"by_scram", "by_md5", "in_clear", "nobody"})
    EXPECT_EQ(log_in(role, "wrong"), "28P01") << role;
  EXPECT_EQ(log_in("refused", password), "28000");
}

TEST_P(RealServer, ItsVerifiersAreRead) {
  const auto verifier = parse_scram_verifier(verifier_of("by_scram"));
  ASSERT_TRUE(verifier) << verifier.error();
  EXPECT_TRUE(matches(*verifier, password));
  EXPECT_EQ(to_string(make_scram_verifier(password, verifier->salt, verifier->iterations)), verifier_of("by_scram"));
  EXPECT_EQ(md5_hash(password, "by_md5"), verifier_of("by_md5"));
}

// The server is the oracle of saslprep.hpp, wherever that is certain.
TEST_P(RealServer, PreparesPasswordsAsWeDo) {
  for (const std::string_view one : {"plain ascii",
                                     "a\xc2\xa0"
                                     "b",
                                     "soft\xc2\xad"
                                     "hyphen",
                                     "gr\xc3\xbc\xc3\x9f"
                                     "e",
                                     "\xc2\xad", "\xe3\x80\x80\xe4\xb8\xad\xe6\x96\x87", "\xc2\xad\x07",
                                     "\xd0\xbf\xd0\xb0\xd1\x80\xd0\xbe\xd0\xbb\xd1\x8c"}) {
    ASSERT_TRUE(saslprep(one).certain) << one;
    set_password("prepared", one);
    const auto verifier = parse_scram_verifier(verifier_of("prepared"));
    ASSERT_TRUE(verifier);
    EXPECT_TRUE(matches(*verifier, one)) << one;
  }
}

TEST_P(RealServer, AnMd5HashOpensIt) {
  EXPECT_EQ(log_in({"by_md5", std::nullopt, Secret(verifier_of("by_md5")), std::nullopt}), "");
}

TEST_P(RealServer, LearnedKeysOpenItWithoutThePassword) {
  std::optional<ScramKeys> learned;
  ASSERT_EQ(log_in({"by_scram", Secret(password), std::nullopt, std::nullopt}, &learned), "");
  ASSERT_TRUE(learned);
  EXPECT_EQ(log_in({"by_scram", std::nullopt, std::nullopt, learned}), "");
}

INSTANTIATE_TEST_SUITE_P(Versions, RealServer, ::testing::Values(15, 18),
                         [](const auto& one) { return "postgres" + std::to_string(one.param); });

// --- libpq comes to us ---

using Connection = std::unique_ptr<PGconn, decltype([](PGconn* connection) { PQfinish(connection); })>;

// One client, served up to its first ReadyForQuery or its refusal.
std::optional<Credentials> serve(AuthListener& listener, AuthMethod method, std::shared_ptr<const Users> users) {
  AuthLink link = listener.accept();
  std::string packet = link.startup();
  auto startup = pg::decode_startup(packet);
  if (!startup || startup->kind != pg::StartupKind::startup) throw std::runtime_error("no start-up packet");
  ClientLogin login({method, std::string(startup->value("user")), std::move(users), *draw_login_random()});
  LoginStep step = login.start();
  while (step.verdict == LoginStep::Verdict::more) {
    link.send(step.bytes);
    const auto [type, body] = link.message();
    step = login.message(type, body);
  }
  if (step.verdict == LoginStep::Verdict::accepted) pg::append_ready(step.bytes, pg::TransactionStatus::idle);
  link.send(step.bytes);
  return step.credentials;
}

struct Answer {
  std::string failure;  // libpq's words; empty: in
  std::optional<Credentials> credentials;
};
Answer libpq_comes(AuthMethod method, const std::string& user, std::string_view with) {
  static const auto users = [] {
    const auto verifier = make_scram_verifier(password, "0123456789abcdef", 4096);
    std::string quoted;
    for (const char letter : password) quoted += letter == '"' ? "\"\"" : std::string(1, letter);
    const std::string text = "\"plain\" \"" + quoted + "\"\n\"scram\" \"" + to_string(verifier) + "\"\n\"md5\" \"" +
                             *md5_hash(password, "md5") + "\"\n";
    return Users::parse(text, *draw_key()).value();
  }();
  AuthListener listener;
  auto served = std::async(std::launch::async, [&] { return serve(listener, method, users); });
  const std::string port = std::to_string(listener.port());
  const std::string secret(with);
  const std::array<const char*, 8> names{"host", "port", "user", "password", "sslmode", "gssencmode", "connect_timeout",
                                         nullptr};
  const std::array<const char*, 8> values{"127.0.0.1", port.c_str(), user.c_str(), secret.c_str(),
                                          "disable",   "disable",    "30",         nullptr};
  const Connection connection(PQconnectdbParams(names.data(), values.data(), 0));
  const bool is_in = PQstatus(connection.get()) == CONNECTION_OK;
  return {is_in ? "" : PQerrorMessage(connection.get()), served.get()};
}

TEST(Libpq, ComesInByEveryMethod) {
  for (const AuthMethod method : {AuthMethod::scram_sha_256, AuthMethod::md5, AuthMethod::plain, AuthMethod::trust}) {
    for (const std::string user : {"plain", "scram", "md5"}) {
      if (method == AuthMethod::scram_sha_256 && user == "md5") continue;
      const Answer answer = libpq_comes(method, user, password);
      EXPECT_EQ(answer.failure, "") << to_string(method) << " " << user;
      EXPECT_TRUE(answer.credentials);
    }
  }
}

TEST(Libpq, IsKeptOutInPostgresWords) {
  for (const AuthMethod method : {AuthMethod::scram_sha_256, AuthMethod::md5, AuthMethod::plain}) {
    for (const std::string user : {"plain", "scram", "md5", "nobody"}) {
      const Answer answer = libpq_comes(method, user, "wrong");
      EXPECT_NE(answer.failure.find("FATAL:  password authentication failed for user \"" + user + "\""),
                std::string::npos)
          << to_string(method) << ": " << answer.failure;
      EXPECT_FALSE(answer.credentials);
    }
  }
}

// A client that logs in here by a server's own verifier can be logged in there: the password is never known.
TEST_P(RealServer, TheKeysOfALibpqClientOpenIt) {
  AuthListener listener;
  const auto users = Users::parse("\"by_scram\" \"" + verifier_of("by_scram") + "\"\n", *draw_key()).value();
  auto served = std::async(std::launch::async, [&] { return serve(listener, AuthMethod::scram_sha_256, users); });
  const std::string port = std::to_string(listener.port());
  const std::string secret(password);
  const std::array<const char*, 8> names{"host", "port", "user", "password", "sslmode", "gssencmode", "connect_timeout",
                                         nullptr};
  const std::array<const char*, 8> values{"127.0.0.1", port.c_str(), "by_scram", secret.c_str(),
                                          "disable",   "disable",    "30",       nullptr};
  const Connection connection(PQconnectdbParams(names.data(), values.data(), 0));
  EXPECT_EQ(PQstatus(connection.get()), CONNECTION_OK) << PQerrorMessage(connection.get());
  const auto credentials = served.get();
  ASSERT_TRUE(credentials);
  EXPECT_FALSE(credentials->password);
  EXPECT_EQ(log_in(*credentials), "");
}

}  // namespace
}  // namespace lockkeeper::proxy
