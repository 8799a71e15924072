#include "track/postgres/bound_values.hpp"

#include <xxhash.h>

#include <algorithm>

#include "base/byte_reader.hpp"

namespace lockkeeper::track::postgres {

std::uint64_t parameters_hash(wire::postgres::Bytes bind_parameters, std::uint64_t text) noexcept {
  base::ByteReader reader(bind_parameters);
  const std::size_t formats = reader.uint16_big();
  reader.bytes(2 * formats);
  const std::size_t count = reader.uint16_big();
  const std::string_view from = reader.rest();
  for (std::size_t value = 0; value < count && reader.ok(); ++value) {
    constexpr std::uint32_t null = 0xffffffff;
    const std::uint32_t length = reader.uint32_big();
    if (length != null) reader.bytes(length);
  }
  if (!reader.ok()) return 0;
  const std::size_t size = from.size() - reader.rest().size();
  return std::max<std::uint64_t>(1, XXH3_64bits_withSeed(from.data(), size, text));
}

}  // namespace lockkeeper::track::postgres
