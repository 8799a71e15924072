#include "store/pending_history.hpp"

#include <algorithm>
#include <iterator>

namespace lockkeeper::store {
namespace {

// About what a row takes: itself, its texts, and what containers put around it.
constexpr std::size_t around = 64;

std::size_t size_of(const model::ConnectionSample& sample) { return sizeof(sample) + around + sample.server.size(); }
std::size_t size_of(const model::HistoryShape& shape) {
  // The key is there twice.
  return sizeof(shape) + 2 * around + 2 * (shape.server.size() + shape.key.size()) + shape.state.size();
}
std::size_t size_of(const model::HistoryTransaction& over) {
  return sizeof(over) + around + over.server.size() + over.application.size() + over.user.size() +
         over.database.size() + over.end.size() + over.json.size();
}
std::size_t size_of(const model::HistoryAction& action) {
  return sizeof(action) + around + action.server.size() + action.actor.size() + action.action.size() +
         action.finding.size() + action.session.size() + action.outcome.size() + action.reason.size() +
         action.json.size();
}
std::size_t size_of(const model::HistoryFinding& finding) {
  return sizeof(finding) + 2 * around + 2 * (finding.server.size() + finding.id.value().size()) +
         finding.rule.value().size() + finding.title.size() + finding.json.size();
}

template <class Row>
Row& row_of(Row& row) {
  return row;
}
template <class Key, class Row>
Row& row_of(std::pair<const Key, Row>& entry) {
  return entry.second;
}

}  // namespace

void PendingHistory::add_finding(model::HistoryFinding finding) {
  FindingKey key(finding.server, finding.id.value(), finding.first_seen);
  const auto known = findings_.find(key);
  if (known == findings_.end()) {
    bytes_ += size_of(finding);
    findings_.emplace(std::move(key), std::move(finding));
    return;
  }
  bytes_ -= size_of(known->second);
  if (finding.json.empty()) finding.json = std::move(known->second.json);
  if (!finding.ended_at && finding.last_seen <= known->second.last_seen) finding.ended_at = known->second.ended_at;
  known->second = std::move(finding);
  bytes_ += size_of(known->second);
}

void PendingHistory::add_shape(model::HistoryShape shape) {
  ShapeKey key(shape.server, shape.key);
  const auto known = shapes_.find(key);
  if (known != shapes_.end()) {
    bytes_ -= size_of(known->second);
    shapes_.erase(known);
  }
  bytes_ += size_of(shape);
  shapes_.emplace(std::move(key), std::move(shape));
}

void PendingHistory::add(model::HistoryBatch batch) {
  const auto append = [this](auto& to, auto& rows) {
    for (auto& row : rows) {
      bytes_ += size_of(row);
      to.push_back(std::move(row));
    }
  };
  append(samples_, batch.samples);
  append(transactions_, batch.transactions);
  append(actions_, batch.actions);
  for (auto& shape : batch.shapes) add_shape(std::move(shape));
  for (auto& finding : batch.findings) add_finding(std::move(finding));
  make_room();
}

void PendingHistory::put_back(model::HistoryBatch batch) {
  // First the older, then what has come since.
  model::HistoryBatch newer = take();
  add(std::move(batch));
  add(std::move(newer));
}

model::HistoryBatch PendingHistory::take(std::size_t most_rows) {
  model::HistoryBatch batch;
  const auto move_to = [&](auto& rows, auto& from) {
    auto next = from.begin();
    for (; next != from.end() && most_rows > 0; ++next, --most_rows) {
      auto& row = row_of(*next);
      bytes_ -= size_of(row);
      rows.push_back(std::move(row));
    }
    from.erase(from.begin(), next);
  };
  move_to(batch.actions, actions_);
  move_to(batch.findings, findings_);
  move_to(batch.shapes, shapes_);
  move_to(batch.transactions, transactions_);
  move_to(batch.samples, samples_);
  return batch;
}

void PendingHistory::make_room() {
  const auto drop_oldest = [this](auto& rows, std::uint64_t& count) {
    while (bytes_ > most_bytes_ && !rows.empty()) {
      bytes_ -= size_of(rows.front());
      rows.pop_front();
      ++count;
    }
  };
  const auto drop_least = [this](auto& rows, auto time_of, std::uint64_t& count) {
    while (bytes_ > most_bytes_ && !rows.empty()) {
      const auto oldest = std::ranges::min_element(rows, {}, [&](const auto& row) { return time_of(row.second); });
      bytes_ -= size_of(oldest->second);
      rows.erase(oldest);
      ++count;
    }
  };
  drop_oldest(samples_, dropped_.samples);
  drop_oldest(transactions_, dropped_.transactions);
  drop_least(shapes_, [](const model::HistoryShape& shape) { return shape.updated_at; }, dropped_.shapes);
  drop_least(findings_, [](const model::HistoryFinding& finding) { return finding.last_seen; }, dropped_.findings);
  drop_oldest(actions_, dropped_.actions);
}

}  // namespace lockkeeper::store
