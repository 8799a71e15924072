#include "diagnose/conductor.hpp"

#include <algorithm>

#include "rules/catalogue.hpp"

namespace lockkeeper::diagnose {
namespace {

model::SessionCounts count(const model::Snapshot& snapshot) {
  model::SessionCounts counts;
  for (const auto& session : snapshot.sessions) {
    if (session.kind != model::SessionKind::client) continue;
    ++counts.clients;
    counts.active += session.state == model::SessionState::active ? 1 : 0;
    counts.idle_in_transaction += session.idle_in_transaction() ? 1 : 0;
  }
  counts.waiting = static_cast<std::int64_t>(snapshot.waits.size());
  return counts;
}

}  // namespace

Conductor::Conductor(std::unique_ptr<collect::postgres::Collector> collector, Limits limits)
    : collector_(std::move(collector)), limits_(limits) {}

model::Diagnosis Conductor::tick(Duration timeout) {
  auto snapshot = collector_->look(std::chrono::steady_clock::now() + timeout);
  if (snapshot) {
    latest_ = std::move(*snapshot);
    last_ = judge(*latest_);
  } else {
    last_.url = collector_->public_url();
    if (last_.looks == 0) last_.observed_at = std::chrono::floor<Duration>(std::chrono::system_clock::now());
    last_.failure = std::move(snapshot.error());
  }
  return last_;
}

model::Diagnosis Conductor::glance(Duration timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  const auto snapshot =
      collector_->glance({.idle = limits_.min_idle, .open = limits_.max_age, .horizon = limits_.max_horizon}, deadline);
  if (!snapshot) return last_;
  window_.add(*snapshot, limits_);
  ++last_.looks;
  // What sessions alone give away is seen from now on; who holds whom up is only seen by a tick.
  const rules::Blocking blocking(*snapshot);
  for (const auto& finding : rules::judge({*snapshot, blocking, window_}, limits_)) {
    first_seen_.try_emplace(finding.id, finding.first_seen);
  }
  return last_;
}

model::Diagnosis Conductor::judge(const model::Snapshot& snapshot) {
  window_.add(snapshot, limits_);
  const rules::Blocking blocking(snapshot);
  model::Diagnosis diagnosis;
  diagnosis.url = collector_->public_url();
  diagnosis.observed_at = snapshot.taken_at;
  diagnosis.server = snapshot.server;
  diagnosis.missing = snapshot.missing;
  diagnosis.counts = count(snapshot);
  diagnosis.looks = last_.looks + 1;
  diagnosis.findings = rules::judge({snapshot, blocking, window_}, limits_);
  std::map<model::FindingId, model::WallTime> seen;
  for (auto& finding : diagnosis.findings) {
    const auto before = first_seen_.find(finding.id);
    if (before != first_seen_.end()) finding.first_seen = before->second;
    seen.emplace(finding.id, finding.first_seen);
  }
  first_seen_ = std::move(seen);
  return diagnosis;
}

}  // namespace lockkeeper::diagnose
