// The examples, as the test `package` has built them, on PostgreSQL, MariaDB and MySQL: what they say has to be the
// same.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "support/servers.hpp"

namespace lockkeeper::testing {
namespace {

/// What an example says that it prints, in its first lines.
std::string promise_of(const std::filesystem::path& source) {
  std::ostringstream text;
  text << std::ifstream(source).rdbuf();
  const std::string whole = text.str();
  std::smatch found;
  if (!std::regex_search(whole, found, std::regex("\n// Says: ([^\n]+)\n"))) return {};
  return found[1];
}

void run_all_on(const std::string& url) {
  std::size_t run = 0;
  for (const auto& entry : std::filesystem::directory_iterator(LOCKKEEPER_SOURCE_DIR "/examples")) {
    if (entry.path().extension() != ".cpp") continue;
    const std::string name = entry.path().stem().string();
    const std::string promise = promise_of(entry.path());
    ASSERT_NE(promise, "") << name << " does not say what it prints: // Says: ...";
    const CommandResult result =
        run_command({EXAMPLES_BUILT_IN "/" + name, url}, std::nullopt, std::chrono::seconds(60));
    EXPECT_EQ(result.status, 0) << name << ":\n" << result.output;
    EXPECT_THAT(result.output, ::testing::HasSubstr(promise)) << name;
    ++run;
  }
  EXPECT_EQ(run, 6U);
}

TEST(Examples, SayTheSameOnPostgres) { run_all_on(PostgresServer::start().url()); }

TEST(Examples, SayTheSameOnMariadb) { run_all_on(MysqlServer::start(find_mariadb()).url()); }

TEST(Examples, SayTheSameOnMysql) {
  const MysqlInstallation mysql = find_mysql();
  if (!mysql.reason_to_skip().empty()) GTEST_SKIP() << mysql.reason_to_skip();
  run_all_on(MysqlServer::start(mysql).url());
}

}  // namespace
}  // namespace lockkeeper::testing
