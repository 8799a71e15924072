#include "track/mysql/bound_values.hpp"

#include <xxhash.h>

#include <algorithm>

#include "base/byte_reader.hpp"
#include "wire/mysql/lengths.hpp"

namespace lockkeeper::track::mysql {
namespace {

using base::ByteReader;
using wire::mysql::Bytes;
using wire::mysql::Capability;

constexpr std::uint8_t count_is_given = 8;      // Of an execute's flags.
constexpr std::uint16_t types_are_given = 128;  // Of a bulk execute's.

std::uint64_t hash_of(Bytes bytes, std::uint64_t seed) noexcept {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

std::uint64_t never_zero(std::uint64_t hash) noexcept { return std::max<std::uint64_t>(1, hash); }

}  // namespace

// Nulls, whether types follow, types, values. Types come with the first run alone, and are no values.
std::uint64_t parameters_hash(const wire::mysql::Execute& execute, std::optional<std::uint16_t> count,
                              wire::mysql::Capabilities capabilities, std::uint64_t text) noexcept {
  if (!count) return never_zero(hash_of(execute.parameters, text));
  ByteReader reader(execute.parameters);
  const bool named = capabilities.has(Capability::query_attributes);
  std::uint64_t values = *count;
  if (named && (values > 0 || (execute.flags & count_is_given) != 0)) values = wire::mysql::read_length(reader);
  if (values == 0) return never_zero(hash_of({}, text));
  if (!reader.ok() || values > 8 * reader.rest().size()) return 0;
  const Bytes nulls = reader.bytes(static_cast<std::size_t>((values + 7) / 8));
  if (reader.byte() != 0) {
    for (std::uint64_t value = 0; value < values && reader.ok(); ++value) {
      reader.bytes(2);
      if (named) wire::mysql::read_sized(reader);
    }
  }
  return reader.ok() ? never_zero(hash_of(reader.rest(), hash_of(nulls, text))) : 0;
}

std::uint64_t parameters_hash(const wire::mysql::BulkExecute& execute, std::optional<std::uint16_t> count,
                              std::uint64_t text) noexcept {
  ByteReader reader(execute.parameters);
  if (count && (execute.flags & types_are_given) != 0) reader.bytes(std::size_t{2} * *count);
  return reader.ok() ? never_zero(hash_of(reader.rest(), text)) : 0;
}

void LongData::add(const wire::mysql::SendLongData& piece, bool whole) noexcept {
  any_ = true;
  cut_ = cut_ || !whole;
  hash_ = hash_of(piece.data, hash_ + piece.parameter + 1);
}

std::uint64_t LongData::with(std::uint64_t others) const noexcept {
  if (!any_ || others == 0) return others;
  if (cut_) return 0;
  return never_zero(XXH3_64bits_withSeed(&hash_, sizeof hash_, others));
}

}  // namespace lockkeeper::track::mysql
