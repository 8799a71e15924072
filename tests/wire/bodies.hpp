// Bodies of messages as tests write and break them.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "wire/postgres/frame.hpp"

namespace lockkeeper::testing {

/// The body of the only message in `bytes`; the header must be right.
inline std::string only_body(std::string_view bytes, char type) {
  const auto header = wire::postgres::read_header(bytes);
  if (!header || !*header || (*header)->size() != bytes.size() || (*header)->type != type) {
    ADD_FAILURE() << "not one message of type " << type;
    return {};
  }
  return std::string(bytes.substr(wire::postgres::header_size));
}

/// Every body that ends too early, and one that ends too late, is refused. The body is copied to memory of its own
/// size, where a sanitizer sees the first byte too many.
template <class Decode>
void expect_whole(std::string_view body, const Decode& decode) {
  EXPECT_TRUE(decode(std::string(body)).has_value());
  for (std::size_t size = 0; size < body.size(); ++size) {
    const std::string cut(body.substr(0, size));
    EXPECT_FALSE(decode(cut).has_value()) << size << " of " << body.size() << " bytes";
  }
  EXPECT_FALSE(decode(std::string(body) + 'x').has_value()) << "a byte too many";
}

}  // namespace lockkeeper::testing
