// A watch of a real server that goes and comes.
#include "diagnose/watch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <lockkeeper/postgres.hpp>

#include <atomic>

#include "collect/postgres/collector.hpp"
#include "support/servers.hpp"
#include "support/session.hpp"

namespace lockkeeper::diagnose {
namespace {

using namespace std::chrono_literals;
using namespace lockkeeper::testing;

class Watching : public ::testing::Test {
 protected:
  [[nodiscard]] std::unique_ptr<Conductor> conductor() {
    Limits limits;
    limits.min_idle = 0s;
    return std::make_unique<Conductor>(std::make_unique<collect::postgres::Collector>(*driver_, server_.url()), limits);
  }
  [[nodiscard]] bool finds(std::string_view rule) const {
    const auto view = board_.view("main");
    return view != nullptr && std::ranges::any_of(view->diagnosis.findings, [&](const model::Finding& finding) {
             return finding.rule.value() == rule;
           });
  }
  void until(const std::function<bool()>& holds, std::string_view what) { wait_until(holds, default_patience, what); }

  PostgresServer server_ = PostgresServer::start();
  std::unique_ptr<Driver> driver_ = make_postgres_driver();
  Board board_;
};

TEST_F(Watching, PutsWhatItSeesOnTheBoardAndSurvivesItsServer) {
  const WatchSettings quick{.interval = 20ms, .timeout = 5s};
  std::atomic<int> looks{0};
  const Watch watch("main", conductor(), board_, quick,
                    {.before_look = nullptr,
                     .after_look =
                         [&](const View& view, Conductor&) {
                           EXPECT_EQ(view.name, "main");
                           ++looks;
                         },
                     .at_end = nullptr});
  until([&] { return looks >= 2; }, "two looks");
  EXPECT_FALSE(finds("idle-transaction"));
  {
    Session leak(server_.url());
    leak.exec("BEGIN");
    leak.exec("SELECT 1");
    until([&] { return finds("idle-transaction"); }, "the open transaction is found");
  }
  until([&] { return !finds("idle-transaction"); }, "it is gone with its client");

  server_.stop(StopMode::immediate);
  until([&] { return finds("server-unreachable"); }, "the server is missed");
  const auto down = board_.view("main");
  EXPECT_TRUE(down->diagnosis.failure);
  EXPECT_EQ(down->diagnosis.findings.front().severity, model::Severity::warning) << "it may be a restart";
  EXPECT_FALSE(sample_of(*down));
  EXPECT_GE(down->diagnosis.failed_looks, 1);
  const auto version = board_.version();
  until([&] { return board_.version() > version + 1; }, "it goes on trying");
  EXPECT_EQ(board_.view("main")->diagnosis.findings.front().id, down->diagnosis.findings.front().id);

  server_.start_again();
  until([&] { return !finds("server-unreachable"); }, "the server is back");
  EXPECT_TRUE(sample_of(*board_.view("main")));
}

TEST_F(Watching, LooksAtOnceWhereSomebodyWaitsForIt) {
  const WatchSettings rarely{.interval = 1h, .timeout = 5s};
  Watch watch("main", conductor(), board_, rarely, {});
  until([&] { return board_.version() == 1; }, "the first look");
  watch.hurry(1h);
  until([&] { return board_.version() == 2; }, "the look that was asked for");
  watch.hurry(10ms);
  until([&] { return board_.version() >= 5; }, "looks at the new interval");
}

TEST(ServerUnreachable, IsCriticalOnceItLasts) {
  const model::LookFailure failure{"unreachable", "it is down", "Start it."};
  const model::WallTime since{1h};
  EXPECT_EQ(server_unreachable("main", failure, since, since + 9s).severity, model::Severity::warning);
  const auto lasting = server_unreachable("main", failure, since, since + 10s);
  EXPECT_EQ(lasting.severity, model::Severity::critical);
  EXPECT_EQ(lasting.id, server_unreachable("main", failure, since + 1h, since + 2h).id) << "the next time too";
  EXPECT_EQ(lasting.fix, "Start it.");
}

TEST_F(Watching, EndsWithoutWaitingForItsNextLook) {
  const auto begun = std::chrono::steady_clock::now();
  bool ended = false;
  {
    const Watch watch("main", conductor(), board_, {.interval = 1h, .timeout = 5s},
                      {.before_look = nullptr, .after_look = nullptr, .at_end = [&](Conductor&) { ended = true; }});
    until([&] { return board_.version() > 0; }, "the first look");
  }
  EXPECT_TRUE(ended);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 1min);
}

}  // namespace
}  // namespace lockkeeper::diagnose
