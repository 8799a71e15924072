#include "base/byte_reader.hpp"
#include "wire/postgres/frontend.hpp"

namespace lockkeeper::wire::postgres {
namespace {

using base::ByteReader;

// `value` if the body ended where it had to.
template <class Value>
std::optional<Value> whole(const ByteReader& reader, const Value& value) noexcept {
  return reader.finished() ? std::optional<Value>(value) : std::nullopt;
}

// The body of Describe and Close, which are alike.
template <class Message>
std::optional<Message> decode_target(Bytes body) noexcept {
  ByteReader reader(body);
  const auto target = static_cast<Target>(reader.byte());
  const Message message{target, reader.text()};
  if (target != Target::statement && target != Target::portal) return std::nullopt;
  return whole(reader, message);
}

// Format codes: an Int16 count and so many Int16. The values (0 and 1) are the server's to judge. Returns the count.
std::size_t skip_formats(ByteReader& reader) noexcept {
  const std::size_t count = reader.uint16_big();
  reader.bytes(count * sizeof(std::uint16_t));
  return count;
}

constexpr std::uint32_t no_value = 0xffffffff;  // Int32 -1 in place of a length: NULL, or nothing at all.

void skip_values(ByteReader& reader, std::size_t count) noexcept {
  for (std::size_t value = 0; value < count && reader.ok(); ++value) {
    const std::uint32_t length = reader.uint32_big();
    if (length != no_value) reader.bytes(length);  // Another negative length is more than any body has.
  }
}

}  // namespace

std::optional<Query> decode_query(Bytes body) noexcept {
  ByteReader reader(body);
  return whole(reader, Query{reader.text()});
}

std::optional<Parse> decode_parse(Bytes body) noexcept {
  ByteReader reader(body);
  const std::string_view name = reader.text();
  const std::string_view sql = reader.text();
  const Bytes types = reader.take_rest();
  ByteReader list(types);
  list.bytes(list.uint16_big() * sizeof(std::uint32_t));
  return whole(list, Parse{name, sql, types});
}

std::optional<Bind> decode_bind(Bytes body) noexcept {
  ByteReader reader(body);
  const std::string_view portal = reader.text();
  const std::string_view statement = reader.text();
  const Bytes parameters = reader.rest();
  return reader.ok() ? std::optional<Bind>(Bind{portal, statement, parameters}) : std::nullopt;
}

bool check_bind_parameters(Bytes parameters) noexcept {
  ByteReader reader(parameters);
  const std::size_t formats = skip_formats(reader);
  const std::size_t values = reader.uint16_big();
  if (formats > 1 && formats != values) return false;  // None or one is for all of them.
  skip_values(reader, values);
  skip_formats(reader);
  return reader.finished();
}

std::optional<Describe> decode_describe(Bytes body) noexcept { return decode_target<Describe>(body); }

std::optional<Close> decode_close(Bytes body) noexcept { return decode_target<Close>(body); }

std::optional<Execute> decode_execute(Bytes body) noexcept {
  ByteReader reader(body);
  const std::string_view portal = reader.text();
  const auto most_rows = static_cast<std::int32_t>(reader.uint32_big());
  return whole(reader, Execute{portal, most_rows});
}

std::optional<SaslInitial> decode_sasl_initial(Bytes body) noexcept {
  ByteReader reader(body);
  const std::string_view mechanism = reader.text();
  const std::uint32_t length = reader.uint32_big();
  const Bytes data = length == no_value ? Bytes() : reader.bytes(length);
  return whole(reader, SaslInitial{mechanism, data});
}

std::optional<std::string_view> decode_password(Bytes body) noexcept {
  ByteReader reader(body);
  return whole(reader, reader.text());
}

}  // namespace lockkeeper::wire::postgres
