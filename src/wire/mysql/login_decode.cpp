#include "wire/mysql/lengths.hpp"
#include "wire/mysql/login.hpp"

namespace lockkeeper::wire::mysql {
namespace {

using base::ByteReader;

constexpr std::uint8_t protocol_version = 10;
constexpr std::size_t tls_request_size = 32;

// Terminated; some servers of the 5.5 series left the terminator of a last field out.
std::string_view last_text(ByteReader& reader) noexcept {
  return reader.rest().find('\0') == std::string_view::npos ? reader.take_rest() : reader.text();
}

// MariaDB's own capabilities, which mean nothing where the other bits say MySQL.
Capabilities extended(Capabilities low, std::uint32_t high) noexcept {
  return low.has(Capability::mysql) ? low : Capabilities{low.bits | (std::uint64_t{high} << 32U)};
}

void read_scramble_end(ByteReader& reader, std::uint8_t declared, Greeting& greeting) noexcept {
  if (!greeting.capabilities.has(Capability::secure_connection)) return;
  const std::size_t size = declared > scramble_begin_size ? declared - scramble_begin_size : 0;
  greeting.scramble_end = reader.bytes(std::max(size, least_scramble_end));
}

Bytes read_answer(ByteReader& reader, Capabilities capabilities) noexcept {
  if (capabilities.has(Capability::sized_auth)) return read_sized(reader);
  if (capabilities.has(Capability::secure_connection)) return reader.bytes(reader.byte());
  return reader.text();
}

// Servers let a client end its packet before any of these, whatever its capabilities promised.
void read_optional_fields(ByteReader& reader, LoginRequest& request) noexcept {
  const auto there = [&](Capability field) noexcept {
    return request.capabilities.has(field) && !reader.rest().empty();
  };
  if (there(Capability::database)) request.database = last_text(reader);
  if (there(Capability::plugin_auth)) request.plugin = last_text(reader);
  if (there(Capability::connect_attributes)) request.attributes = read_sized(reader);
  if (there(Capability::zstd)) request.zstd_level = reader.byte();
}

}  // namespace

std::expected<Greeting, Malformed> decode_greeting(Bytes body) noexcept {
  ByteReader reader(body);
  if (reader.byte() != protocol_version) return std::unexpected(Malformed::old_protocol);
  Greeting greeting{.server_version = reader.text()};
  greeting.connection_id = reader.uint32_little();
  greeting.scramble_begin = reader.bytes(scramble_begin_size);
  reader.byte();
  const std::uint32_t low = reader.uint16_little();
  greeting.charset = reader.byte();
  greeting.status.bits = reader.uint16_little();
  greeting.capabilities.bits = low | (std::uint32_t{reader.uint16_little()} << 16U);
  const std::uint8_t declared = reader.byte();
  reader.bytes(6);
  greeting.capabilities = extended(greeting.capabilities, reader.uint32_little());
  read_scramble_end(reader, declared, greeting);
  if (greeting.capabilities.has(Capability::plugin_auth)) greeting.plugin = last_text(reader);
  if (!reader.ok()) return std::unexpected(Malformed::bad_body);
  if (!greeting.capabilities.has(Capability::protocol_41)) return std::unexpected(Malformed::old_protocol);
  return greeting;
}

std::expected<LoginRequest, Malformed> decode_login_request(Bytes body) noexcept {
  if (body.size() > most_login) return std::unexpected(Malformed::too_long);
  ByteReader reader(body);
  LoginRequest request;
  request.capabilities.bits = reader.uint16_little();
  if (reader.ok() && !request.capabilities.has(Capability::protocol_41)) {
    return std::unexpected(Malformed::old_protocol);  // Capabilities had 2 bytes then.
  }
  request.capabilities.bits |= std::uint32_t{reader.uint16_little()} << 16U;
  request.most_packet = reader.uint32_little();
  request.charset = reader.byte();
  reader.bytes(19);
  request.capabilities = extended(request.capabilities, reader.uint32_little());
  request.tls_request = request.capabilities.has(Capability::tls) && body.size() == tls_request_size;
  if (request.tls_request) return request;
  request.user = reader.text();
  request.answer = read_answer(reader, request.capabilities);
  read_optional_fields(reader, request);
  if (!reader.ok()) return std::unexpected(Malformed::bad_body);
  return request;
}

std::optional<AttributeReader::Attribute> AttributeReader::next() noexcept {
  if (reader_.rest().empty()) return std::nullopt;
  const std::string_view name = read_sized(reader_);
  const std::string_view value = read_sized(reader_);
  return reader_.ok() ? std::optional(Attribute{name, value}) : std::nullopt;
}

LoginReply login_reply(Bytes body) noexcept {
  if (body.empty()) return LoginReply::unknown;
  switch (static_cast<std::uint8_t>(body.front())) {
    case 0x00: return LoginReply::ok;
    case 0x01: return LoginReply::more_data;
    case 0x02: return LoginReply::next_factor;
    case 0xfe: return LoginReply::switch_plugin;
    case 0xff: return LoginReply::error;
    default: return LoginReply::unknown;
  }
}

std::optional<SwitchPlugin> decode_switch_plugin(Bytes body) noexcept {
  const LoginReply kind = login_reply(body);
  if (kind != LoginReply::switch_plugin && kind != LoginReply::next_factor) return std::nullopt;
  if (body.size() == 1) {
    return kind == LoginReply::switch_plugin ? std::optional(SwitchPlugin{"mysql_old_password", {}}) : std::nullopt;
  }
  ByteReader reader(body.substr(1));
  const std::string_view plugin = last_text(reader);
  return SwitchPlugin{plugin, reader.rest()};
}

std::optional<Bytes> decode_more_data(Bytes body) noexcept {
  return login_reply(body) == LoginReply::more_data ? std::optional(body.substr(1)) : std::nullopt;
}

}  // namespace lockkeeper::wire::mysql
