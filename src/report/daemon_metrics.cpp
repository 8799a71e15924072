#include "report/daemon_metrics.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <functional>
#include <map>
#include <sstream>
#include <utility>
#include <variant>
#include <vector>

#include "base/utf8.hpp"

namespace lockkeeper::report {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<std::pair<const char*, std::string>>;

double seconds(model::Duration time) { return std::chrono::duration<double>(time).count(); }

class Family {
 public:
  Family(std::vector<MetricFamily>& all, const char* name, const char* help, MetricType type)
      : made_(all.emplace_back(MetricFamily{name, help, type, {}})) {}

  void add(const Labels& labels, double value) {
    ClientMetric& metric = made_.metric.emplace_back();
    for (const auto& [name, text] : labels) metric.label.push_back({name, base::mend_utf8(text)});
    (made_.type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
  }

 private:
  MetricFamily& made_;
};

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

using Servers = std::span<const ServerMetrics>;
using Pools = std::vector<std::pair<std::string, std::map<std::string, model::RecordedPool>>>;

void add_pools(std::vector<MetricFamily>& all, Servers servers) {
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
}

void add_looks(std::vector<MetricFamily>& all, Servers servers) {
  Family looks(all, "lockkeeper_looks_total", "Looks at the server that succeeded", MetricType::Counter);
  for (const auto& server : servers) looks.add({{"server", server.name}}, static_cast<double>(server.diagnosis.looks));
  Family failing(all, "lockkeeper_look_failing", "1 where the last look at the server failed", MetricType::Gauge);
  for (const auto& server : servers) failing.add({{"server", server.name}}, server.diagnosis.failure ? 1 : 0);
  Family age(all, "lockkeeper_view_age_seconds", "How old is what is known of the server", MetricType::Gauge);
  for (const auto& server : servers) {
    if (server.age) age.add({{"server", server.name}}, seconds(*server.age));
  }
}

void add_sessions(std::vector<MetricFamily>& all, Servers servers) {
  Family sessions(all, "lockkeeper_sessions", "Client sessions as the server sees them; waiting ones are active too",
                  MetricType::Gauge);
  for (const auto& server : servers) {
    const auto& counts = server.diagnosis.counts;
    for (const auto& [state, count] :
         {std::pair{"all", counts.clients}, std::pair{"active", counts.active},
          std::pair{"idle_in_transaction", counts.idle_in_transaction}, std::pair{"waiting", counts.waiting}}) {
      sessions.add({{"server", server.name}, {"state", state}}, static_cast<double>(count));
    }
  }
}

void add_findings(std::vector<MetricFamily>& all, Servers servers) {
  Family findings(all, "lockkeeper_findings", "Findings that are there now", MetricType::Gauge);
  for (const auto& server : servers) {
    std::map<std::pair<std::string, std::string>, int> counts;
    for (const auto& finding : server.diagnosis.findings)
      ++counts[{finding.rule.value(), std::string(to_string(finding.severity))}];
    for (const auto& [what, count] : counts)
      findings.add({{"server", server.name}, {"rule", what.first}, {"severity", what.second}}, count);
  }
}

void add_transactions(std::vector<MetricFamily>& all, Servers servers) {
  using enum model::TransactionEnd;
  Family transactions(all, "lockkeeper_transactions_total",
                      "Transactions that the recorder saw end; unknown: the reply of COMMIT was lost",
                      MetricType::Counter);
  for (const auto& server : servers) {
    if (server.transactions == nullptr) continue;
    for (const auto end : {committed, rolled_back, abandoned, terminated, unknown}) {
      transactions.add({{"server", server.name}, {"outcome", std::string(to_string(end))}},
                       static_cast<double>(server.transactions->count(end)));
    }
  }
  Family lost(all, "lockkeeper_facts_lost", "Facts that the recorder lost in the last while: nobody took them in time",
              MetricType::Gauge);
  for (const auto& server : servers) {
    if (server.recording != nullptr)
      lost.add({{"server", server.name}}, static_cast<double>(server.recording->facts_lost));
  }
}

}  // namespace

void TransactionCounts::take(const model::Recording& recording) {
  std::set<Key> now;
  for (const auto& fact : recording.facts) {
    const auto* over = std::get_if<model::TransactionOver>(&fact.what);
    if (over == nullptr || !over->client || !over->record) continue;
    const Key key{over->client->id, over->record->id().started_at, over->ended_at};
    if (!now.insert(key).second || last_.contains(key)) continue;
    ++counts_.at(static_cast<std::size_t>(over->end));
  }
  last_.swap(now);
}

std::uint64_t TransactionCounts::count(model::TransactionEnd end) const {
  return counts_.at(static_cast<std::size_t>(end));
}

std::string daemon_metrics(std::span<const ServerMetrics> servers) {
  std::vector<MetricFamily> families;
  families.reserve(32);  // a Family refers to its place
  add_looks(families, servers);
  add_sessions(families, servers);
  add_findings(families, servers);
  add_pools(families, servers);
  add_transactions(families, servers);
  std::ostringstream text;
  prometheus::TextSerializer().Serialize(text, families);
  return std::move(text).str();
}

}  // namespace lockkeeper::report
