#include "report/prometheus.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <locale>
#include <vector>

#include "report/exposition.hpp"
#include "report/golden.hpp"

namespace lockkeeper::report {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using test::exposition_faults;

/// A pool in which everything has happened, each number different.
model::Pool busy_pool() {
  model::Pool pool;
  pool.name = "orders";
  pool.now = {.maximum_size = 10,
              .in_use = 7,
              .idle = 2,
              .connecting = 1,
              .waiting = 3,
              .oldest_wait = 1'250ms,
              .oldest_lease = 90s};
  pool.total = {.acquired = 1'000'007,
                .acquired_after_waiting = 20,
                .acquire_timeouts = 4,
                .acquires_refused = 5,
                .deadlocks = 6,
                .nested_acquires = 8,
                .connections_created = 40,
                .connect_failures = 9,
                .connections_closed = 31,
                .connections_lost = 11,
                .dirty_returns = 12,
                .leaks = 13,
                .reclaimed = 14,
                .commits = 900'000,
                .rollbacks = 15,
                .unknown_commits = 16,
                .abandoned_transactions = 17,
                .transaction_timeouts = 18,
                .retries = 19,
                .callback_failures = 21,
                .outbox_dead_letters = 22};
  pool.waits[0] = 999'987;
  pool.waits[12] = 15;
  pool.waits[31] = 5;
  pool.total_wait = 12'345'678us;
  pool.total_held = 3'600s;
  return pool;
}

TEST(Prometheus, TellsAllOfAPool) {
  std::vector<model::Pool> pools{busy_pool(), {}};
  pools[1].name = "reports";
  const std::string text = to_prometheus(pools, 23);
  EXPECT_THAT(exposition_faults(text), IsEmpty());
  test::expect_golden("prometheus", text);
}

TEST(Prometheus, ProcessesWithoutPoolsAreWellFormedToo) {
  const std::string text = to_prometheus({}, 0);
  EXPECT_THAT(exposition_faults(text), IsEmpty());
  EXPECT_THAT(text, HasSubstr("lockkeeper_facts_lost_total 0\n"));
}

TEST(Prometheus, NamesOfPoolsAreEscapedAndMended) {
  std::vector<model::Pool> pools(1);
  pools[0].name = "a \"quoted\\name\"\nof two lines, {odd}=\xff";
  const std::string text = to_prometheus(pools, 0);
  EXPECT_THAT(exposition_faults(text), IsEmpty());
  EXPECT_THAT(text, HasSubstr(R"(="a \"quoted\\name\"\nof two lines, {odd}=)"
                              "\xef\xbf\xbd\""));
}

TEST(Prometheus, BucketsAreCumulativeInSeconds) {
  const std::vector<model::Pool> pools{busy_pool()};
  const std::string text = to_prometheus(pools, 0);
  const std::string bucket =
      R"(db_client_connection_wait_time_seconds_bucket{db_client_connection_pool_name="orders",)";
  EXPECT_THAT(text, HasSubstr(bucket + R"(le="1e-06"} 999987)"));
  EXPECT_THAT(text, HasSubstr(bucket + R"(le="0.002048"} 999987)"));
  EXPECT_THAT(text, HasSubstr(bucket + R"(le="0.004096"} 1000002)"));
  EXPECT_THAT(text, HasSubstr(bucket + R"(le="1073.741824"} 1000002)"));
  EXPECT_THAT(text, HasSubstr(bucket + R"(le="+Inf"} 1000007)"));
}

TEST(Prometheus, CountersOfManyDigitsKeepThemAll) {
  std::vector<model::Pool> pools{busy_pool()};
  pools[0].total.acquired = 9'007'199'254'740'991;  // 2^53 - 1, the last whole number that Prometheus can tell.
  const std::string text = to_prometheus(pools, 0);
  EXPECT_THAT(text, HasSubstr("lockkeeper_pool_acquired_total{db_client_connection_pool_name=\"orders\"} "
                              "9007199254740991\n"));
}

TEST(Prometheus, TheLocaleOfTheProcessChangesNothing) {
  struct Comma : std::numpunct<char> {
    char do_decimal_point() const override { return ','; }
    char do_thousands_sep() const override { return '.'; }
    std::string do_grouping() const override { return "\3"; }
  };
  const std::vector<model::Pool> pools{busy_pool()};
  const std::string before = to_prometheus(pools, 0);
  const std::locale usual = std::locale::global(std::locale(std::locale::classic(), new Comma));
  const std::string with_commas = to_prometheus(pools, 0);
  std::locale::global(usual);
  EXPECT_EQ(with_commas, before);
}

TEST(ExpositionReader, FindsWhatIsWrong) {
  const auto fault = [](const char* text) {
    const auto faults = exposition_faults(text);
    return faults.empty() ? std::string() : faults.front();
  };
  EXPECT_THAT(fault("# HELP a b\n# TYPE a gauge\na 1\n"), IsEmpty());
  EXPECT_THAT(fault("# HELP a b\n# TYPE a gauge\na 1"), HasSubstr("newline"));
  EXPECT_THAT(fault("# TYPE a gauge\na 1\n"), HasSubstr("does not follow its HELP"));
  EXPECT_THAT(fault("# HELP a b\na 1\n"), HasSubstr("before its TYPE"));
  EXPECT_THAT(fault("# HELP a b\n# TYPE a gauge\na 1\na 1\n"), HasSubstr("twice"));
  EXPECT_THAT(fault("# HELP a b\n# TYPE a gauge\n# HELP a b\n# TYPE a gauge\n"), HasSubstr("twice"));
  EXPECT_THAT(fault("# HELP a b\n# TYPE a gauge\nb 1\n"), HasSubstr("not of family"));
  EXPECT_THAT(fault("# HELP a b\n# TYPE a gauge\na{x=\"1\",} 1\n"), HasSubstr("neither"));
  EXPECT_THAT(fault("# HELP a b\n# TYPE a gauge\na{x=\"\\t\"} 1\n"), HasSubstr("neither"));
  EXPECT_THAT(fault("# HELP a b\n# TYPE a gauge\na 1,5\n"), HasSubstr("neither"));
  EXPECT_THAT(fault("# HELP a b\n# TYPE a counter\na 1\n"), HasSubstr("_total"));
  const std::string histogram = "# HELP h b\n# TYPE h histogram\n";
  EXPECT_THAT(fault((histogram + "h_bucket{le=\"1\"} 1\nh_count 1\nh_sum 1\n").c_str()), HasSubstr("+Inf"));
  EXPECT_THAT(fault((histogram + "h_bucket{le=\"1\"} 2\nh_bucket{le=\"+Inf\"} 1\nh_count 1\nh_sum 1\n").c_str()),
              HasSubstr("not cumulative"));
  EXPECT_THAT(fault((histogram + "h_bucket{le=\"+Inf\"} 1\nh_count 2\nh_sum 1\n").c_str()),
              HasSubstr("not its last bucket"));
  EXPECT_THAT(fault((histogram + "h_bucket{le=\"+Inf\"} 1\nh_count 1\n").c_str()), HasSubstr("no _sum"));
}

}  // namespace
}  // namespace lockkeeper::report
