// Bodies of messages as tests write and break them.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "wire/mysql/frame.hpp"

namespace lockkeeper::testing::mysql {

/// The body of the only packet in `bytes`.
inline std::string only_body(std::string_view bytes) {
  const auto header = wire::mysql::read_header(bytes);
  if (!header || header->size() != bytes.size()) {
    ADD_FAILURE() << "not one packet";
    return {};
  }
  return std::string(bytes.substr(wire::mysql::header_size));
}

/// Every body that ends before `least` bytes are there is refused. Each is copied to memory of its own size, where a
/// sanitizer sees the first byte too many.
template <class Decode>
void expect_refused_below(std::size_t least, std::string_view body, const Decode& decode) {
  EXPECT_TRUE(decode(std::string(body)).has_value());
  for (std::size_t size = 0; size < least; ++size) {
    EXPECT_FALSE(decode(std::string(body.substr(0, size))).has_value()) << size << " of " << body.size() << " bytes";
  }
}

/// A body from which nothing may be missing.
template <class Decode>
void expect_whole(std::string_view body, const Decode& decode) {
  expect_refused_below(body.size(), body, decode);
}

}  // namespace lockkeeper::testing::mysql
