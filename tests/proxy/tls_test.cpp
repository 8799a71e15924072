// TLS on both legs of the running program: clients who must encrypt, servers that must show who they are.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "io/certificates.hpp"
#include "proxy/support/proxy_process.hpp"
#include "proxy/support/raw_client.hpp"
#include "support/impostor.hpp"
#include "support/session.hpp"

namespace lockkeeper::testing {
namespace {

using io::testing::Certificates;
using ::testing::HasSubstr;

// PostgreSQL reads its key as the user it runs as, and wants nobody else to.
void give_to_server(const std::string& key) {
  std::filesystem::permissions(std::filesystem::path(key).parent_path(), std::filesystem::perms(0755));
  if (::geteuid() == 0) {
    const passwd* nobody = ::getpwnam("nobody");
    ASSERT_EQ(::chown(key.c_str(), nobody->pw_uid, nobody->pw_gid), 0);
  }
  ASSERT_EQ(::chmod(key.c_str(), 0600), 0);
}

class Tls : public ::testing::TestWithParam<Setup> {
 protected:
  Tls() { give_to_server(of_server.server_key); }

  [[nodiscard]] PostgresServer encrypting_server() const {
    return start_server(GetParam(),
                        {{"ssl", "on"}, {"ssl_cert_file", of_server.server}, {"ssl_key_file", of_server.server_key}});
  }
  [[nodiscard]] ProxyOptions options(const PostgresServer& server, const std::string& more) const {
    return {
        .setup = GetParam(), .server_port = server.port(), .configuration = "server_login_retry = \"100ms\"\n" + more};
  }
  [[nodiscard]] std::string clients_must() const {
    return "[proxy.tls]\nmode = \"require\"\ncertificate = \"" + of_proxy.server + "\"\nkey = \"" +
           of_proxy.server_key + "\"\n";
  }
  static std::string server_must(const std::string& mode, const std::string& authority) {
    return "[proxy.server_tls]\nmode = \"" + mode + "\"\nauthorities = \"" + authority + "\"\n";
  }
  static std::string refusal(const std::string& url) {
    try {
      const Session session(url);
    } catch (const SessionError& error) {
      return error.what();
    }
    return "came in";
  }

  Certificates of_server, of_proxy;
};

constexpr const char* encrypted = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";

TEST_P(Tls, ClientsThatMustEncryptAreServed) {
  auto server = start_server(GetParam());
  const ProxyProcess proxy(options(server, clients_must()));
  Session client(proxy.url() + "?sslmode=verify-ca&sslrootcert=" + of_proxy.authority);
  EXPECT_EQ(client.value(encrypted), "f") << "the other leg is plain";
  const std::string much = client.value("SELECT repeat('0123456789', 30000)");
  EXPECT_EQ(much.size(), 300'000U);
  EXPECT_EQ(client.value("SELECT md5('" + much + "') = md5(repeat('0123456789', 30000))"), "t");
  EXPECT_THAT(refusal(proxy.url() + "?sslmode=disable"), HasSubstr("connect with sslmode=require"));
  Session console(proxy.url("pgbouncer") + "?sslmode=require");
  EXPECT_THAT(console.exec("SHOW CLIENTS").size(), 2U);
}

TEST_P(Tls, NothingIsTakenBeforeTheHandshake) {
  auto server = start_server(GetParam());
  const ProxyProcess proxy(options(server, clients_must()));
  RawClient smuggler(proxy.port());
  const std::string request("\0\0\0\x08\x04\xd2\x16\x2f", 8);
  smuggler.send_bytes(request + encode(query("SELECT 'injected'")));
  const auto answer = smuggler.read();
  ASSERT_TRUE(answer.has_value());
  EXPECT_THAT(show(*answer), HasSubstr("received unencrypted data after SSL request"));
  EXPECT_NE(smuggler.wait_for_end(), Ending::open);
}

// In session mode the server asks the client for its password, and a client that could bind its login to TLS, but is
// offered nothing, has met an attack.
class TlsInSessionMode : public Tls {};

TEST_P(TlsInSessionMode, AClientThatWouldBindItsLoginIsToldWhatToDo) {
  auto server = encrypting_server();
  const ProxyProcess proxy(options(server, clients_must() + server_must("verify-ca", of_server.authority)));
  EXPECT_THAT(refusal(proxy.url() + "?sslmode=require"), HasSubstr("connect with channel_binding=disable"));
  Session client(proxy.url() + "?sslmode=require&channel_binding=disable");
  EXPECT_EQ(client.value(encrypted), "t");
}

// To them alone in session mode, for the reason above.
TEST_P(Tls, ServersAreEncryptedTo) {
  auto server = encrypting_server();
  const bool both = GetParam().transaction();
  const ProxyProcess proxy(
      options(server, (both ? clients_must() : "") + server_must("verify-ca", of_server.authority)));
  Session client(proxy.url() + "?sslmode=" + (both ? "require" : "disable"));
  EXPECT_EQ(client.value(encrypted), "t");
  const std::string much = client.value("SELECT repeat('0123456789', 30000)");
  EXPECT_EQ(client.value("SELECT md5('" + much + "') = md5(repeat('0123456789', 30000))"), "t");
}

TEST_P(Tls, AServerThatIsAStrangerIsNotSpokenTo) {
  auto server = encrypting_server();
  const ProxyProcess proxy(options(server, server_must("verify-ca", of_server.other_authority)));
  EXPECT_THAT(refusal(proxy.url() + "?sslmode=disable"), HasSubstr("certificate"));
}

TEST_P(Tls, AServerWithoutItIsNotSpokenToWhereItMust) {
  auto server = start_server(GetParam());
  const ProxyProcess proxy(options(server, "[proxy.server_tls]\nmode = \"require\"\n"));
  EXPECT_THAT(refusal(proxy.url() + "?sslmode=disable"), HasSubstr("TLS"));
}

// Whoever can write between us and the server could have them taken for its first encrypted words.
TEST_P(Tls, NothingOfAServerIsTakenBeforeTheHandshake) {
  const Impostor smuggler(Impostor::Manner::answers, "S" + encode(query("SELECT 'injected'")));
  for (const std::string mode : {"prefer", "require"}) {
    const ProxyProcess proxy({.setup = GetParam(),
                              .server_port = smuggler.port(),
                              .configuration = "[proxy.server_tls]\nmode = \"" + mode + "\"\n"});
    EXPECT_THAT(refusal(proxy.url() + "?sslmode=disable"),
                HasSubstr("sent bytes that are not encrypted behind its answer to the request for TLS"));
  }
}

INSTANTIATE_TEST_SUITE_P(Setups, TlsInSessionMode,
                         ::testing::Values(Setup{"session", "io_uring", 18}, Setup{"session", "epoll", 15}),
                         [](const auto& tested) { return name_of(tested.param); });
INSTANTIATE_TEST_SUITE_P(Setups, Tls, ::testing::ValuesIn(usual_setups()),
                         [](const auto& tested) { return name_of(tested.param); });

}  // namespace
}  // namespace lockkeeper::testing
