#include "track/postgres/prepared.hpp"

#include <xxhash.h>

#include <algorithm>

#include "track/postgres/statement_cache.hpp"
#include "track/unit.hpp"

namespace lockkeeper::track::postgres {
namespace {

std::uint64_t hash_of(std::uint64_t text, std::string_view types) {
  return XXH3_64bits_withSeed(types.data(), types.size(), text);
}

}  // namespace

PreparedPtr PreparedRegistry::intern(std::string_view sql, wire::postgres::Bytes types,
                                     const Parameters::Reading& reading, StatementCache& cache) {
  const auto is_same = [&](const Prepared& known) {
    return known.sql == sql && known.types == types && (known.reading == reading || *known.reading == *reading);
  };
  const std::uint64_t text = text_hash(sql);
  const std::uint64_t hash = hash_of(text, types);
  const auto [first, last] = known_.equal_range(hash);
  for (auto each = first; each != last; ++each) {
    if (PreparedPtr known = each->second.lock(); known && is_same(*known)) return known;
  }
  if (known_.size() >= sweep_at_) sweep();
  PreparedPtr made = make(sql, types, reading, cache);
  known_.emplace(hash, made);
  return made;
}

PreparedPtr PreparedRegistry::make(std::string_view sql, wire::postgres::Bytes types,
                                   const Parameters::Reading& reading, StatementCache& cache) {
  const Seen& seen = cache.seen(sql);
  auto made = std::make_shared<Prepared>();
  made->name = std::string(prepared_prefix) + std::to_string(worker_) + "_" + std::to_string(++last_);
  made->sql = sql;
  made->types = types;
  made->statement = seen.statement;
  made->traits = seen.traits;
  made->text = text_hash(sql);
  made->reading = reading;
  return made;
}

void PreparedRegistry::retire(const Prepared& prepared) {
  const auto [first, last] = known_.equal_range(hash_of(prepared.text, prepared.types));
  for (auto each = first; each != last; ++each) {
    if (each->second.lock().get() != &prepared) continue;
    known_.erase(each);
    return;
  }
}

// What nobody holds any more goes; so the registry is never twice as large as what is held.
void PreparedRegistry::sweep() {
  std::erase_if(known_, [](const auto& each) { return each.second.expired(); });
  sweep_at_ = std::max<std::size_t>(1'024, known_.size() * 2);
}

}  // namespace lockkeeper::track::postgres
