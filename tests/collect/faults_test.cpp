// What a look says when the server is not itself: a failure with advice, in time, and a good look afterwards.
#include <gmock/gmock.h>

#include <chrono>
#include <optional>

#include "collect/looking.hpp"

namespace lockkeeper::collect::postgres {
namespace {

using namespace std::chrono_literals;
using lockkeeper::testing::StopMode;
using ::testing::HasSubstr;
using ::testing::Not;

// The driver grants a cancelled statement one second; the rest is for a loaded machine.
constexpr auto slack = 8s;

// One server for all faults, which each case leaves running.
class Faults : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { server_.emplace(PostgresServer::start({.settings = {{"autovacuum", "off"}}})); }
  static void TearDownTestSuite() { server_.reset(); }

  void SetUp() override { static_cast<void>(looker_.look()); }

  [[nodiscard]] static PostgresServer& server() { return *server_; }
  Looker& looker() { return looker_; }

  // The failure of a look that must fail.
  static model::LookFailure failure_of(Looker& looker, Deadline deadline = soon()) {
    auto result = looker->look(deadline);
    if (result) {
      ADD_FAILURE() << "the look succeeded";
      return {};
    }
    EXPECT_FALSE(result.error().message.empty());
    EXPECT_FALSE(result.error().advice.empty());
    return result.error();
  }

 private:
  inline static std::optional<PostgresServer> server_;
  Looker looker_{server_->url()};
};

TEST_F(Faults, AStoppedServerIsUnreachableThenFineAgain) {
  server().stop();
  EXPECT_EQ(failure_of(looker()).code, "unreachable") << "the failure to connect again, not the loss before it";
  EXPECT_EQ(failure_of(looker()).code, "unreachable");
  server().start_again();
  EXPECT_EQ(looker().look().server.product, "PostgreSQL");
}

TEST_F(Faults, ACrashBetweenLooksIsNotNoticedOnceTheServerIsBack) {
  server().kill_hard();
  EXPECT_EQ(failure_of(looker()).code, "unreachable");
  server().start_again();
  EXPECT_EQ(looker().look().server.product, "PostgreSQL");
  server().kill_hard();
  server().start_again();
  EXPECT_EQ(looker().look().server.product, "PostgreSQL");
}

TEST_F(Faults, AServerThatHangsIsADeadlineAndNotForEver) {
  server().pause();
  for (int connected = 1; connected >= 0; --connected) {
    const auto start = std::chrono::steady_clock::now();
    const auto failure = failure_of(looker(), in(500ms));
    const auto took = std::chrono::steady_clock::now() - start;
    EXPECT_EQ(failure.code, "deadline") << (connected == 1 ? "in a look" : "while connecting");
    EXPECT_LT(took, 500ms + slack);
  }
  server().resume();
  EXPECT_EQ(looker().look().server.product, "PostgreSQL");
}

TEST_F(Faults, AnObserverThatIsTerminatedBetweenLooksConnectsAgainInTheSameLook) {
  Session administrator(server().url());
  administrator.exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'lockkeeper'");
  lockkeeper::testing::wait_until(
      [&] { return administrator.exec("SELECT FROM pg_stat_activity WHERE application_name = 'lockkeeper'").empty(); },
      lockkeeper::testing::default_patience, "the observer's session to end");
  EXPECT_EQ(looker().look().server.product, "PostgreSQL");
}

TEST_F(Faults, ACatalogThatIsLockedExclusivelyIsNamedInTheAdvice) {
  Session vacuum_full(server().url());
  vacuum_full.exec("BEGIN; LOCK TABLE pg_class IN ACCESS EXCLUSIVE MODE");
  const auto start = std::chrono::steady_clock::now();
  const auto failure = failure_of(looker(), in(20s));
  EXPECT_LT(std::chrono::steady_clock::now() - start, 500ms + slack) << "lock_timeout ends it, not the deadline";
  EXPECT_THAT(failure.advice, HasSubstr("catalog"));
  vacuum_full.exec("COMMIT");
  EXPECT_EQ(looker().look().server.product, "PostgreSQL") << "on the same connection";
}

TEST_F(Faults, ConnectingWhileACatalogIsLockedKeepsTheDeadline) {
  Session vacuum_full(server().url());
  vacuum_full.exec("BEGIN; LOCK TABLE pg_class IN ACCESS EXCLUSIVE MODE");
  Looker late(server().url());
  const auto start = std::chrono::steady_clock::now();
  static_cast<void>(failure_of(late, in(2s)));
  EXPECT_LT(std::chrono::steady_clock::now() - start, 2s + slack);
  vacuum_full.exec("COMMIT");
  EXPECT_EQ(late.look().server.product, "PostgreSQL");
}

TEST_F(Faults, AFailureNamesTheServerWithoutThePassword) {
  PostgresServer secured =
      PostgresServer::start({.auth_method = "scram-sha-256", .superuser_password = "correct-horse"});
  Looker wrong(secured.url("postgres", "postgres", "sekret-horse"));
  const auto failure = failure_of(wrong);
  EXPECT_EQ(failure.code, "authentication");
  EXPECT_THAT(failure.message + failure.advice, Not(HasSubstr("sekret")));
  EXPECT_THAT(failure.message, HasSubstr(std::to_string(secured.port())));
  EXPECT_THAT(wrong->public_url(), Not(HasSubstr("sekret")));
}

TEST_F(Faults, ADatabaseThatIsNotThereSaysSo) {
  Looker looker(server().url("no_such_database"));
  EXPECT_EQ(failure_of(looker).code, "unknown_database");
}

TEST_F(Faults, ADeadlineInThePastAsksNothing) {
  EXPECT_EQ(failure_of(looker(), in(-1s)).code, "deadline");
  EXPECT_EQ(looker().look().server.product, "PostgreSQL");
}

}  // namespace
}  // namespace lockkeeper::collect::postgres
