#include <algorithm>

#include "wire/mysql/lengths.hpp"
#include "wire/mysql/login.hpp"
#include "wire/mysql/message_writer.hpp"

namespace lockkeeper::wire::mysql {
namespace {

using base::ByteWriter;

constexpr std::size_t most_scramble_end = 255 - scramble_begin_size;
constexpr std::size_t most_short_answer = 255;

void write_zeros(ByteWriter& writer, std::size_t count) {
  for (std::size_t zero = 0; zero < count; ++zero) writer.byte('\0');
}

// Exactly so many bytes: cut, or filled with zeros.
void write_exactly(ByteWriter& writer, Bytes bytes, std::size_t size) {
  writer.bytes(bytes.substr(0, size));
  write_zeros(writer, size - std::min(bytes.size(), size));
}

// MariaDB's capabilities; zeros where there are none to be told.
void write_extended(ByteWriter& writer, Capabilities capabilities) {
  writer.uint32_little(capabilities.has(Capability::mysql) ? 0 : static_cast<std::uint32_t>(capabilities.bits >> 32U));
}

void write_scramble_end(ByteWriter& writer, const Greeting& greeting) {
  const std::size_t size = std::clamp(greeting.scramble_end.size(), least_scramble_end, most_scramble_end);
  const bool secure = greeting.capabilities.has(Capability::secure_connection);
  const bool declared = secure && (greeting.capabilities.has(Capability::plugin_auth) || size > least_scramble_end);
  writer.byte(static_cast<std::uint8_t>(declared ? scramble_begin_size + size : 0));
  write_zeros(writer, 6);
  write_extended(writer, greeting.capabilities);
  if (secure) write_exactly(writer, greeting.scramble_end, size);
}

void write_answer(ByteWriter& writer, const LoginRequest& request) {
  if (request.capabilities.has(Capability::sized_auth)) return write_sized(writer, request.answer);
  if (!request.capabilities.has(Capability::secure_connection)) return writer.text(request.answer);
  const Bytes answer = request.answer.substr(0, most_short_answer);
  writer.byte(static_cast<std::uint8_t>(answer.size()));
  writer.bytes(answer);
}

void write_login_fields(ByteWriter& writer, const LoginRequest& request) {
  writer.text(request.user);
  write_answer(writer, request);
  if (request.capabilities.has(Capability::database)) writer.text(request.database);
  if (request.capabilities.has(Capability::plugin_auth)) writer.text(request.plugin);
  if (request.capabilities.has(Capability::connect_attributes)) write_sized(writer, request.attributes);
  if (request.capabilities.has(Capability::zstd)) writer.byte(request.zstd_level);
}

}  // namespace

void append_greeting(std::string& out, std::uint8_t sequence, const Greeting& greeting) {
  write_message(out, sequence, [&](ByteWriter& writer) {
    writer.byte(std::uint8_t{10});
    writer.text(greeting.server_version);
    writer.uint32_little(greeting.connection_id);
    write_exactly(writer, greeting.scramble_begin, scramble_begin_size);
    writer.byte('\0');
    writer.uint16_little(static_cast<std::uint16_t>(greeting.capabilities.bits));
    writer.byte(greeting.charset);
    writer.uint16_little(greeting.status.bits);
    writer.uint16_little(static_cast<std::uint16_t>(greeting.capabilities.bits >> 16U));
    write_scramble_end(writer, greeting);
    if (greeting.capabilities.has(Capability::plugin_auth)) writer.text(greeting.plugin);
  });
}

void append_login_request(std::string& out, std::uint8_t sequence, const LoginRequest& request) {
  write_message(out, sequence, [&](ByteWriter& writer) {
    writer.uint32_little(static_cast<std::uint32_t>(request.capabilities.bits));
    writer.uint32_little(request.most_packet);
    writer.byte(request.charset);
    write_zeros(writer, 19);
    write_extended(writer, request.capabilities);
    if (!request.tls_request) write_login_fields(writer, request);
  });
}

void append_switch_plugin(std::string& out, std::uint8_t sequence, std::string_view plugin, Bytes data) {
  write_message(out, sequence, [&](ByteWriter& writer) {
    writer.byte(std::uint8_t{0xfe});
    writer.text(plugin);
    writer.bytes(data);
  });
}

void append_more_data(std::string& out, std::uint8_t sequence, Bytes data) {
  write_message(out, sequence, [&](ByteWriter& writer) {
    writer.byte(std::uint8_t{0x01});
    writer.bytes(data);
  });
}

void append_attribute(std::string& attributes, std::string_view name, std::string_view value) {
  ByteWriter writer(attributes);
  write_sized(writer, name);
  write_sized(writer, value);
}

}  // namespace lockkeeper::wire::mysql
