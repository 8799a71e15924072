// COM_QUERY, whose text may stand behind attributes: binary values that say nothing of their whole length.
#include "wire/mysql/command.hpp"
#include "wire/mysql/lengths.hpp"

namespace lockkeeper::wire::mysql {
namespace {

using base::ByteReader;

// Bytes of a value: of its type always the same number, told by one byte before it, or by a length before it.
void skip_value(ByteReader& reader, std::uint8_t type) noexcept {
  switch (type) {
    case 6: return;                                // NULL
    case 1:                                        // TINY
    case 244: reader.bytes(1); return;             // BOOL
    case 2:                                        // SHORT
    case 13: reader.bytes(2); return;              // YEAR
    case 3:                                        // LONG
    case 4:                                        // FLOAT
    case 9: reader.bytes(4); return;               // INT24
    case 5:                                        // DOUBLE
    case 8: reader.bytes(8); return;               // LONGLONG
    case 7:                                        // TIMESTAMP
    case 10:                                       // DATE
    case 11:                                       // TIME
    case 12: reader.bytes(reader.byte()); return;  // DATETIME
    default: read_sized(reader);
  }
}

// Type and name of one attribute; the type.
std::uint8_t read_type(ByteReader& reader) noexcept {
  const std::uint8_t type = reader.byte();
  reader.byte();  // Unsigned or not.
  read_sized(reader);
  return type;
}

bool is_null(Bytes nulls, std::uint64_t attribute) noexcept {
  return ((static_cast<std::uint8_t>(nulls[attribute / 8]) >> (attribute % 8)) & 1U) != 0;
}

// All types come first, then all values: they are read side by side.
void skip_attributes(ByteReader& reader, std::uint64_t count) noexcept {
  if (count > reader.rest().size()) {  // Each has a type at least.
    reader.fail();
    return;
  }
  const Bytes nulls = reader.bytes((count + 7) / 8);
  if (reader.byte() != 1) reader.fail();  // A query has no earlier run whose types it could share.
  ByteReader types = reader;
  for (std::uint64_t attribute = 0; attribute < count && reader.ok(); ++attribute) read_type(reader);
  for (std::uint64_t attribute = 0; attribute < count && reader.ok(); ++attribute) {
    const std::uint8_t type = read_type(types);
    if (!is_null(nulls, attribute)) skip_value(reader, type);
  }
}

}  // namespace

std::optional<Query> decode_query(Bytes body, Capabilities capabilities) noexcept {
  if (body.empty() || command_of(body) != Command::query) return std::nullopt;
  ByteReader reader(body.substr(1));
  Query query;
  if (capabilities.has(Capability::query_attributes)) {
    query.attribute_count = read_length(reader);
    read_length(reader);  // Sets of attributes: one, always.
    const Bytes attributes = reader.rest();
    if (query.attribute_count > 0) skip_attributes(reader, query.attribute_count);
    query.attributes = attributes.substr(0, attributes.size() - reader.rest().size());
  }
  query.sql = reader.rest();
  return reader.ok() ? std::optional(query) : std::nullopt;
}

}  // namespace lockkeeper::wire::mysql
