#include "diagnose/conductor.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "rules/catalogue.hpp"
#include "rules/recorded.hpp"

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

// Of "127.0.0.1:5432", so that the commands that are shown can be run. Of a Unix socket there is the path alone.
std::string url_of(const std::string& server, model::Engine engine) {
  if (server.empty() || server.starts_with('/')) return server;
  return (engine == model::Engine::postgres ? "postgresql://" : "mysql://") + server;
}

// What is judged beside a snapshot; nullptr: there is none.
struct Beside {
  const model::Recording* recording = nullptr;
  const rules::GapBook* gaps = nullptr;
  const model::AppLog* app_log = nullptr;
  const rules::PoolMemory* pools = nullptr;
};

model::Diagnosis diagnose(const model::Snapshot& snapshot, const Beside& beside, const rules::Window& window,
                          const Limits& limits) {
  const rules::Blocking blocking(snapshot);
  const model::Recording* recording = beside.recording;
  model::Diagnosis diagnosis;
  if (recording != nullptr) diagnosis.url = url_of(recording->server, snapshot.server.engine());
  diagnosis.observed_at = snapshot.taken_at;
  if (rules::seen_on_server(snapshot)) diagnosis.server = snapshot.server;
  diagnosis.missing = snapshot.missing;
  diagnosis.counts = count(snapshot);
  diagnosis.looks = 1;
  diagnosis.findings =
      rules::judge({snapshot, blocking, window, recording, beside.gaps, beside.app_log, beside.pools}, limits);
  return diagnosis;
}

// A recorder goes on without the server, whose log is not to fill with our failed logins.
std::chrono::seconds pause_after(int failures) {
  constexpr int longest = 60;
  return std::chrono::seconds(failures > 6 ? longest : std::min(1 << (failures - 1), longest));
}

}  // namespace

model::Diagnosis judge_recording(const model::Recording& recording, const std::optional<model::Snapshot>& snapshot,
                                 const Limits& limits) {
  const model::Snapshot seen = snapshot ? rules::with_clients(*snapshot, recording) : rules::snapshot_of(recording);
  rules::Window window;
  window.add(seen, limits);
  return diagnose(seen, {.recording = &recording}, window, limits);
}

Conductor::Conductor(std::unique_ptr<collect::Collector> collector, Limits limits, RecordingSource recorder)
    : collector_(std::move(collector)), limits_(limits), recorder_(std::move(recorder)) {
  LK_ASSERT(collector_ != nullptr || recorder_);
}

std::shared_ptr<const model::Recording> Conductor::record(Duration timeout) const {
  auto recording = recorder_ ? recorder_(timeout) : std::nullopt;
  return recording ? std::make_shared<const model::Recording>(*std::move(recording)) : nullptr;
}

std::expected<model::Snapshot, model::LookFailure> Conductor::look_at_server(Duration timeout) {
  const auto now = std::chrono::steady_clock::now();
  if (recorder_ && failure_ && now < try_again_) return std::unexpected(*failure_);
  auto snapshot = collector_->look(now + timeout);
  if (snapshot) {
    failures_ = 0;
    failure_.reset();
  } else {
    failure_ = snapshot.error();
    ++failed_looks_;
    try_again_ = std::chrono::steady_clock::now() + pause_after(++failures_);
  }
  return snapshot;
}

// Where the server does not answer, what the recorder knows is judged, and the failure told beside it.
std::optional<model::LookFailure> Conductor::look(Duration timeout) {
  Observed seen{record(timeout), nullptr, nullptr};
  std::optional<model::LookFailure> failure;
  if (app_logs_) app_log_ = app_logs_();
  if (collector_ != nullptr) {
    auto snapshot = look_at_server(timeout);
    if (snapshot) {
      seen.snapshot = std::make_shared<const model::Snapshot>(*std::move(snapshot));
    } else {
      failure = std::move(snapshot.error());
    }
  } else if (!seen.recording) {
    ++failed_looks_;
    failure = {"deadline", "the recorder did not tell what it knows in time",
               "Is it overloaded, or ending? Look again, or give it longer."};
  }
  if (!seen.snapshot && !seen.recording) return failure;
  observed_ = std::move(seen);
  observed_.judged =
      observed_.recording ? std::make_shared<const model::Snapshot>(joined(failure)) : observed_.snapshot;
  return std::nullopt;
}

model::Snapshot Conductor::joined(const std::optional<model::LookFailure>& failure) const {
  if (!observed_.snapshot) return rules::snapshot_of(*observed_.recording, failure);
  return rules::with_clients(*observed_.snapshot, *observed_.recording);
}

model::Diagnosis Conductor::tick(Duration timeout) {
  const auto failure = look(timeout);
  if (!failure) {
    last_ = judge(*observed_.judged);
    last_.failure = failure_;
  } else {
    if (collector_ != nullptr) last_.url = collector_->public_url();
    if (last_.looks == 0) last_.observed_at = std::chrono::floor<Duration>(std::chrono::system_clock::now());
    last_.failure = failure;
  }
  last_.failed_looks = failed_looks_;
  return last_;
}

model::Diagnosis Conductor::glance(Duration timeout) {
  // A recorder's look costs the server nothing; and a log's line is about all of an application's sessions.
  if (collector_ == nullptr || app_logs_) return tick(timeout);
  const auto recording = record(timeout);
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  auto snapshot =
      collector_->glance({.idle = limits_.min_idle, .open = limits_.max_age, .horizon = limits_.max_horizon}, deadline);
  if (!snapshot) return last_;
  const model::Snapshot seen = recording ? rules::with_clients(std::move(*snapshot), *recording) : std::move(*snapshot);
  window_.add(seen, limits_);
  ++last_.looks;
  // What sessions alone give away is seen from now on; who holds whom up is only seen by a tick. Nor is a gap that is
  // not listed known to be over: a glance teaches nothing.
  const rules::Blocking blocking(seen);
  for (const auto& finding : rules::judge({seen, blocking, window_, recording.get(), &gaps_}, limits_)) {
    first_seen_.try_emplace(finding.id, finding.first_seen);
  }
  return last_;
}

model::Diagnosis Conductor::judge(const model::Snapshot& snapshot) {
  window_.add(snapshot, limits_);
  gaps_.learn(snapshot, observed_.recording.get());
  if (app_log_) pools_.add(snapshot);
  model::Diagnosis diagnosis =
      diagnose(snapshot, {observed_.recording.get(), &gaps_, app_log_.get(), &pools_}, window_, limits_);
  if (collector_ != nullptr) diagnosis.url = collector_->public_url();
  diagnosis.looks = last_.looks + 1;
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
