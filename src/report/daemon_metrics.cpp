#include "report/daemon_metrics.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <map>
#include <sstream>
#include <utility>
#include <variant>
#include <vector>

#include "report/metric_family.hpp"

namespace lockkeeper::report {
namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;
using Servers = std::span<const ServerMetrics>;

void add_looks(std::vector<MetricFamily>& all, Servers servers) {
  Family looks(all, "lockkeeper_looks_total", "Looks at the server that succeeded", MetricType::Counter);
  for (const auto& server : servers) looks.add({{"server", server.name}}, static_cast<double>(server.diagnosis.looks));
  Family failed(all, "lockkeeper_looks_failed_total", "Looks at the server that failed", MetricType::Counter);
  for (const auto& server : servers)
    failed.add({{"server", server.name}}, static_cast<double>(server.diagnosis.failed_looks));
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

// Every second bucket of the statistic's, from 4 ms on.
constexpr std::size_t first_gap_bucket = 1;
double gap_bucket_end(std::size_t bucket) { return seconds(model::bucket_end(bucket)); }

void add_gaps(std::vector<MetricFamily>& all, Servers servers) {
  Family open(all, "lockkeeper_gaps_open", "Gaps in transactions that are open: nothing runs", MetricType::Gauge);
  Family lengths(all, "lockkeeper_gap_seconds", "How long gaps in transactions lasted, of those that completed",
                 MetricType::Histogram);
  Family censored(all, "lockkeeper_gaps_censored_total",
                  "Gaps that somebody else ended: a kill, a timeout, a lost connection", MetricType::Counter);
  for (const auto& server : servers) {
    for (const model::GapCounts& gaps : server.gaps) {
      const Labels labels{{"server", server.name}, {"application", gaps.application}};
      open.add(labels, static_cast<double>(gaps.open));
      lengths.add_histogram(labels, gaps.lengths, first_gap_bucket, gap_bucket_end, seconds(gaps.total));
      censored.add(labels, static_cast<double>(gaps.censored));
    }
  }
}

void add_actions(std::vector<MetricFamily>& all, const DaemonCounts& counts) {
  Family actions(all, "lockkeeper_actions_total", "What was done to sessions, or was not and why", MetricType::Counter);
  for (const auto& [server, of_server] : counts.actions) {
    for (const auto& [key, count] : of_server.all())
      actions.add({{"server", server}, {"by", key.by}, {"action", key.action}, {"outcome", key.outcome}},
                  static_cast<double>(count));
  }
  Family console(all, "lockkeeper_clients_ended_total", "The recorder's clients that were ended on its console",
                 MetricType::Counter);
  console.add({}, static_cast<double>(counts.clients_ended_on_console));
}

void add_alerts(std::vector<MetricFamily>& all, const DaemonCounts& counts) {
  Family news(all, "lockkeeper_alerts_total", "What receivers of alerts were told, or were not", MetricType::Counter);
  Family waiting(all, "lockkeeper_alerts_waiting", "News that wait to be told", MetricType::Gauge);
  Family failing(all, "lockkeeper_alert_failing", "1 where the last attempt to tell failed", MetricType::Gauge);
  for (const AlertCounts& alert : counts.alerts) {
    for (const auto& [outcome, count] :
         {std::pair{"told", alert.told}, std::pair{"failed", alert.failed}, std::pair{"dropped", alert.dropped}})
      news.add({{"alert", alert.name}, {"outcome", outcome}}, static_cast<double>(count));
    waiting.add({{"alert", alert.name}}, static_cast<double>(alert.waiting));
    failing.add({{"alert", alert.name}}, alert.failing ? 1 : 0);
  }
}

void add_history(std::vector<MetricFamily>& all, const DaemonCounts& counts) {
  Family failing(all, "lockkeeper_history_failing", "1 where the history cannot be written", MetricType::Gauge);
  Family waiting(all, "lockkeeper_history_rows_waiting", "Rows that are not on the disk yet", MetricType::Gauge);
  Family commits(all, "lockkeeper_history_commits_total", "Times that rows went to the disk", MetricType::Counter);
  Family bytes(all, "lockkeeper_history_bytes", "The file's size at the last trim", MetricType::Gauge);
  Family dropped(all, "lockkeeper_history_dropped_total", "Rows that were let go for want of room",
                 MetricType::Counter);
  if (!counts.history) return;
  const HistoryCounts& history = *counts.history;
  failing.add({}, history.failing ? 1 : 0);
  waiting.add({}, static_cast<double>(history.waiting_rows));
  commits.add({}, static_cast<double>(history.commits));
  bytes.add({}, static_cast<double>(history.bytes));
  for (const auto& [kind, count] : history.dropped) dropped.add({{"kind", kind}}, static_cast<double>(count));
}

}  // namespace

void TransactionCounts::take(const model::Recording& recording) {
  for (const auto& fact : recording.facts) {
    const auto* over = std::get_if<model::TransactionOver>(&fact.what);
    if (taken_.take(fact) && over != nullptr) ++counts_.at(static_cast<std::size_t>(over->end));
  }
}

std::uint64_t TransactionCounts::count(model::TransactionEnd end) const {
  return counts_.at(static_cast<std::size_t>(end));
}

void ActionCounts::take(const model::ActionReport& report, const std::string& actor) {
  const std::string by = actor.substr(0, actor.find(' '));
  for (const model::Target& target : report.targets) {
    const auto outcome = outcome_name(target.result.outcome, report.action == model::Action::cancel);
    ++counts_[{by, std::string(to_string(report.action)), std::string(outcome)}];
  }
}

std::string daemon_metrics(std::span<const ServerMetrics> servers, const DaemonCounts& counts) {
  std::vector<MetricFamily> families;
  families.reserve(64);  // a Family refers to its place
  add_looks(families, servers);
  add_sessions(families, servers);
  add_findings(families, servers);
  add_pools(families, servers);
  add_transactions(families, servers);
  add_gaps(families, servers);
  add_actions(families, counts);
  add_alerts(families, counts);
  add_history(families, counts);
  std::ostringstream text;
  prometheus::TextSerializer().Serialize(text, families);
  return std::move(text).str();
}

}  // namespace lockkeeper::report
