#include "client/transaction_callbacks.hpp"

#include <algorithm>
#include <utility>

namespace lockkeeper::client {
namespace {

void require_function(bool given) {
  if (given) return;
  throw Failure({ErrorCode::misuse, "", "an empty function was registered for a transaction's end", Blast::statement});
}

bool is_due(CallbackTime time, CommitOutcome outcome) noexcept {
  switch (time) {
    case CallbackTime::after_commit: return outcome == CommitOutcome::committed;
    case CallbackTime::after_rollback: return outcome == CommitOutcome::rolled_back;
    case CallbackTime::after_completion: return true;
  }
  return false;
}

}  // namespace

void TransactionCallbacks::add_before(Before function) {
  require_function(static_cast<bool>(function));
  before_.push_back(std::move(function));
}

void TransactionCallbacks::add_after(CallbackTime time, std::function<void(Database&)> function) {
  require_function(static_cast<bool>(function));
  after_.push_back({time, [function = std::move(function)](Database& database, CommitOutcome) { function(database); }});
}

void TransactionCallbacks::add_completion(After function) {
  require_function(static_cast<bool>(function));
  after_.push_back({CallbackTime::after_completion, std::move(function)});
}

void TransactionCallbacks::undo_since(const Mark& mark) noexcept {
  before_.erase(before_.begin() + static_cast<std::ptrdiff_t>(mark.before), before_.end());
  const auto since = after_.begin() + static_cast<std::ptrdiff_t>(mark.after);
  after_.erase(
      std::remove_if(since, after_.end(),
                     [](const AfterEnd& each) { return each.time == CallbackTime::after_commit && !each.undone; }),
      after_.end());
  for (auto each = after_.begin() + static_cast<std::ptrdiff_t>(mark.after); each != after_.end(); ++each) {
    each->undone = true;
  }
}

void TransactionCallbacks::run_before(const TransactionRef& tx) {
  // One at a time out of the list: it may grow, and shrink by a savepoint, while they run.
  while (next_before_ < before_.size()) {
    const Before function = std::move(before_[next_before_]);
    ++next_before_;
    function(tx);
  }
}

std::vector<std::function<void(Database&)>> TransactionCallbacks::take_after(CommitOutcome outcome) {
  std::vector<std::function<void(Database&)>> due;
  due.reserve(after_.size());
  for (const bool completion : {false, true}) {
    for (AfterEnd& each : after_) {
      const CommitOutcome its = each.undone ? CommitOutcome::rolled_back : outcome;
      if ((each.time == CallbackTime::after_completion) != completion || !is_due(each.time, its)) continue;
      due.emplace_back([function = std::move(each.function), its](Database& database) { function(database, its); });
    }
  }
  after_.clear();
  return due;
}

}  // namespace lockkeeper::client
