#include "track/postgres/statement_cache.hpp"

#include <utility>

#include "track/statement.hpp"

namespace lockkeeper::track::postgres {
namespace {

// What the statement says is a function of its fingerprint too: the kind is the scan's, see Item::Kind::word.
Seen learn(std::string_view sql, const sql::Options& options) {
  sql::Statement statement = sql::analyze(sql, options);
  Scanned scanned = scan_traits(statement.normalized, statement.truncated);
  return {to_model(std::move(statement), scanned.last), std::move(scanned.traits)};
}

}  // namespace

StatementCache::StatementCache() : shapes_(learn) {}

}  // namespace lockkeeper::track::postgres
