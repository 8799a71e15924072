// MySQL's packets as a table: a description of the protocol that owes nothing to src/wire, to check it by.
//
// A layout is a list of fields, "name:form name:form". Forms:
//   c h t i q  a little-endian number of 1, 2, 3, 4 and 8 bytes   l  a length-encoded number
//   z  text with its terminator                                  s  length-encoded text
//   r  all bytes up to the end                                   8  so many bytes, in decimal
//   C  length-encoded texts or NULL up to the end                =1f  that byte (has no name)
#pragma once

#include <string_view>
#include <vector>

#include "wire/mysql/packet_text.hpp"

namespace lockkeeper::testing::mysql {

struct Layout {
  Side side = Side::client;
  std::string_view name;  ///< Several may have the same: the first that fits is the one.
  std::string_view fields;
};

[[nodiscard]] const std::vector<Layout>& layouts();

}  // namespace lockkeeper::testing::mysql
