// What of a recorder's pools Prometheus is told.
#include <algorithm>
#include <cmath>
#include <map>

#include "report/metric_family.hpp"

namespace lockkeeper::report {
namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;

void add_up(model::WaitHistogram& sum, const model::WaitHistogram& more) {
  std::ranges::transform(sum, more, sum.begin(), std::plus{});
}

/// A pool's numbers under its label; those beyond the limit added up.
std::map<std::string, model::RecordedPool> pools_of(const model::Recording& recording) {
  std::map<std::string, model::RecordedPool> pools;
  for (const auto& pool : recording.pools) {
    const std::string name = pools.size() < most_pools_told ? pool.database + "/" + pool.user : "other";
    const auto [place, fresh] = pools.try_emplace(name, pool);
    if (fresh) continue;
    model::RecordedPool& sum = place->second;
    sum.now.maximum_size += pool.now.maximum_size;
    sum.now.in_use += pool.now.in_use;
    sum.now.idle += pool.now.idle;
    sum.now.waiting += pool.now.waiting;
    sum.now.oldest_wait = std::max(sum.now.oldest_wait, pool.now.oldest_wait);
    sum.now.oldest_lease = std::max(sum.now.oldest_lease, pool.now.oldest_lease);
    sum.queue_timeouts += pool.queue_timeouts;
    add_up(sum.waits, pool.waits);
    sum.total_wait += pool.total_wait;
    add_up(sum.uses, pool.uses);
    sum.total_use += pool.total_use;
  }
  return pools;
}

struct PoolNumber {
  const char* name;
  const char* help;
  MetricType type;
  double (*of)(const model::RecordedPool&);
};

constexpr const char* pool_label = "db_client_connection_pool_name";
constexpr const char* state_label = "db_client_connection_state";

constexpr PoolNumber pool_numbers[] = {
    {"db_client_connection_max", "The most server connections the recorder's pool may have open", MetricType::Gauge,
     [](const model::RecordedPool& pool) { return static_cast<double>(pool.now.maximum_size); }},
    {"db_client_connection_pending_requests", "Clients that wait for a server connection", MetricType::Gauge,
     [](const model::RecordedPool& pool) { return static_cast<double>(pool.now.waiting); }},
    {"db_client_connection_timeouts_total", "Clients that got no server connection in time", MetricType::Counter,
     [](const model::RecordedPool& pool) { return static_cast<double>(pool.queue_timeouts); }},
    {"lockkeeper_pool_oldest_wait_seconds", "How long the first in the queue has waited", MetricType::Gauge,
     [](const model::RecordedPool& pool) { return seconds(pool.now.oldest_wait); }},
    {"lockkeeper_pool_oldest_lease_seconds", "How long a client has held its server connection at most",
     MetricType::Gauge, [](const model::RecordedPool& pool) { return seconds(pool.now.oldest_lease); }},
};

using Pools = std::vector<std::pair<std::string, std::map<std::string, model::RecordedPool>>>;

struct PoolTimes {
  const char* name;
  const char* help;
  model::WaitHistogram model::RecordedPool::* times;
  model::Duration model::RecordedPool::* sum;
};

constexpr PoolTimes pool_times[] = {
    {"db_client_connection_wait_time_seconds", "How long clients waited for a server connection, of those that had to",
     &model::RecordedPool::waits, &model::RecordedPool::total_wait},
    {"db_client_connection_use_time_seconds", "How long clients held a server connection, of those that do no more",
     &model::RecordedPool::uses, &model::RecordedPool::total_use},
};

// The buckets are the pool's own, so that nothing is guessed: times of less than 2^i microseconds, from 64 on.
constexpr std::size_t first_bucket = 6;
double bucket_end(std::size_t bucket) { return std::ldexp(1.0, static_cast<int>(bucket)) / 1e6; }

}  // namespace

void add_pools(std::vector<MetricFamily>& all, std::span<const ServerMetrics> servers) {
  Pools pools;
  for (const auto& server : servers) {
    if (server.recording != nullptr) pools.emplace_back(server.name, pools_of(*server.recording));
  }
  Family count(all, "db_client_connection_count", "The recorder's server connections, by what they do",
               MetricType::Gauge);
  for (const auto& [server, of_server] : pools) {
    for (const auto& [name, pool] : of_server) {
      count.add({{"server", server}, {pool_label, name}, {state_label, "idle"}}, static_cast<double>(pool.now.idle));
      count.add({{"server", server}, {pool_label, name}, {state_label, "used"}}, static_cast<double>(pool.now.in_use));
    }
  }
  for (const PoolNumber& number : pool_numbers) {
    Family family(all, number.name, number.help, number.type);
    for (const auto& [server, of_server] : pools) {
      for (const auto& [name, pool] : of_server) family.add({{"server", server}, {pool_label, name}}, number.of(pool));
    }
  }
  for (const PoolTimes& times : pool_times) {
    Family family(all, times.name, times.help, MetricType::Histogram);
    for (const auto& [server, of_server] : pools) {
      for (const auto& [name, pool] : of_server)
        family.add_histogram({{"server", server}, {pool_label, name}}, pool.*times.times, first_bucket, bucket_end,
                             seconds(pool.*times.sum));
    }
  }
}

}  // namespace lockkeeper::report
