// What the fuzzers of MySQL's protocol ask of every decoder.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/assert.hpp"
#include "base/byte_reader.hpp"
#include "wire/mysql/flags.hpp"
#include "wire/mysql/frame.hpp"

namespace lockkeeper::fuzz::mysql {

using wire::mysql::Bytes;

/// The view is a part of `bytes`, or nothing at all.
inline void expect_within(Bytes bytes, std::string_view view) {
  if (view.data() == nullptr) {
    LK_ASSERT(view.empty());
    return;
  }
  LK_ASSERT(!std::less<>()(view.data(), bytes.data()));
  LK_ASSERT(!std::less<>()(bytes.data() + bytes.size(), view.data() + view.size()));
}

/// The body of the only packet.
inline Bytes body_of(const std::string& packet) {
  const auto header = wire::mysql::read_header(packet);
  LK_ASSERT(header && header->size() == packet.size());
  return Bytes(packet).substr(wire::mysql::header_size);
}

/// Takes the capabilities off the front of what the fuzzer has made up: 5 bytes, so that MariaDB's are among them.
inline wire::mysql::Capabilities take_capabilities(Bytes& bytes) {
  base::ByteReader reader(bytes);
  wire::mysql::Capabilities capabilities{reader.uint32_little()};
  capabilities.bits |= std::uint64_t{reader.byte()} << 32U;
  bytes = reader.rest();
  return capabilities;
}

/// Calls `each(header, body)` with every packet in the bytes. Each body has memory of its own size: the address
/// sanitizer sees a read that goes one byte too far.
template <class Each>
void for_each_packet(Bytes bytes, const Each& each) {
  for (auto header = wire::mysql::read_header(bytes); header; header = wire::mysql::read_header(bytes)) {
    if (header->size() > bytes.size()) return;
    const Bytes body = bytes.substr(wire::mysql::header_size, header->body);
    const std::vector<char> copy(body.begin(), body.end());
    each(*header, Bytes(copy.data(), copy.size()));
    bytes.remove_prefix(header->size());
  }
}

}  // namespace lockkeeper::fuzz::mysql
