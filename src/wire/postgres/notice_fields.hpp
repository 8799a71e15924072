// The fields of an ErrorResponse or a NoticeResponse, one by one: the room's own tool.
#pragma once

#include <string_view>

#include "base/byte_reader.hpp"
#include "wire/postgres/frame.hpp"

namespace lockkeeper::wire::postgres {

/// Calls `each(char, std::string_view)` with every field, in order. False where the body is malformed: each field is a
/// byte and a text, and a zero byte in place of the next field must be the last byte.
template <class Each>
bool read_notice_fields(Bytes body, const Each& each) {
  base::ByteReader reader(body);
  for (auto field = static_cast<char>(reader.byte()); field != '\0'; field = static_cast<char>(reader.byte())) {
    const std::string_view text = reader.text();
    if (!reader.ok()) return false;
    each(field, text);
  }
  return reader.finished();
}

}  // namespace lockkeeper::wire::postgres
