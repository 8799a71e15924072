#include "track/recorder.hpp"

#include <algorithm>
#include <utility>

namespace lockkeeper::track {
namespace {

using model::WallTime;

// What ran more statements than this before the server said that a transaction is open keeps the first ones.
constexpr std::size_t most_unopened = 128;

}  // namespace

void Recorder::add(const Ended& ended, WallTime now) {
  if (!keeps(ended.statement)) return;
  model::StatementRun run;
  run.statement = ended.statement;
  run.started_at = std::max(ended.sent_at, last_end_);
  run.duration = std::max(now - run.started_at, model::Duration::zero());
  run.rows = ended.rows;
  run.bytes = ended.bytes;
  if (ended.parameters != 0) run.parameters = ended.parameters;
  run.error = ended.error;
  last_end_ = run.started_at + run.duration;
  last_ = run.statement;
  if (open_) {
    open_->add(std::move(run));
  } else if (unopened_.size() < most_unopened) {
    unopened_.push_back(std::move(run));
  }
}

void Recorder::begin(WallTime now) {
  const WallTime at = unopened_.empty() ? now : unopened_.front().started_at;
  open_ = std::make_shared<model::TransactionRecord>(model::TransactionId{session_, at});
  for (model::StatementRun& run : unopened_) open_->add(std::move(run));
  unopened_.clear();
}

void Recorder::end(model::TransactionEnd end, WallTime at, WallTime now) {
  facts_.push_back({now, model::TransactionOver{client_, std::move(open_), unit_, end, at}});
  open_.reset();
  unit_ = {};
}

void Recorder::settled() {
  unopened_.clear();
  if (!open_) unit_ = {};
}

void Recorder::gone(model::TransactionEnd how, WallTime now) {
  if (open_) end(how, now, now);
  unopened_.clear();
}

void Recorder::forget() noexcept {
  open_.reset();
  unopened_.clear();
  unit_ = {};
}

void Recorder::oddity(model::OddityKind kind, const model::StatementPtr& statement, WallTime now) {
  model::ClientOddity oddity{client_, kind, statement, unit_, nullptr};
  if (open_) oddity.record = std::make_shared<model::TransactionRecord>(*open_);
  facts_.push_back({now, std::move(oddity)});
}

}  // namespace lockkeeper::track
