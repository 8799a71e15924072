#include "model/transaction_record.hpp"

#include <algorithm>
#include <utility>

namespace lockkeeper::model {
namespace {

bool folds_into(const FoldedRun& fold, const StatementRun& run) {
  return fold.last.statement.fingerprint == run.statement.fingerprint && fold.last.error == run.error;
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

bool changes_rows(sql::StatementKind kind) { return sql::writes(kind) || kind == sql::StatementKind::copy; }

}  // namespace

FoldedRun* TransactionRecord::newest() noexcept {
  if (!last_.empty()) return &last_.back();
  return first_.empty() ? nullptr : &first_.back();
}

void TransactionRecord::add(StatementRun run) {
  const Duration gap = std::max(run.started_at - last_end_, Duration::zero());
  last_end_ = std::max(last_end_, run.started_at + run.duration);
  busy_ += run.duration;
  ++statements_;
  if (run.error.empty() && changes_rows(run.statement.kind)) rows_written_ += run.rows;
  if (FoldedRun* before = newest(); before != nullptr && folds_into(*before, run)) {
    fold(*before, std::move(run), gap);
    return;
  }
  if (first_.size() < first_kept) {
    first_.push_back(begin_fold(std::move(run), gap));
    return;
  }
  last_.push_back(begin_fold(std::move(run), gap));
  if (last_.size() <= last_kept) return;
  dropped_ += last_.front().count;
  last_.pop_front();
}

void TransactionRecord::add_lock(const HeldLock& lock) {
  const auto same = std::ranges::find_if(locks_, [&](const HeldLock& known) {
    return known.kind == lock.kind && known.target == lock.target && known.mode == lock.mode;
  });
  if (same != locks_.end()) {
    same->count = std::max(same->count, lock.count);
  } else if (locks_.size() < most_locks) {
    locks_.push_back(lock);
  }
}

Duration TransactionRecord::idle(WallTime now) const noexcept {
  return std::max(now - id_.started_at - busy_, Duration::zero());
}

}  // namespace lockkeeper::model
