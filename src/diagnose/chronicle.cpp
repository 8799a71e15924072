#include "diagnose/chronicle.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace lockkeeper::diagnose {
namespace {

bool has_failed(const model::TransactionRecord& record) {
  const auto failed = [](const model::FoldedRun& run) { return !run.first.error.empty() || !run.last.error.empty(); };
  return std::ranges::any_of(record.first(), failed) || std::ranges::any_of(record.last(), failed);
}

bool ended_badly(model::KeptBecause reason) {
  return reason == model::KeptBecause::killed || reason == model::KeptBecause::failed;
}

model::HistoryTransaction kept(const std::string& server, const model::TransactionOver& over,
                               model::KeptBecause reason) {
  model::HistoryTransaction row;
  row.server = server;
  row.ended_at = over.ended_at;
  row.end = to_string(over.end);
  row.why_kept = reason;
  row.started_at = over.record->id().started_at;
  row.statements = over.record->statements();
  row.busy = over.record->parts().busy;
  row.idle = over.record->idle(over.ended_at);
  row.rows_written = over.record->rows_written();
  if (over.client == nullptr) return row;
  row.application = over.client->application;
  row.user = over.client->user;
  row.database = over.client->database;
  return row;
}

// What is over is in no finding any more: so it is the look before that tells.
std::set<std::uint64_t> leaked_clients(const std::vector<model::Finding>& findings) {
  std::set<std::uint64_t> clients;
  for (const model::Finding& finding : findings) {
    if (finding.rule.value() != "leaked-transaction") continue;
    for (const model::Remedy& remedy : finding.remedies) clients.insert(remedy.clients.begin(), remedy.clients.end());
  }
  return clients;
}

std::string name_of(const model::ShapeKey& key) {
  return fmt::format("{:016x} {:016x} {}\n{}\n{}", key.statement, key.sequence, key.application, key.user,
                     key.database);
}

}  // namespace

std::vector<model::GapShapeState> Chronicle::restore(std::vector<model::HistoryShape> shapes) {
  std::vector<model::GapShapeState> states;
  for (model::HistoryShape& shape : shapes) {
    if (auto state = model::parse_gap_shape(shape.state)) states.push_back(*std::move(state));
    shapes_[std::move(shape.key)] = std::move(shape.state);
  }
  return states;
}

model::HistoryBatch Chronicle::learnt(const std::vector<model::GapShapeState>& states, model::WallTime now) {
  model::HistoryBatch batch;
  std::map<std::string, std::string> told;
  for (const model::GapShapeState& state : states) {
    std::string name = name_of(state.key);
    std::string text = model::to_text(state);
    const auto before = shapes_.find(name);
    if (before == shapes_.end() || before->second != text) batch.shapes.push_back({server_, name, text, now});
    told.insert_or_assign(std::move(name), std::move(text));
  }
  shapes_ = std::move(told);
  return batch;
}

model::HistoryBatch Chronicle::next(const View& view) {
  model::HistoryBatch batch;
  if (auto sample = sample_of(view)) batch.samples.push_back(*std::move(sample));
  findings(view, batch);
  if (view.observed.recording != nullptr) transactions(*view.observed.recording, batch);
  leaked_ = leaked_clients(view.diagnosis.findings);
  return batch;
}

// The whole text again where what it says has changed; that it was seen again is told at every look.
void Chronicle::findings(const View& view, model::HistoryBatch& batch) {
  std::map<model::FindingId, Told> now;
  for (const model::Finding& finding : view.diagnosis.findings) {
    model::HistoryFinding row{.server = server_,
                              .id = finding.id,
                              .rule = finding.rule,
                              .severity = finding.severity,
                              .confidence = finding.confidence,
                              .title = finding.title,
                              .count = finding.count,
                              .first_seen = finding.first_seen,
                              .last_seen = view.published_at};
    const auto before = open_.find(finding.id);
    // An episode keeps its beginning, whatever clock the finding's own time is of.
    row.first_seen = before == open_.end() ? view.published_at : before->second.finding.first_seen;
    const bool changed =
        before == open_.end() || before->second.severity != finding.severity || before->second.count != finding.count;
    now[finding.id] = {finding.severity, finding.count, row};
    if (changed && words_.finding) row.json = words_.finding(finding);
    batch.findings.push_back(std::move(row));
  }
  for (auto& [id, told] : open_) {
    if (now.contains(id)) continue;
    told.finding.ended_at = view.published_at;
    batch.findings.push_back(std::move(told.finding));
  }
  open_ = std::move(now);
}

std::optional<model::KeptBecause> Chronicle::why_keep(const model::TransactionOver& over) {
  ++transactions_seen_;
  if (over.end == model::TransactionEnd::terminated) return model::KeptBecause::killed;
  if (over.end == model::TransactionEnd::unknown || over.end == model::TransactionEnd::abandoned ||
      has_failed(*over.record))
    return model::KeptBecause::failed;
  if (over.client && leaked_.contains(over.client->id)) return model::KeptBecause::leaked;
  if (over.record->idle(over.ended_at) >= slow) return model::KeptBecause::slow;
  if (transactions_seen_ % sampled_of == 1) return model::KeptBecause::sampled;
  return std::nullopt;
}

void Chronicle::transactions(const model::Recording& recording, model::HistoryBatch& batch) {
  std::vector<std::pair<model::KeptBecause, const model::TransactionOver*>> chosen;
  for (const model::Fact& fact : recording.facts) {
    const auto* over = std::get_if<model::TransactionOver>(&fact.what);
    if (!taken_.take(fact) || over == nullptr || over->record == nullptr) continue;
    if (const auto reason = why_keep(*over)) chosen.emplace_back(*reason, over);
  }
  const auto keep = [&](bool those_that_ended_badly) {
    for (const auto& [reason, over] : chosen) {
      if (batch.transactions.size() >= most_transactions) return;
      if (ended_badly(reason) != those_that_ended_badly) continue;
      batch.transactions.push_back(kept(server_, *over, reason));
      if (words_.transaction) batch.transactions.back().json = words_.transaction(*over);
    }
  };
  keep(true);
  keep(false);
}

}  // namespace lockkeeper::diagnose
