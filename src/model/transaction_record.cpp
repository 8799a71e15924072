#include "model/transaction_record.hpp"

#include <algorithm>
#include <utility>

namespace lockkeeper::model {
namespace {

bool folds_into(const FoldedRun& fold, const StatementRun& run) {
  return fold.last.statement->fingerprint == run.statement->fingerprint && fold.last.error == run.error;
}

void fold(FoldedRun& into, StatementRun run, Duration gap) {
  into.same_parameters = into.same_parameters && run.parameters && into.last.parameters == run.parameters;
  into.longest_gap = std::max(into.longest_gap, gap);
  into.busy += run.duration;
  into.rows += run.rows;
  into.bytes += run.bytes;
  ++into.count;
  into.last = std::move(run);
}

FoldedRun begin_fold(StatementRun run, Duration gap) {
  FoldedRun result;
  result.same_parameters = run.parameters.has_value();
  result.busy = run.duration;
  result.gap_before = gap;
  result.rows = run.rows;
  result.bytes = run.bytes;
  result.first = run;
  result.last = std::move(run);
  return result;
}

bool is_read(sql::StatementKind kind) {
  return kind == sql::StatementKind::select || kind == sql::StatementKind::select_locking;
}

bool changes_rows(sql::StatementKind kind) { return sql::writes(kind) || kind == sql::StatementKind::copy; }

}  // namespace

FoldedRun* TransactionRecord::newest() noexcept {
  if (!parts_.last.empty()) return &parts_.last.back();
  return parts_.first.empty() ? nullptr : &parts_.first.back();
}

void TransactionRecord::count_read(const StatementRun& run) {
  auto& all = parts_.reads;
  auto read = std::ranges::find_if(all, [&](const RepeatedRead& each) {
    return each.parameters == *run.parameters && each.statement->fingerprint == run.statement->fingerprint;
  });
  if (read == all.end()) {
    std::int64_t unseen = 0;
    if (all.size() < most_reads) {
      read = all.emplace(all.end());
    } else {
      read = std::ranges::min_element(all, {}, [](const RepeatedRead& each) { return each.runs + each.unseen_runs; });
      unseen = read->runs + read->unseen_runs;
    }
    *read = {};
    read->statement = run.statement;
    read->parameters = *run.parameters;
    read->unseen_runs = unseen;
    read->first = run.started_at;
    read->first_number = parts_.statements;
  }
  ++read->runs;
  read->rows += run.rows;
  read->last = run.started_at;
  read->last_number = parts_.statements;
}

void TransactionRecord::add(StatementRun run) {
  const Duration gap = std::max(run.started_at - parts_.last_end, Duration::zero());
  parts_.last_end = std::max(parts_.last_end, run.started_at + run.duration);
  parts_.busy += run.duration;
  ++parts_.statements;
  if (run.parameters && is_read(run.statement->kind)) count_read(run);
  if (run.error.empty() && changes_rows(run.statement->kind)) parts_.rows_written += run.rows;
  if (FoldedRun* before = newest(); before != nullptr && folds_into(*before, run)) {
    fold(*before, std::move(run), gap);
    return;
  }
  if (parts_.first.size() < first_kept) {
    parts_.first.push_back(begin_fold(std::move(run), gap));
    return;
  }
  parts_.last.push_back(begin_fold(std::move(run), gap));
  if (parts_.last.size() <= last_kept) return;
  parts_.dropped += parts_.last.front().count;
  parts_.last.pop_front();
}

void TransactionRecord::add_lock(const HeldLock& lock) {
  const auto same = std::ranges::find_if(parts_.locks, [&](const HeldLock& known) {
    return known.kind == lock.kind && known.target == lock.target && known.mode == lock.mode;
  });
  if (same != parts_.locks.end()) {
    same->count = std::max(same->count, lock.count);
  } else if (parts_.locks.size() < most_locks) {
    parts_.locks.push_back(lock);
  }
}

Duration TransactionRecord::idle(WallTime now) const noexcept {
  return std::max(now - parts_.id.started_at - parts_.busy, Duration::zero());
}

}  // namespace lockkeeper::model
