// What the daemon tells Prometheus, read by Prometheus itself.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/prometheus.hpp"
#include "daemon/running_daemon.hpp"
#include "support/servers.hpp"
#include "support/session.hpp"

namespace lockkeeper::testing {
namespace {

TEST(PrometheusScrape, ReadsTheMetricsWithoutComplaintAndTheirTrueValues) {
  if (const std::string reason = Prometheus::reason_to_skip(); !reason.empty()) GTEST_SKIP() << reason;
  const PostgresServer server = PostgresServer::start();
  Session(server.url()).exec("CREATE ROLE app LOGIN");
  RunningDaemon daemon;
  daemon.configure("[databases.\"*\"]\nport = " + std::to_string(server.port()) +
                   "\n[proxy]\nlisten = [\"127.0.0.1:0\"]\n[servers.shop]\nurl = \"" + server.url() + "\"\n");
  daemon.start();
  const std::string through = daemon.recorder_url("app", "checkout");
  Session leak(through);
  leak.exec("BEGIN; SELECT 1");  // As one: a look between the two would have seen a gap that is over, which counts.
  {
    Session healthy(through);
    for (int i = 0; i < 3; ++i) {
      healthy.exec("BEGIN");
      healthy.exec("SELECT 1");
      healthy.exec("COMMIT");
    }
  }
  daemon.until([&] { return daemon.finds("shop", "idle-transaction"); }, "the leak to be found");

  // OpenTelemetry's own name, as its Prometheus exporters write it; promtool keeps the ending for histograms.
  EXPECT_EQ(Prometheus::complaints(daemon.ask(test::get("/metrics")).body),
            "db_client_connection_count non-histogram and non-summary metrics should not have \"_count\" suffix\n");

  const Prometheus prometheus(daemon.port());
  EXPECT_TRUE(prometheus.becomes("up{job=\"lockkeeper\"}", 1)) << prometheus.log();
  EXPECT_TRUE(prometheus.becomes("lockkeeper_transactions_total{server=\"shop\",outcome=\"committed\"}", 3));
  EXPECT_TRUE(prometheus.becomes("lockkeeper_sessions{server=\"shop\",state=\"idle_in_transaction\"}", 1));
  EXPECT_TRUE(prometheus.becomes("lockkeeper_gaps_open{server=\"shop\",application=\"checkout\"}", 1));
  EXPECT_TRUE(prometheus.becomes("lockkeeper_gap_seconds_count{server=\"shop\",application=\"checkout\"}", 6))
      << "two of each that is over";
  EXPECT_TRUE(prometheus.becomes("db_client_connection_use_time_seconds_count{server=\"shop\"}", 1))
      << "in session mode a client holds its server connection until it leaves";
  leak.exec("COMMIT");
  EXPECT_TRUE(prometheus.becomes("lockkeeper_transactions_total{server=\"shop\",outcome=\"committed\"}", 4));
  daemon.stop();
}

}  // namespace
}  // namespace lockkeeper::testing
