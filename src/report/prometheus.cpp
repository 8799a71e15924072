#include "report/prometheus.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <sstream>
#include <string_view>
#include <utility>
#include <vector>

#include "base/utf8.hpp"

namespace lockkeeper::report {
namespace {

using model::Pool;
using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

using Families = std::vector<MetricFamily>;

/// The label by which everything said of one pool can be joined: OpenTelemetry's db.client.connection.pool.name.
constexpr const char* pool_label = "db_client_connection_pool_name";
constexpr const char* state_label = "db_client_connection_state";

double seconds(model::Duration time) { return std::chrono::duration<double>(time).count(); }

ClientMetric labelled(const Pool& pool) {
  ClientMetric metric;
  metric.label.push_back({pool_label, base::mend_utf8(pool.name)});
  return metric;
}

MetricFamily family(std::string name, std::string help, MetricType type) {
  return {std::move(name), std::move(help), type, {}};
}

/// One number of a pool, as a gauge or a counter of its own.
struct Number {
  const char* name;
  const char* help;
  double (*of)(const Pool&);
};

void add(Families& families, std::span<const Pool> pools, const Number& number, MetricType type) {
  MetricFamily& made = families.emplace_back(family(number.name, number.help, type));
  for (const Pool& pool : pools) {
    ClientMetric metric = labelled(pool);
    (type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = number.of(pool);
    made.metric.push_back(std::move(metric));
  }
}

template <std::uint64_t model::PoolGauges::* Gauge>
double gauge(const Pool& pool) {
  return static_cast<double>(pool.now.*Gauge);
}

template <std::uint64_t model::PoolCounters::* Counter>
double total(const Pool& pool) {
  return static_cast<double>(pool.total.*Counter);
}

using model::PoolCounters;
using model::PoolGauges;

constexpr Number gauges[] = {
    {"db_client_connection_max", "The most connections the pool may have open", gauge<&PoolGauges::maximum_size>},
    {"db_client_connection_pending_requests", "Callers that wait for a connection", gauge<&PoolGauges::waiting>},
    {"lockkeeper_pool_connecting", "Connections being opened", gauge<&PoolGauges::connecting>},
    {"lockkeeper_pool_oldest_wait_seconds", "How long the first in the queue has waited",
     [](const Pool& pool) { return seconds(pool.now.oldest_wait); }},
    {"lockkeeper_pool_oldest_lease_seconds", "How long the oldest lease has been held",
     [](const Pool& pool) { return seconds(pool.now.oldest_lease); }},
};

constexpr Number counters[] = {
    {"db_client_connection_timeouts_total", "Callers that got no connection in time",
     total<&PoolCounters::acquire_timeouts>},
    {"lockkeeper_pool_acquired_total", "Leases begun", total<&PoolCounters::acquired>},
    {"lockkeeper_pool_acquired_after_waiting_total", "Leases begun after a wait in the queue",
     total<&PoolCounters::acquired_after_waiting>},
    {"lockkeeper_pool_acquires_refused_total", "Callers refused: too many waited, the pool was closed, or nested",
     total<&PoolCounters::acquires_refused>},
    {"lockkeeper_pool_deadlocks_total", "Waits failed because they could never have ended",
     total<&PoolCounters::deadlocks>},
    {"lockkeeper_pool_nested_acquires_total", "Connections asked for while holding one",
     total<&PoolCounters::nested_acquires>},
    {"lockkeeper_pool_connections_created_total", "Connections opened", total<&PoolCounters::connections_created>},
    {"lockkeeper_pool_connect_failures_total", "Attempts to connect that failed",
     total<&PoolCounters::connect_failures>},
    {"lockkeeper_pool_connections_closed_total", "Connections closed, for whatever reason",
     total<&PoolCounters::connections_closed>},
    {"lockkeeper_pool_connections_lost_total", "Connections found dead, or dead in use",
     total<&PoolCounters::connections_lost>},
    {"lockkeeper_pool_dirty_returns_total", "Leases given back with a transaction open",
     total<&PoolCounters::dirty_returns>},
    {"lockkeeper_pool_leaks_total", "Leases held longer than the leak policy allows", total<&PoolCounters::leaks>},
    {"lockkeeper_pool_reclaimed_total", "Leases taken back by the leak policy", total<&PoolCounters::reclaimed>},
    {"lockkeeper_transactions_abandoned_total", "Transactions left without commit or rollback, and rolled back",
     total<&PoolCounters::abandoned_transactions>},
    {"lockkeeper_transaction_timeouts_total", "Transactions whose timeout passed while they were open",
     total<&PoolCounters::transaction_timeouts>},
    {"lockkeeper_transaction_retries_total", "Transactions run again", total<&PoolCounters::retries>},
    {"lockkeeper_transaction_callback_failures_total", "Functions for before or after the end that threw",
     total<&PoolCounters::callback_failures>},
    {"lockkeeper_outbox_dead_letters_total", "Outbox messages given up", total<&PoolCounters::outbox_dead_letters>},
};

void add_connections(Families& families, std::span<const Pool> pools) {
  MetricFamily& made = families.emplace_back(
      family("db_client_connection_count", "Connections that are open, by what they do", MetricType::Gauge));
  for (const Pool& pool : pools) {
    for (const auto& [state, count] : {std::pair{"idle", pool.now.idle}, std::pair{"used", pool.now.in_use}}) {
      ClientMetric metric = labelled(pool);
      metric.label.push_back({state_label, state});
      metric.gauge.value = static_cast<double>(count);
      made.metric.push_back(std::move(metric));
    }
  }
}

// The buckets are the pool's own, so that nothing is guessed: waits of less than 2^i microseconds.
void add_wait_time(Families& families, std::span<const Pool> pools) {
  MetricFamily& made = families.emplace_back(family("db_client_connection_wait_time_seconds",
                                                    "How long callers waited for a connection", MetricType::Histogram));
  for (const Pool& pool : pools) {
    ClientMetric metric = labelled(pool);
    std::uint64_t cumulative = 0;
    for (std::size_t i = 0; i < pool.waits.size(); ++i) {
      cumulative += pool.waits[i];
      const bool last = i + 1 == pool.waits.size();
      const double bound = last ? std::numeric_limits<double>::infinity() : std::ldexp(1.0, static_cast<int>(i)) / 1e6;
      metric.histogram.bucket.push_back({cumulative, bound});
    }
    metric.histogram.sample_count = cumulative;
    metric.histogram.sample_sum = seconds(pool.total_wait);
    made.metric.push_back(std::move(metric));
  }
}

// Sum and count are known, the distribution is not: one bucket, as the convention's histogram allows.
void add_use_time(Families& families, std::span<const Pool> pools) {
  MetricFamily& made = families.emplace_back(family(
      "db_client_connection_use_time_seconds", "How long leases that have ended were held", MetricType::Histogram));
  for (const Pool& pool : pools) {
    ClientMetric metric = labelled(pool);
    const std::uint64_t ended = pool.total.acquired - std::min(pool.total.acquired, pool.now.in_use);
    metric.histogram.sample_count = ended;
    metric.histogram.sample_sum = seconds(pool.total_held);
    metric.histogram.bucket.push_back({ended, std::numeric_limits<double>::infinity()});
    made.metric.push_back(std::move(metric));
  }
}

void add_outcomes(Families& families, std::span<const Pool> pools) {
  MetricFamily& made =
      families.emplace_back(family("lockkeeper_transactions_total",
                                   "Transactions ended; unknown: the reply of COMMIT was lost", MetricType::Counter));
  for (const Pool& pool : pools) {
    const std::pair<const char*, std::uint64_t> outcomes[] = {{"committed", pool.total.commits},
                                                              {"rolled_back", pool.total.rollbacks},
                                                              {"unknown", pool.total.unknown_commits}};
    for (const auto& [outcome, count] : outcomes) {
      ClientMetric metric = labelled(pool);
      metric.label.push_back({"outcome", outcome});
      metric.counter.value = static_cast<double>(count);
      made.metric.push_back(std::move(metric));
    }
  }
}

void add_facts_lost(Families& families, std::uint64_t facts_lost) {
  MetricFamily& made = families.emplace_back(
      family("lockkeeper_facts_lost_total", "Facts thrown away because nobody took them in time", MetricType::Counter));
  made.metric.emplace_back().counter.value = static_cast<double>(facts_lost);
}

}  // namespace

std::string to_prometheus(std::span<const model::Pool> pools, std::uint64_t facts_lost) {
  Families families;
  add_connections(families, pools);
  for (const Number& number : gauges) add(families, pools, number, MetricType::Gauge);
  add_wait_time(families, pools);
  add_use_time(families, pools);
  for (const Number& number : counters) add(families, pools, number, MetricType::Counter);
  add_outcomes(families, pools);
  add_facts_lost(families, facts_lost);
  std::ostringstream text;
  prometheus::TextSerializer().Serialize(text, families);
  return std::move(text).str();
}

}  // namespace lockkeeper::report
