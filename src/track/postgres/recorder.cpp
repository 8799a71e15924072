#include "track/postgres/recorder.hpp"

#include <algorithm>
#include <utility>

namespace lockkeeper::track::postgres {
namespace {

using model::OddityKind;
using model::TransactionEnd;
using model::WallTime;

// One simple query or pipeline that ran more statements than this before its first ReadyForQuery keeps the first ones.
constexpr std::size_t most_unopened = 128;

}  // namespace

void Recorder::command(const Expected& expected, const wire::postgres::CommandTag& tag, WallTime now) {
  if (tag.command == "COMMIT" || tag.command == "PREPARE TRANSACTION") said_ = Said::commit;
  // ROLLBACK is also what ROLLBACK TO SAVEPOINT says: the status decides.
  if (tag.command == "ROLLBACK") said_ = Said::rollback;
  if (tag.has_rows) tagged_rows_ += tag.rows;
  if (expected.kind == Expect::execute) add(expected, {}, now);
}

void Recorder::ended(const Expected& expected, WallTime now) {
  if (expected.kind == Expect::execute) add(expected, {}, now);
}

void Recorder::failed(const Expected* expected, std::string_view sqlstate, WallTime now) {
  if (expected == nullptr) return;
  add(*expected, sqlstate, now);
  added_ = expected->kind == Expect::query;
}

void Recorder::add(const Expected& expected, std::string_view sqlstate, WallTime now) {
  if (!on_ || !expected.statement || expected.statement->kind == sql::StatementKind::empty) return;
  model::StatementRun run;
  run.statement = expected.statement;
  run.started_at = std::max(expected.sent_at, last_end_);
  run.duration = std::max(now - run.started_at, model::Duration::zero());
  run.rows = std::max(tagged_rows_, rows_);
  run.bytes = bytes_;
  if (expected.parameters != 0) run.parameters = expected.parameters;
  run.error = sqlstate;
  rows_ = bytes_ = tagged_rows_ = 0;
  // A portal read in pieces is one run: the pieces that follow the first are no statements of their own.
  if (expected.continues) return;
  last_end_ = run.started_at + run.duration;
  last_ = run.statement;
  if (open_) {
    open_->add(std::move(run));
  } else if (unopened_.size() < most_unopened) {
    unopened_.push_back(std::move(run));
  }
}

void Recorder::ready(Status status, const Expected& expected, WallTime now) {
  // A simple query is one run, however many commands its text had. One that failed was added when it did.
  if (expected.kind == Expect::query && !added_) add(expected, {}, now);
  added_ = false;
  const Said said = std::exchange(said_, Said::nothing);
  rows_ = bytes_ = tagged_rows_ = 0;
  const bool inside = status != Status::idle;
  if (open_ && !inside) {
    end(said == Said::commit ? TransactionEnd::committed : TransactionEnd::rolled_back, now);
  } else if (open_ && said == Said::commit) {  // COMMIT AND CHAIN, or COMMIT; BEGIN in one message.
    end(TransactionEnd::committed, now);
    begin(now);
  } else if (!open_ && inside) {
    begin(unopened_.empty() ? now : unopened_.front().started_at);
    for (model::StatementRun& run : unopened_) open_->add(std::move(run));
  }
  unopened_.clear();
  if (!open_) unit_ = {};
}

void Recorder::begin(WallTime at) {
  open_ = std::make_shared<model::TransactionRecord>(model::TransactionId{session_, at});
}

void Recorder::end(TransactionEnd end, WallTime now) {
  facts_.push_back({now, model::TransactionOver{client_, std::move(open_), unit_, end, now}});
  open_.reset();
  unit_ = {};
}

void Recorder::gone(TransactionEnd how, WallTime now) {
  if (open_) end(how, now);
  unopened_.clear();
  said_ = Said::nothing;
}

void Recorder::notice(std::string_view sqlstate, const Expected* expected, WallTime now) {
  // The server's own words (warnings): no transaction is open, and one is open already.
  if (sqlstate == "25001") return oddity(OddityKind::begin_inside_transaction, expected, now);
  if (sqlstate != "25P01" || expected == nullptr || !expected->statement) return;
  const bool commit = expected->statement->kind == sql::StatementKind::commit;
  oddity(commit ? OddityKind::foreign_commit : OddityKind::foreign_rollback, expected, now);
}

void Recorder::oddity(OddityKind kind, const Expected* expected, WallTime now) {
  model::ClientOddity oddity{client_, kind, expected != nullptr ? expected->statement : nullptr, unit_, nullptr};
  if (open_) oddity.record = std::make_shared<model::TransactionRecord>(*open_);
  facts_.push_back({now, std::move(oddity)});
}

}  // namespace lockkeeper::track::postgres
