#include "sql/kind_tracker.hpp"

namespace lockkeeper::sql {
namespace {

StatementKind verb_kind(Keyword keyword) noexcept {
  switch (keyword) {
    case Keyword::select:
    case Keyword::values:
    case Keyword::table: return StatementKind::select;
    case Keyword::insert:
    case Keyword::replace: return StatementKind::insert;
    case Keyword::update: return StatementKind::update;
    case Keyword::delete_: return StatementKind::delete_;
    case Keyword::merge: return StatementKind::merge;
    default: return StatementKind::unknown;
  }
}

StatementKind transaction_kind(Keyword keyword, Dialect dialect) noexcept {
  switch (keyword) {
    case Keyword::begin: return StatementKind::begin;
    case Keyword::commit: return StatementKind::commit;
    // MySQL knows END only inside routines.
    case Keyword::end: return dialect == Dialect::postgres ? StatementKind::commit : StatementKind::unknown;
    case Keyword::abort_:
    case Keyword::rollback: return StatementKind::rollback;
    case Keyword::savepoint: return StatementKind::savepoint;
    case Keyword::release: return StatementKind::release;
    case Keyword::start:
    case Keyword::prepare:
    case Keyword::xa: return StatementKind::utility;  // the second word tells more
    default: return StatementKind::unknown;
  }
}

StatementKind definition_kind(Keyword keyword) noexcept {
  switch (keyword) {
    case Keyword::create:
    case Keyword::alter:
    case Keyword::drop:
    case Keyword::truncate:
    case Keyword::comment:
    case Keyword::grant:
    case Keyword::revoke:
    case Keyword::rename:
    case Keyword::reassign:
    case Keyword::security:
    case Keyword::import: return StatementKind::ddl;
    case Keyword::vacuum:
    case Keyword::analyze:
    case Keyword::reindex:
    case Keyword::cluster:
    case Keyword::checkpoint:
    case Keyword::optimize:
    case Keyword::repair:
    case Keyword::check:
    case Keyword::flush:
    case Keyword::refresh: return StatementKind::maintenance;
    default: return StatementKind::unknown;
  }
}

StatementKind session_kind(Keyword keyword) noexcept {
  switch (keyword) {
    case Keyword::copy:
    case Keyword::load: return StatementKind::copy;
    case Keyword::call:
    case Keyword::do_:
    case Keyword::execute: return StatementKind::call;
    case Keyword::set:
    case Keyword::reset:
    case Keyword::use: return StatementKind::set;
    case Keyword::show:
    case Keyword::describe: return StatementKind::show;
    case Keyword::explain: return StatementKind::explain;
    case Keyword::fetch:
    case Keyword::move: return StatementKind::fetch;
    case Keyword::lock:
    case Keyword::unlock: return StatementKind::lock;
    case Keyword::listen:
    case Keyword::unlisten:
    case Keyword::notify: return StatementKind::listen;
    case Keyword::deallocate:
    case Keyword::discard:
    case Keyword::declare:
    case Keyword::close:
    case Keyword::handler:
    case Keyword::kill: return StatementKind::utility;
    default: return StatementKind::unknown;
  }
}

StatementKind first_kind(Keyword keyword, Dialect dialect) noexcept {
  for (const StatementKind kind :
       {verb_kind(keyword), transaction_kind(keyword, dialect), definition_kind(keyword), session_kind(keyword)}) {
    if (kind != StatementKind::unknown) return kind;
  }
  return StatementKind::unknown;
}

StatementKind xa_kind(Keyword keyword) noexcept {
  switch (keyword) {
    case Keyword::start:
    case Keyword::begin: return StatementKind::begin;
    case Keyword::prepare: return StatementKind::prepare_transaction;
    case Keyword::commit: return StatementKind::commit_prepared;
    case Keyword::rollback: return StatementKind::rollback_prepared;
    case Keyword::recover: return StatementKind::show;
    default: return StatementKind::utility;
  }
}

}  // namespace

void KindTracker::token(Keyword keyword, bool after_open, std::size_t depth) noexcept {
  if (compound_) return;  // what a routine's body does, it does when it is called
  ++count_;
  if (count_ == 1) {
    first(keyword, depth);
  } else {
    if (count_ == 2) second(keyword);
    if (awaiting_) {
      await_verb(keyword, after_open, depth);
    } else {
      follow(keyword, depth);
    }
  }
  previous_ = keyword;
}

void KindTracker::first(Keyword keyword, std::size_t depth) noexcept {
  depth_ = depth;
  awaiting_ = keyword == Keyword::with || keyword == Keyword::explain;
  executes_ = keyword != Keyword::explain;
  kind_ = first_kind(keyword, dialect_);
  writes_ = writes_ || sql::writes(kind_) || keyword == Keyword::load;
}

void KindTracker::second(Keyword keyword) noexcept {
  if (previous_ == Keyword::xa) kind_ = xa_kind(keyword);
  if (previous_ == Keyword::start && keyword == Keyword::transaction) kind_ = StatementKind::begin;
  if (previous_ == Keyword::prepare && keyword == Keyword::transaction) kind_ = StatementKind::prepare_transaction;
  if (previous_ == Keyword::commit && keyword == Keyword::prepared) kind_ = StatementKind::commit_prepared;
  if (previous_ == Keyword::rollback && keyword == Keyword::prepared) kind_ = StatementKind::rollback_prepared;
  // MariaDB: ANALYZE UPDATE ... runs the statement and explains it; DESC SELECT only explains.
  const bool verb = keyword != Keyword::table && verb_kind(keyword) != StatementKind::unknown;
  if (verb && (previous_ == Keyword::analyze || previous_ == Keyword::describe)) {
    kind_ = StatementKind::explain;
    executes_ = previous_ == Keyword::analyze;
    awaiting_ = true;
  }
}

void KindTracker::await_verb(Keyword keyword, bool after_open, std::size_t depth) noexcept {
  if (keyword == Keyword::analyze) executes_ = true;
  const StatementKind verb = verb_kind(keyword);
  if (verb == StatementKind::unknown) return;
  const bool main = depth == depth_;
  if (main || after_open) writes_ = writes_ || (executes_ && sql::writes(verb));
  if (!main) return;
  awaiting_ = false;
  if (kind_ != StatementKind::explain) kind_ = verb;
}

void KindTracker::follow(Keyword keyword, std::size_t depth) noexcept {
  switch (kind_) {
    case StatementKind::select: {
      // FOR UPDATE, FOR SHARE, FOR NO KEY UPDATE, FOR KEY SHARE; anywhere: a subquery locks as well.
      const bool strength = keyword == Keyword::update || keyword == Keyword::share;
      const bool locks = strength && (previous_ == Keyword::for_ || previous_ == Keyword::key);
      const bool lock_in = dialect_ == Dialect::mysql && previous_ == Keyword::lock && keyword == Keyword::in;
      if (locks || lock_in) kind_ = StatementKind::select_locking;
      break;
    }
    case StatementKind::copy:
      if (keyword == Keyword::from && depth == depth_) writes_ = true;
      break;
    case StatementKind::rollback:
      if (keyword == Keyword::to) kind_ = StatementKind::rollback_to;
      break;
    case StatementKind::ddl:
      if (keyword == Keyword::begin && depth == depth_) compound_ = true;
      break;
    default: break;
  }
}

void KindTracker::semicolon(std::size_t depth) noexcept {
  if (depth != 0 || compound_ || count_ == 0) return;
  last_ = kind_;
  count_ = 0;
  awaiting_ = false;
  executes_ = true;
}

}  // namespace lockkeeper::sql
