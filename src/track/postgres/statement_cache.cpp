#include "track/postgres/statement_cache.hpp"

#include <memory>
#include <utility>

#include <xxhash.h>

namespace lockkeeper::track::postgres {
namespace {

model::StatementPtr to_model(sql::Statement&& statement, sql::StatementKind kind) {
  return std::make_shared<const model::Statement>(model::Statement{.fingerprint = statement.fingerprint,
                                                                   .kind = kind,
                                                                   .text = std::move(statement.normalized),
                                                                   .truncated = statement.truncated,
                                                                   .server_id = std::nullopt});
}

}  // namespace

const Seen& StatementCache::seen(std::string_view sql) {
  if (sql.size() > most_repeated) return look_up(sql);
  const std::uint64_t hash = XXH3_64bits(sql.data(), sql.size());
  Repeated& repeated = repeated_[hash % repeated_.size()];
  if (repeated.seen != nullptr && repeated.hash == hash) return *repeated.seen;
  const Seen& found = look_up(sql);
  repeated = {hash, &found};
  return found;
}

const Seen& StatementCache::look_up(std::string_view sql) {
  const bool truncated = sql.size() > most_text;
  if (truncated) sql = sql.substr(0, most_text);
  const sql::Fingerprint fingerprint = sql::fingerprint(sql, {.truncated = truncated}, scratch_);
  if (const auto found = young_.find(fingerprint); found != young_.end()) return found->second;
  if (const auto found = old_.find(fingerprint); found != old_.end()) return keep(old_.extract(found));
  return learn(sql, truncated);
}

// What the statement says is a function of its fingerprint too: the kind is the scan's, see Item::Kind::word.
const Seen& StatementCache::learn(std::string_view sql, bool truncated) {
  sql::Statement statement = sql::analyze(sql, {.truncated = truncated});
  Scanned scanned = scan_traits(statement.normalized, statement.truncated);
  const sql::Fingerprint fingerprint = statement.fingerprint;
  Shapes one;
  one.emplace(fingerprint, Seen{to_model(std::move(statement), scanned.last), std::move(scanned.traits)});
  return keep(one.extract(one.begin()));
}

const Seen& StatementCache::keep(Shapes::node_type node) {
  const std::size_t bytes = node.mapped().statement->text.size();
  if (young_.size() >= generation || young_bytes_ + bytes > generation_bytes) make_room();
  young_bytes_ += bytes;
  return young_.insert(std::move(node)).position->second;
}

void StatementCache::make_room() {
  old_ = std::exchange(young_, {});
  young_bytes_ = 0;
  repeated_.fill({});
}

}  // namespace lockkeeper::track::postgres
