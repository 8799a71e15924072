#include <boost/json.hpp>

#include <algorithm>
#include <string_view>

#include "report/board_json.hpp"
#include "report/json_values.hpp"

namespace lockkeeper::report {
namespace {

namespace json = boost::json;
using namespace values;

json::object by_severity(const std::vector<model::Finding>& findings) {
  const auto count = [&](model::Severity severity) {
    return std::ranges::count(findings, severity, &model::Finding::severity);
  };
  return {{"critical", count(model::Severity::critical)},
          {"warning", count(model::Severity::warning)},
          {"notice", count(model::Severity::notice)}};
}

json::object server_object(const ServerOf& of) {
  const auto& diagnosis = of.diagnosis;
  const bool seen = diagnosis.server && !diagnosis.server->product.empty();
  return {{"name", text(of.name)},
          {"url", text(diagnosis.url)},
          {"product", seen ? json::value(text(diagnosis.server->product)) : json::value(nullptr)},
          {"version", seen ? json::value(text(diagnosis.server->version)) : json::value(nullptr)},
          {"complete", diagnosis.looks > 0 && diagnosis.complete()},
          {"error", failure(diagnosis.failure)},
          {"looks", diagnosis.looks},
          {"observed_at", diagnosis.looks > 0 ? time(diagnosis.observed_at) : json::value(nullptr)},
          {"sessions", counts(diagnosis.counts)},
          {"usable_connections", seen ? json::value(diagnosis.server->usable_connections()) : json::value(nullptr)},
          {"findings", by_severity(diagnosis.findings)},
          {"recorder", of.recorder}};
}

json::object sample_object(const model::ConnectionSample& sample) {
  return {{"at", time(sample.at)},
          {"clients", sample.clients},
          {"active", sample.active},
          {"idle", sample.idle},
          {"idle_in_transaction", sample.idle_in_transaction},
          {"aborted", sample.aborted},
          {"waiting", sample.waiting},
          {"queued", sample.queued},
          {"usable", sample.usable}};
}

json::object pool_object(const model::RecordedPool& pool) {
  return {{"kind", "recorder"},
          {"name", text(pool.database + "/" + pool.user)},
          {"database", text(pool.database)},
          {"user", text(pool.user)},
          {"mode", pool.session_mode ? "session" : "transaction"},
          {"maximum_size", pool.now.maximum_size},
          {"in_use", pool.now.in_use},
          {"idle", pool.now.idle},
          {"connecting", pool.now.connecting},
          {"waiting", pool.now.waiting},
          {"oldest_wait_ms", milliseconds(pool.now.oldest_wait)},
          {"oldest_lease_ms", milliseconds(pool.now.oldest_lease)},
          {"queue_timeouts", pool.queue_timeouts},
          {"queue_timeout_ms",
           pool.queue_timeout.count() > 0 ? json::value(milliseconds(pool.queue_timeout)) : json::value(nullptr)}};
}

}  // namespace

std::string status_json(const Status& status) {
  json::array servers;
  for (const auto& server : status.servers) servers.push_back(server_object(server));
  return json::serialize(json::object{{"version", text(status.version)},
                                      {"started_at", time(status.started_at)},
                                      {"now", time(status.now)},
                                      {"actions", status.actions},
                                      {"csrf", text(status.csrf)},
                                      {"history", status.history},
                                      {"recorder", std::ranges::any_of(status.servers, &ServerOf::recorder)},
                                      {"servers", std::move(servers)}});
}

std::string pools_json(const Seen& seen) {
  json::array pools;
  json::value at = nullptr;
  if (seen.recording != nullptr) {
    at = time(seen.recording->taken_at);
    for (const auto& pool : seen.recording->pools) pools.push_back(pool_object(pool));
  }
  return json::serialize(json::object{{"observed_at", std::move(at)}, {"pools", std::move(pools)}});
}

std::string samples_json(std::span<const model::ConnectionSample> samples) {
  json::array list;
  list.reserve(samples.size());
  for (const auto& sample : samples) list.push_back(sample_object(sample));
  return json::serialize(json::object{{"samples", std::move(list)}});
}

std::string look_event_json(const std::string& server, std::uint64_t version,
                            const std::optional<model::ConnectionSample>& sample,
                            const std::vector<model::Finding>& findings) {
  return json::serialize(json::object{{"server", text(server)},
                                      {"version", version},
                                      {"sample", sample ? json::value(sample_object(*sample)) : json::value(nullptr)},
                                      {"findings", by_severity(findings)}});
}

std::string finding_event_json(const std::string& server, const std::string& change, const model::Finding& finding) {
  return json::serialize(json::object{{"server", text(server)},
                                      {"change", json::string(change)},
                                      {"id", text(finding.id.value())},
                                      {"rule", text(finding.rule.value())},
                                      {"severity", json::string(to_string(finding.severity))},
                                      {"title", text(finding.title)},
                                      {"count", finding.count}});
}

std::string error_json(const model::LookFailure& error) {
  return json::serialize(json::object{{"error", failure(error)}});
}

std::string audit_json(std::span<const std::string> lines) {
  // Of a line that cannot be read, so much tells what it is.
  constexpr std::size_t most_shown = 200;
  json::array entries;
  for (const auto& line : lines) {
    boost::system::error_code error;
    json::value entry = json::parse(line, error);
    if (error || !entry.is_object()) entry = json::object{{"unreadable", text(line.substr(0, most_shown))}};
    entries.push_back(std::move(entry));
  }
  return json::serialize(json::object{{"entries", std::move(entries)}});
}

}  // namespace lockkeeper::report
