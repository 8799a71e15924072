#include "track/postgres/recorder.hpp"

#include <algorithm>
#include <utility>

namespace lockkeeper::track::postgres {
namespace {

using model::OddityKind;
using model::TransactionEnd;
using model::WallTime;

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
  if (!record_.keeps(expected.statement)) return;
  // A portal read in pieces is one run: the pieces that follow the first are no statements of their own.
  if (!expected.continues) {
    record_.add({.statement = expected.statement,
                 .sent_at = expected.sent_at,
                 .parameters = expected.parameters,
                 .rows = std::max(tagged_rows_, rows_),
                 .bytes = bytes_,
                 .error = sqlstate},
                now);
  }
  rows_ = bytes_ = tagged_rows_ = 0;
}

void Recorder::ready(Status status, const Expected& expected, WallTime now) {
  // A simple query is one run, however many commands its text had. One that failed was added when it did.
  if (expected.kind == Expect::query && !added_) add(expected, {}, now);
  added_ = false;
  const Said said = std::exchange(said_, Said::nothing);
  rows_ = bytes_ = tagged_rows_ = 0;
  const bool inside = status != Status::idle;
  if (record_.open() != nullptr && !inside) {
    record_.end(said == Said::commit ? TransactionEnd::committed : TransactionEnd::rolled_back, now, now);
  } else if (record_.open() != nullptr && said == Said::commit) {  // COMMIT AND CHAIN, or COMMIT; BEGIN in one message.
    record_.end(TransactionEnd::committed, now, now);
    record_.begin(now);
  } else if (record_.open() == nullptr && inside) {
    record_.begin(now);
  }
  record_.settled();
}

void Recorder::gone(TransactionEnd how, WallTime now) {
  record_.gone(how, now);
  said_ = Said::nothing;
}

void Recorder::notice(std::string_view sqlstate, const Expected* expected, WallTime now) {
  // The server's own words (warnings): no transaction is open, and one is open already.
  const model::StatementPtr statement = expected != nullptr ? expected->statement : nullptr;
  if (sqlstate == "25001") return record_.oddity(OddityKind::begin_inside_transaction, statement, now);
  if (sqlstate != "25P01" || !statement) return;
  const bool commit = statement->kind == sql::StatementKind::commit;
  record_.oddity(commit ? OddityKind::foreign_commit : OddityKind::foreign_rollback, statement, now);
}

}  // namespace lockkeeper::track::postgres
