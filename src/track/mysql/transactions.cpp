#include "track/mysql/transactions.hpp"

#include <utility>

namespace lockkeeper::track::mysql {
namespace {

using model::OddityKind;
using model::TransactionEnd;
using model::WallTime;
using sql::StatementKind;

constexpr std::uint16_t deadlock = 1213;
constexpr std::uint16_t parse_error = 1064;

StatementKind kind_of(const model::StatementPtr& statement) noexcept {
  return statement ? statement->kind : StatementKind::unknown;
}

bool rolls_back(StatementKind kind) noexcept {
  return kind == StatementKind::rollback || kind == StatementKind::rollback_prepared;
}

// The words that end a transaction. XA PREPARE parts it from its session.
bool ends(StatementKind kind) noexcept {
  return rolls_back(kind) || kind == StatementKind::commit || kind == StatementKind::commit_prepared ||
         kind == StatementKind::prepare_transaction;
}

// What commits before it does anything else.
bool commits_first(StatementKind kind) noexcept {
  return kind == StatementKind::ddl || kind == StatementKind::maintenance || kind == StatementKind::lock;
}

// Whether nothing but an error before it can be why no transaction is open behind such a statement.
bool leaves_open(StatementKind kind) noexcept {
  switch (kind) {
    case StatementKind::select:
    case StatementKind::select_locking:
    case StatementKind::insert:
    case StatementKind::update:
    case StatementKind::delete_:
    case StatementKind::show:
    case StatementKind::explain:
    case StatementKind::savepoint:
    case StatementKind::release:
    case StatementKind::rollback_to:
    case StatementKind::empty: return true;
    default: return false;
  }
}

// Whether a transaction that is open behind it may be its own, with autocommit off. One with a savepoint is older.
bool may_open(StatementKind kind) noexcept {
  return kind != StatementKind::release && kind != StatementKind::rollback_to && kind != StatementKind::empty &&
         !ends(kind);
}

}  // namespace

Transactions::Transactions(Recorder record, Status status, WallTime now) : record_(std::move(record)), status_(status) {
  if (status.in_transaction()) record_.begin(now);
}

bool Transactions::doomed() const noexcept { return open() && doubt_ && doubt_->likely == TransactionEnd::rolled_back; }

// What became of an open transaction with the error before: ended here if it did not live to see this statement. How
// one must have ended that this statement seems to end.
std::optional<TransactionEnd> Transactions::settle(StatementKind kind, Status status, WallTime now) {
  if (!doubt_) return std::nullopt;
  const Doubt doubt = *std::exchange(doubt_, std::nullopt);
  if (!open()) return std::nullopt;
  const bool inside = status.in_transaction();
  bool over = !inside && leaves_open(kind);
  if (doubt.likely) {
    const bool rolled_back = *doubt.likely == TransactionEnd::rolled_back;
    const bool opened = inside && rolled_back && !status.autocommit() && may_open(kind);
    over = kind == StatementKind::begin || opened || (!inside && !ends(kind));
  }
  if (!over) return doubt.likely;
  record_.end(doubt.likely.value_or(TransactionEnd::rolled_back), doubt.at, now);
  return std::nullopt;
}

void Transactions::note_oddity(StatementKind kind, const model::StatementPtr& statement, WallTime now) {
  if (open()) {
    if (kind == StatementKind::begin) record_.oddity(OddityKind::begin_inside_transaction, statement, now);
    return;
  }
  if (!status_.autocommit()) return;
  if (kind == StatementKind::commit) record_.oddity(OddityKind::foreign_commit, statement, now);
  if (kind == StatementKind::rollback) record_.oddity(OddityKind::foreign_rollback, statement, now);
}

void Transactions::done(const Ended& ended, Status status, WallTime now) {
  const StatementKind kind = kind_of(ended.statement);
  const auto known = settle(kind, status, now);
  note_oddity(kind, ended.statement, now);
  // It commits what was open: the statement itself is the next one's first.
  if (open() && kind == StatementKind::begin) {
    const model::UnitId unit = record_.unit();
    record_.end(TransactionEnd::committed, now, now);
    record_.unit(unit);
  }
  record_.add(ended, now);
  // COMMIT AND CHAIN opens the next one, and so may COMMIT be set to do.
  const bool words = kind == StatementKind::commit || kind == StatementKind::rollback;
  if (open() && (words || !status.in_transaction())) {
    record_.end(known.value_or(rolls_back(kind) ? TransactionEnd::rolled_back : TransactionEnd::committed), now, now);
  }
  status_ = status;
  if (!open() && status.in_transaction()) record_.begin(now);
  record_.settled();
}

void Transactions::failed(const Ended& ended, std::uint16_t code, WallTime now) {
  record_.add(ended, now);
  if (!open()) {  // With autocommit off it may have opened one all the same: the next status tells.
    if (status_.autocommit()) record_.settled();
    return;
  }
  Doubt doubt{.at = now};
  if (code == deadlock) doubt.likely = TransactionEnd::rolled_back;
  if (commits_first(kind_of(ended.statement)) && code != parse_error) doubt.likely = TransactionEnd::committed;
  if (!doubt_ || (!doubt_->likely && doubt.likely)) doubt_ = doubt;
}

void Transactions::told(Status status, WallTime now) {
  const auto known = settle(StatementKind::empty, status, now);
  if (open() && !status.in_transaction()) record_.end(known.value_or(TransactionEnd::committed), now, now);
  status_ = status;
  if (!open() && status.in_transaction()) record_.begin(now);
  record_.settled();
}

void Transactions::reset(WallTime now) { gone(TransactionEnd::rolled_back, now); }

void Transactions::gone(TransactionEnd end, WallTime now) {
  const auto doubt = std::exchange(doubt_, std::nullopt);
  if (open() && doubt && doubt->likely) record_.end(*doubt->likely, doubt->at, now);
  record_.gone(end, now);
  record_.settled();
}

void Transactions::forget() noexcept {
  doubt_.reset();
  record_.forget();
}

}  // namespace lockkeeper::track::mysql
