// Length-encoded numbers and texts: the room's own tool.
//
// Up to 250 a number is one byte; 0xfc, 0xfd and 0xfe are followed by one of 2, 3 and 8 bytes. 0xfb is NULL where there
// may be one, and no number; 0xff begins an error, and no number either.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/byte_reader.hpp"
#include "base/byte_writer.hpp"

namespace lockkeeper::wire::mysql {

inline constexpr std::uint8_t null_length = 0xfb;

/// 0 where it is none; the reader has failed then.
inline std::uint64_t read_length(base::ByteReader& reader) noexcept {
  const std::uint8_t first = reader.byte();
  if (first < null_length) [[likely]]
    return first;
  switch (first) {
    case 0xfc: return reader.uint16_little();
    case 0xfd: return reader.uint24_little();
    case 0xfe: return reader.uint64_little();
    default: reader.fail(); return 0;
  }
}

/// A length and so many bytes.
inline std::string_view read_sized(base::ByteReader& reader) noexcept { return reader.bytes(read_length(reader)); }

inline void write_length(base::ByteWriter& writer, std::uint64_t length) {
  if (length < null_length) {
    writer.byte(static_cast<std::uint8_t>(length));
  } else if (length <= 0xffff) {
    writer.byte(std::uint8_t{0xfc});
    writer.uint16_little(static_cast<std::uint16_t>(length));
  } else if (length <= 0xffffff) {
    writer.byte(std::uint8_t{0xfd});
    writer.uint24_little(static_cast<std::uint32_t>(length));
  } else {
    writer.byte(std::uint8_t{0xfe});
    writer.uint64_little(length);
  }
}

inline void write_sized(base::ByteWriter& writer, std::string_view bytes) {
  write_length(writer, bytes.size());
  writer.bytes(bytes);
}

}  // namespace lockkeeper::wire::mysql
