// TLS: asked for, refused, checked, and no way around the deadline.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>
#include <map>
#include <stdexcept>

#include <lockkeeper/mysql.hpp>

#include "client/mysql_fixture.hpp"
#include "client/scripted_server.hpp"
#include "support/impostor.hpp"
#include "support/servers.hpp"

namespace lockkeeper::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using Clock = std::chrono::steady_clock;

constexpr const char* openssl = "/usr/bin/openssl";

// A server with a certificate for 127.0.0.1, of a CA of our own, and another CA that has nothing to do with it.
class MysqlTls : public MysqlTest {
 protected:
  static void SetUpTestSuite() {
    if (!std::filesystem::exists(openssl)) return;
    folder_ = std::make_unique<TemporaryFolder>();
    make_authority("ca");
    make_authority("other");
    make_certificate("server", "subjectAltName=IP:127.0.0.1");
    make_certificate("client", "");
  }
  static void TearDownTestSuite() {
    secure_.clear();
    open_.clear();
    folder_.reset();
  }
  void SetUp() override {
    MysqlTest::SetUp();
    if (!folder_) GTEST_SKIP() << "this machine has no " << openssl << " to make certificates with";
  }

  static MysqlServer& secure() {
    std::unique_ptr<MysqlServer>& server = secure_[GetParam().label];
    if (!server) {
      server = std::make_unique<MysqlServer>(
          start({.settings = {
                     {"ssl-ca", file("ca.pem")}, {"ssl-cert", file("server.pem")}, {"ssl-key", file("server.key")}}}));
    }
    return *server;
  }

  // One without TLS. MySQL's have it unless their certificate cannot be read.
  static MysqlServer& open() {
    std::unique_ptr<MysqlServer>& server = open_[GetParam().label];
    std::map<std::string, std::string> settings;
    if (!is_mariadb()) settings = {{"auto-generate-certs", "OFF"}, {"ssl-cert", "none.pem"}};
    if (!server) server = std::make_unique<MysqlServer>(start({.settings = settings}));
    return *server;
  }

  static std::string file(const std::string& name) { return folder_->path() / name; }

  static void run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), openssl);
    const CommandResult result = run_command(arguments, std::nullopt, default_patience);
    if (result.status != 0) throw std::runtime_error(result.output);
  }

  static void make_authority(const std::string& name) {
    run({"req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", file(name + ".key"), "-out",
         file(name + ".pem"), "-subj", "/CN=" + name});
  }

  static void make_certificate(const std::string& name, const std::string& extension) {
    run({"req", "-newkey", "rsa:2048", "-nodes", "-keyout", file(name + ".key"), "-out", file(name + ".req"), "-subj",
         "/CN=" + name});
    write_file(file(name + ".ext"), extension);
    run({"x509", "-req", "-in", file(name + ".req"), "-CA", file("ca.pem"), "-CAkey", file("ca.key"), "-CAcreateserial",
         "-days", "2", "-extfile", file(name + ".ext"), "-out", file(name + ".pem")});
    ::chmod(file(name + ".key").c_str(), 0644);  // The server runs as another user.
  }

  static std::string secure_url(const std::string& options, const std::string& user = "root") {
    return secure().url("test", user) + "?" + options;
  }
  static std::string cipher(Connection& connection) {
    return std::string(connection.execute("SHOW SESSION STATUS LIKE 'Ssl_cipher'", soon()).cell(0, 1).value_or("NULL"));
  }

  static std::unique_ptr<TemporaryFolder> folder_;
  static std::map<std::string, std::unique_ptr<MysqlServer>> secure_;
  static std::map<std::string, std::unique_ptr<MysqlServer>> open_;
};
std::unique_ptr<TemporaryFolder> MysqlTls::folder_;
std::map<std::string, std::unique_ptr<MysqlServer>> MysqlTls::secure_;
std::map<std::string, std::unique_ptr<MysqlServer>> MysqlTls::open_;

TEST_P(MysqlTls, IsUsedAsAsked) {
  EXPECT_NE(cipher(*connect(secure_url(""))), "") << "preferred";
  EXPECT_NE(cipher(*connect(secure_url("ssl-mode=required"))), "");
  EXPECT_EQ(cipher(*connect(secure_url("ssl-mode=disabled"))), "");
  EXPECT_EQ(cipher(*connect(open().url() + "?ssl-mode=preferred")), "") << "the server has none";
  EXPECT_EQ(cipher(*connect("mysql://root@localhost/test?socket=" + secure().socket().string())), "");
  const auto old = connect(secure_url("ssl-mode=required&tls-version=TLSv1.2"));
  EXPECT_EQ(old->execute("SHOW SESSION STATUS LIKE 'Ssl_version'", soon()).cell(0, 1), "TLSv1.2");
}

TEST_P(MysqlTls, RequiredOfAServerWithoutItSendsNothing) {
  ScriptedServer plain({mysql_greeting(false)});
  const std::string url = "mysql://user:top-secret@127.0.0.1:" + std::to_string(plain.port()) + "/db?ssl-mode=";
  const Error error = refusal(url + "required");
  EXPECT_EQ(error.code, ErrorCode::configuration);
  EXPECT_THAT(error.message, HasSubstr("offers no TLS"));
  EXPECT_EQ(plain.heard(), "");
  const std::string authority = "&ssl-ca=" + file("ca.pem");
  for (const std::string& options : {std::string("ssl-mode=required"), std::string("ssl"),
                                     "ssl-mode=verify-ca" + authority, "ssl-mode=verify-full" + authority}) {
    EXPECT_EQ(refusal(open().url() + "?" + options).code, ErrorCode::configuration) << options;
  }
}

TEST_P(MysqlTls, TheCertificateIsChecked) {
  EXPECT_NE(cipher(*connect(secure_url("ssl-ca=" + file("ca.pem")))), "");
  EXPECT_NE(cipher(*connect(secure_url("ssl-mode=verify-full&ssl-ca=" + file("ca.pem")))), "");
  const Error stranger = refusal(secure_url("ssl-mode=verify-ca&ssl-ca=" + file("other.pem")));
  EXPECT_EQ(stranger.code, ErrorCode::configuration);
  EXPECT_THAT(stranger.message, HasSubstr("certificate"));
  const std::string by_name = "mysql://root@localhost:" + std::to_string(secure().port()) + "/test?ssl-mode=";
  EXPECT_NE(cipher(*connect(by_name + "verify-ca&ssl-ca=" + file("ca.pem"))), "") << "the name does not matter";
  const Error misnamed = refusal(by_name + "verify-full&ssl-ca=" + file("ca.pem"));
  EXPECT_EQ(misnamed.code, ErrorCode::configuration);
  EXPECT_EQ(refusal(secure_url("ssl-ca=/no/such/file")).code, ErrorCode::configuration);
}

TEST_P(MysqlTls, ClientsMayHaveCertificatesToo) {
  create_anew(*connect(secure_url("")), "USER", "certified@'%'", "REQUIRE X509");
  EXPECT_EQ(refusal(secure_url("ssl-mode=required", "certified")).code, ErrorCode::authentication);
  const std::string mine = "&ssl-cert=" + file("client.pem") + "&ssl-key=" + file("client.key");
  EXPECT_EQ(connect(secure().url("", "certified") + "?ssl-mode=required" + mine)->server().user, "certified");
}

TEST_P(MysqlTls, AHandshakeThatStopsIsBounded) {
  const ScriptedServer silent({mysql_greeting(true)});
  const auto begin = Clock::now();
  const std::string url = "mysql://user@127.0.0.1:" + std::to_string(silent.port()) + "/db";
  const Error error = refusal(url, in(milliseconds(300)));
  EXPECT_LT(Clock::now() - begin, seconds(4));
  EXPECT_EQ(error.code, ErrorCode::deadline);
  EXPECT_THAT(error.message, HasSubstr("did not finish the handshake"));
  const ScriptedServer garbling({mysql_greeting(true), "this is no TLS at all"});
  const Error garbled = refusal("mysql://user@127.0.0.1:" + std::to_string(garbling.port()) + "/db");
  EXPECT_EQ(garbled.code, ErrorCode::configuration) << garbled.message;
}

TEST_P(MysqlTls, StatementsAreBoundedAndWhole) {
  const auto connect_securely = [] { return connect(secure_url("ssl-mode=required")); };
  Error error;
  const auto is_stopped = [&](Connection& played) {
    const auto begin = Clock::now();
    error = error_of([&] { played.execute("SELECT 1 FROM DUAL WHERE SLEEP(60)", in(milliseconds(200))); });
    EXPECT_LT(Clock::now() - begin, seconds(4));
    EXPECT_EQ(error.code, ErrorCode::deadline);
  };
  const auto connection = survivor(!is_mariadb(), connect_securely, is_stopped);
  EXPECT_EQ(error.blast, Blast::statement);
  EXPECT_EQ(connection->execute("SELECT REPEAT('x', 10000000)", soon()).cell(0, 0), std::string(10'000'000, 'x'));
  const std::string big(10'000'000, 'y');
  const Parameter parameter(big);
  EXPECT_EQ(connection->execute("SELECT LENGTH(?)", {&parameter, 1}, soon()).cell(0, 0), "10000000");
  const auto stream = connection->stream("SELECT seq FROM " + counted(100'000), {}, 1000, soon());
  Rows chunk;
  std::size_t count = 0;
  while (stream->next(chunk, soon())) count += chunk.size();
  EXPECT_EQ(count, 100'000U);
  const auto is_given_up = [](Connection& played) {
    played.stream("SELECT LPAD(seq, 500, '0') FROM " + counted(1'000'000'000), {}, 10, soon()).reset();
  };
  EXPECT_EQ(single(*survivor(!is_mariadb(), connect_securely, is_given_up), "SELECT 1"), "1");
}

TEST_P(MysqlTls, AHangingServerHoldsNobody) {
  const auto connection = connect(secure_url("ssl-mode=required"));
  const auto other = connect(secure_url("ssl-mode=required"));
  secure().pause();
  const auto begin = Clock::now();
  EXPECT_EQ(error_of([&] { connection->execute("SELECT 1", in(milliseconds(200))); }).code, ErrorCode::deadline);
  const std::string big(10'000'000, 'y');
  const Parameter parameter(big);
  const Error unread = error_of([&] { other->execute("SELECT LENGTH(?)", {&parameter, 1}, in(milliseconds(200))); });
  EXPECT_EQ(unread.code, ErrorCode::deadline) << unread.message;
  EXPECT_EQ(refusal(secure_url(""), in(milliseconds(200))).code, ErrorCode::deadline);
  EXPECT_LT(Clock::now() - begin, seconds(8));
  secure().resume();
}

TEST_P(MysqlTls, AServerThatDiesIsLostAndNothingWorse) {
  const auto busy = connect(secure_url("ssl-mode=required"));
  const auto idle = connect(secure_url("ssl-mode=required"));
  secure().kill_hard();
  EXPECT_EQ(error_of([&] { busy->execute("SELECT 1", soon()); }).code, ErrorCode::connection_lost);
  idle->close();
  secure().start_again();
}

INSTANTIATE_TEST_SUITE_P(Installed, MysqlTls, ::testing::ValuesIn(mysql_installations()), label_of_mysql);

}  // namespace
}  // namespace lockkeeper::testing
