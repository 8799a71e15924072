// Watching (--for): growth, interruptions, and a server that goes away meanwhile.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "cli/scene.hpp"

namespace lockkeeper::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

// Waits until the watching doctor has taken one more look.
class Looks {
 public:
  explicit Looks(Session& observer) : observer_(observer) {}

  void wait_for_next() {
    wait_until([&] { return start_of_last() > last_; }, default_patience, "the doctor's next look");
    last_ = start_of_last();
  }

 private:
  std::string start_of_last() {
    // A batch's query_start is its last statement's; "idle" means that the look is over.
    const auto rows = observer_.exec(
        "SELECT query_start FROM pg_stat_activity WHERE application_name = 'lockkeeper' AND state = 'idle' "
        "AND query_start > backend_start ORDER BY 1 DESC LIMIT 1");
    return rows.empty() ? last_ : rows[0][0].value_or("");
  }

  Session& observer_;
  std::string last_;
};

TEST(Watch, ShowsGrowthAndStopsInOrderWhenInterrupted) {
  for (const int number : {SIGINT, SIGTERM}) {
    Scene scene;
    scene.leak(1);
    Program doctor(
        {.arguments = {"doctor", scene.url(), "--for", "1h", "--interval", "100ms", "--min-idle", "0", "--json"}});
    Looks looks(scene.observer());
    looks.wait_for_next();
    for (int id = 2; id <= 5; ++id) {
      scene.leak(id);
      looks.wait_for_next();
      looks.wait_for_next();
    }
    doctor.signal(number);
    const Finished result = doctor.finish();
    EXPECT_EQ(result.status, 1) << result;
    const auto report = parse_line(result.out);
    EXPECT_GE(report.at("looks").as_int64(), 9);
    const auto finding = finding_of(report, "idle-transaction");
    EXPECT_EQ(finding.at("count"), 5);
    EXPECT_GT(finding.at("evidence").at("growth_per_minute").to_number<double>(), 0);
    EXPECT_LT(string_of(finding.at("first_seen")), string_of(finding.at("last_seen")));
  }
}

TEST(Watch, LooksUntilTheTimeIsUp) {
  Scene scene;
  const Finished result = lockkeeper({"doctor", scene.url(), "--for", "300ms", "--interval", "300ms", "--json"});
  EXPECT_EQ(result.status, 0) << result;
  EXPECT_GE(result.took, 300ms);
  EXPECT_GE(parse_line(result.out).at("looks").as_int64(), 2);
}

TEST(Watch, AServerKilledMeanwhileLeavesWhatWasFoundBeforeAndSaysSo) {
  auto server = PostgresServer::start();
  Session leaked(server.url(), "checkout");
  leaked.exec("BEGIN");
  Program doctor({.arguments = {"doctor", server.url(), "--for", "1h", "--interval", "50ms", "--min-idle", "0"}});
  {
    Session observer(server.url());
    Looks looks(observer);
    for (int look = 1; look <= 3; ++look) looks.wait_for_next();  // the first may be what the driver asks by itself
  }
  server.kill_hard();
  doctor.signal(SIGINT);
  const Finished result = doctor.finish();
  EXPECT_EQ(result.status, 3) << result;
  EXPECT_THAT(result.out, HasSubstr("idle-transaction"));
  EXPECT_THAT(result.error, HasSubstr("error: " + server.url())) << "the looks after it could not connect";
}

TEST(Watch, AServerThatHangsMeanwhileDoesNotMakeTheWatchLonger) {
  Scene scene;
  Program doctor({.arguments = {"doctor", scene.url(), "--for", "4s", "--interval", "50ms", "--timeout", "1s"}});
  Looks(scene.observer()).wait_for_next();
  scene.server().pause();
  const Finished result = doctor.finish();
  scene.server().resume();
  EXPECT_EQ(result.status, 3) << result;
  EXPECT_THAT(result.error, HasSubstr("in time"));
  EXPECT_LT(result.took, 12s) << "80 looks that each take their whole second";
}

TEST(Watch, ARestartMeanwhileIsNoFailure) {
  auto server = PostgresServer::start();
  Program doctor({.arguments = {"doctor", server.url(), "--for", "1h", "--interval", "50ms"}});
  {
    Session observer(server.url());
    Looks(observer).wait_for_next();
  }
  server.restart();
  Session observer(server.url());
  Looks(observer).wait_for_next();
  doctor.signal(SIGINT);
  const Finished result = doctor.finish();
  EXPECT_EQ(result.status, 0) << result;
  EXPECT_THAT(result.out, HasSubstr("healthy: "));
}

TEST(Watch, ProgressIsForTerminalsOnly) {
  Scene scene;
  const Finished result = lockkeeper({"doctor", scene.url(), "--for", "100ms", "--interval", "20ms"});
  EXPECT_THAT(result.all(), Not(HasSubstr("watching")));
}

}  // namespace
}  // namespace lockkeeper::testing
