// Messages being appended: the room's own tool.
#pragma once

#include <cstdint>
#include <string>

#include "base/byte_writer.hpp"
#include "wire/mysql/frame.hpp"

namespace lockkeeper::wire::mysql {

inline void append_header(std::string& out, std::uint32_t body, std::uint8_t sequence) {
  base::ByteWriter writer(out);
  writer.uint24_little(body);
  writer.byte(sequence);
}

/// Has `write(base::ByteWriter&)` write a body behind its header. A body that needs several packets is split.
template <class Write>
void write_message(std::string& out, std::uint8_t sequence, const Write& write) {
  const std::size_t begin = out.size();
  append_header(out, 0, sequence);
  base::ByteWriter writer(out);
  write(writer);
  const std::size_t size = out.size() - begin - header_size;
  if (size < most_body) [[likely]] {
    base::store<std::uint16_t, std::endian::little>(out.data() + begin, static_cast<std::uint16_t>(size));
    out[begin + 2] = static_cast<char>(size >> 16U);
    return;
  }
  const std::string body = out.substr(begin + header_size);
  out.resize(begin);
  append_message(out, sequence, body);
}

}  // namespace lockkeeper::wire::mysql
