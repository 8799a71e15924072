// TLS options reach libpq: asked for, checked, refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <stdexcept>

#include <lockkeeper/postgres.hpp>

#include "client/driver_under_test.hpp"
#include "io/certificates.hpp"
#include "support/servers.hpp"

namespace lockkeeper::testing {
namespace {

using io::testing::Certificates;
using ::testing::HasSubstr;

class PostgresTls : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    certificates_ = std::make_unique<Certificates>();
    // PostgreSQL reads its key as the user it runs as, and wants nobody else to.
    namespace fs = std::filesystem;
    fs::permissions(fs::path(certificates_->server_key).parent_path(), fs::perms(0755));
    fs::permissions(certificates_->server_key, fs::perms(0600));
    const auto user = unprivileged_user();
    if (user && ::chown(certificates_->server_key.c_str(), user->uid, user->gid) != 0) {
      throw std::runtime_error("cannot give the key to the server's user");
    }
    server_ = std::make_unique<PostgresServer>(PostgresServer::start({.settings = {
                                                                          {"ssl", "on"},
                                                                          {"ssl_cert_file", certificates_->server},
                                                                          {"ssl_key_file", certificates_->server_key},
                                                                      }}));
  }
  static void TearDownTestSuite() {
    server_.reset();
    certificates_.reset();
  }

  static std::string url(const std::string& options) { return server_->url() + "?" + options; }
  static std::string is_encrypted(const std::string& options) {
    const auto connection = make_postgres_driver()->connect(target_of(url(options)), soon());
    const Rows rows = connection->execute("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()", soon());
    return std::string(rows.cell(0, 0).value_or("NULL"));
  }
  static Error refusal(const std::string& options) {
    return error_of([&] { make_postgres_driver()->connect(target_of(url(options)), soon()); });
  }

  static std::unique_ptr<Certificates> certificates_;
  static std::unique_ptr<PostgresServer> server_;
};
std::unique_ptr<Certificates> PostgresTls::certificates_;
std::unique_ptr<PostgresServer> PostgresTls::server_;

TEST_F(PostgresTls, IsUsedAsAsked) {
  EXPECT_EQ(is_encrypted("sslmode=disable"), "f");
  EXPECT_EQ(is_encrypted("sslmode=prefer"), "t");
  EXPECT_EQ(is_encrypted("sslmode=require"), "t");
  EXPECT_EQ(is_encrypted("sslmode=verify-full&sslrootcert=" + certificates_->authority), "t");
}

TEST_F(PostgresTls, AServerThatAnotherAuthorityVouchesForIsRefused) {
  const Error error = refusal("sslmode=verify-full&sslrootcert=" + certificates_->other_authority);
  EXPECT_THAT(error.message, HasSubstr("certificate verify failed")) << to_string(error.code);
}

TEST_F(PostgresTls, AnAuthorityThatIsNotThereIsTold) {
  const Error error = refusal("sslmode=verify-full&sslrootcert=/none/of/these.pem");
  EXPECT_EQ(error.code, ErrorCode::configuration) << error.message;
  EXPECT_THAT(error.message, HasSubstr("/none/of/these.pem"));
}

}  // namespace
}  // namespace lockkeeper::testing
