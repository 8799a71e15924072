// What the wire fuzzers ask of every decoder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "base/assert.hpp"
#include "wire/postgres/frame.hpp"

namespace lockkeeper::fuzz {

using wire::postgres::Bytes;

/// The view is a part of `bytes`, or nothing at all.
inline void expect_within(Bytes bytes, std::string_view view) {
  if (view.data() == nullptr) {
    LK_ASSERT(view.empty());
    return;
  }
  LK_ASSERT(!std::less<>()(view.data(), bytes.data()));
  LK_ASSERT(!std::less<>()(bytes.data() + bytes.size(), view.data() + view.size()));
}

/// Calls `each(header, body)` with every message in the bytes. Each body has memory of its own size: the address
/// sanitizer sees a read that goes one byte too far.
template <class Each>
void for_each_message(Bytes bytes, const Each& each) {
  while (!bytes.empty()) {
    const auto header = wire::postgres::read_header(bytes);
    if (!header || !*header || (*header)->size() > bytes.size()) return;
    const Bytes body = bytes.substr(wire::postgres::header_size, (*header)->body);
    const std::vector<char> copy(body.begin(), body.end());
    each(**header, Bytes(copy.data(), copy.size()));
    bytes.remove_prefix((*header)->size());
  }
}

}  // namespace lockkeeper::fuzz
