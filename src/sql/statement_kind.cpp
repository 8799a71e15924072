#include "sql/statement_kind.hpp"

namespace lockkeeper::sql {

std::string_view to_string(StatementKind kind) noexcept {
  switch (kind) {
    case StatementKind::unknown: return "unknown";
    case StatementKind::select: return "select";
    case StatementKind::select_locking: return "select_locking";
    case StatementKind::insert: return "insert";
    case StatementKind::update: return "update";
    case StatementKind::delete_: return "delete";
    case StatementKind::merge: return "merge";
    case StatementKind::copy: return "copy";
    case StatementKind::call: return "call";
    case StatementKind::ddl: return "ddl";
    case StatementKind::begin: return "begin";
    case StatementKind::commit: return "commit";
    case StatementKind::rollback: return "rollback";
    case StatementKind::savepoint: return "savepoint";
    case StatementKind::release: return "release";
    case StatementKind::rollback_to: return "rollback_to";
    case StatementKind::prepare_transaction: return "prepare_transaction";
    case StatementKind::commit_prepared: return "commit_prepared";
    case StatementKind::rollback_prepared: return "rollback_prepared";
    case StatementKind::set: return "set";
    case StatementKind::show: return "show";
    case StatementKind::explain: return "explain";
    case StatementKind::fetch: return "fetch";
    case StatementKind::lock: return "lock";
    case StatementKind::listen: return "listen";
    case StatementKind::maintenance: return "maintenance";
    case StatementKind::utility: return "utility";
    case StatementKind::empty: return "empty";
  }
  return "unknown";
}

bool writes(StatementKind kind) noexcept {
  return kind == StatementKind::insert || kind == StatementKind::update || kind == StatementKind::delete_ ||
         kind == StatementKind::merge;
}

}  // namespace lockkeeper::sql
