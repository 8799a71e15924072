#include "track/postgres/prepared.hpp"

#include <xxhash.h>

#include <algorithm>
#include <utility>

#include "track/postgres/statement_cache.hpp"
#include "track/unit.hpp"
#include "wire/postgres/backend.hpp"

namespace lockkeeper::track::postgres {
namespace {

std::uint64_t hash_of(std::uint64_t text, std::string_view types) {
  return XXH3_64bits_withSeed(types.data(), types.size(), text);
}

}  // namespace

bool Description::agrees_with(const Description& other) const noexcept {
  const bool types_agree = types.empty() || other.types.empty() || types == other.types;
  return types_agree && (!known() || !other.known() || columns == other.columns);
}

void Description::learn(const Description& other) {
  if (types.empty()) types = other.types;
  if (!known()) columns = other.columns;
}

Description read_description(std::string types, bool has_rows, wire::postgres::Bytes columns) {
  constexpr std::uint64_t no_rows = 1;
  Description result;
  if (wire::postgres::is_list_of_types(types)) result.types = std::move(types);
  std::uint64_t hash = no_rows;
  if (has_rows) {
    const bool read = wire::postgres::read_columns(columns, [&](std::string_view name, std::uint32_t type) {
      const bool is_ascii =
          std::ranges::all_of(name, [](char each) { return static_cast<unsigned char>(each) < 0x80; });
      hash = XXH3_64bits_withSeed(name.data(), is_ascii ? name.size() : 0, hash);
      hash = XXH3_64bits_withSeed(&type, sizeof type, hash);
    });
    if (!read) return result;
  }
  result.columns = std::max(hash, no_rows);
  return result;
}

PreparedPtr PreparedRegistry::intern(std::string_view sql, wire::postgres::Bytes types,
                                     const Parameters::Reading& reading, const Seeing& see) {
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
  PreparedPtr made = make(sql, types, reading, see);
  known_.emplace(hash, made);
  return made;
}

PreparedPtr PreparedRegistry::make(std::string_view sql, wire::postgres::Bytes types,
                                   const Parameters::Reading& reading, const Seeing& see, DeallocationPtr deallocates) {
  const Seen& seen = see(sql);
  auto made = std::make_shared<Prepared>();
  made->name = std::string(prepared_prefix) + std::to_string(worker_) + "_" + std::to_string(++last_);
  made->sql = sql;
  made->types = types;
  made->statement = seen.statement;
  made->traits = seen.traits;
  made->text = text_hash(sql);
  made->reading = reading;
  made->deallocates = std::move(deallocates);
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
