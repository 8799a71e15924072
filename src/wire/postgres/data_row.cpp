#include "base/byte_reader.hpp"
#include "wire/postgres/backend.hpp"

namespace lockkeeper::wire::postgres {

bool decode_data_row(Bytes body, std::span<std::optional<std::string_view>> cells) noexcept {
  base::ByteReader reader(body);
  if (reader.uint16_big() != cells.size()) return false;
  for (std::optional<std::string_view>& cell : cells) {
    const std::uint32_t length = reader.uint32_big();
    cell = std::nullopt;
    if (length != 0xffff'ffffU) cell = reader.bytes(length);
  }
  return reader.finished();
}

}  // namespace lockkeeper::wire::postgres
