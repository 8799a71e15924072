#include "client/drivers/mysql_greeting.hpp"

#include <cstddef>

namespace lockkeeper::client::mysql {
namespace {

constexpr std::size_t header_bytes = 4;
constexpr std::size_t longest_payload = 4096;  // Greetings and refusals have about a hundred bytes.
constexpr std::size_t connection_id_bytes = 4;
constexpr std::size_t scramble_bytes = 8;
constexpr unsigned int protocol_version = 10;
constexpr unsigned int error_mark = 0xFF;
constexpr std::size_t sqlstate_bytes = 5;
constexpr unsigned int tls_capability = 0x0800;

unsigned int byte_at(std::string_view bytes, std::size_t index) { return static_cast<unsigned char>(bytes[index]); }

unsigned int payload_length(std::string_view header) {
  return byte_at(header, 0) | byte_at(header, 1) << 8U | byte_at(header, 2) << 16U;
}

}  // namespace

// Length (3), sequence 0, protocol 10, version text with its zero, connection id (4), scramble (8), zero, capabilities.
Greeting read_greeting(std::string_view bytes) {
  if (bytes.size() < header_bytes + 1) return Greeting::incomplete;
  const unsigned int length = payload_length(bytes);
  const unsigned int mark = byte_at(bytes, header_bytes);
  const bool is_first = byte_at(bytes, 3) == 0 && length <= longest_payload;
  if (!is_first || (mark != protocol_version && mark != error_mark)) return Greeting::foreign;
  if (mark == error_mark) return Greeting::refusal;
  const std::string_view payload = bytes.substr(header_bytes, length);
  const auto version_end = payload.find('\0', 1);
  if (version_end == std::string_view::npos) {
    return payload.size() < length ? Greeting::incomplete : Greeting::foreign;
  }
  const std::size_t capabilities = version_end + 1 + connection_id_bytes + scramble_bytes + 1;
  if (capabilities + 1 >= length) return Greeting::foreign;
  if (capabilities + 1 >= payload.size()) return Greeting::incomplete;
  const unsigned int flags = byte_at(payload, capabilities) | byte_at(payload, capabilities + 1) << 8U;
  return (flags & tls_capability) != 0 ? Greeting::with_tls : Greeting::plain;
}

// Length (3), sequence, 0xFF, number (2), then the message, perhaps after '#' and a SQLSTATE.
Fault read_refusal(std::string_view bytes) {
  Fault fault;
  if (read_greeting(bytes) != Greeting::refusal || bytes.size() < header_bytes + 3) return fault;
  std::string_view payload = bytes.substr(header_bytes, payload_length(bytes));
  if (payload.size() < 3) return fault;
  fault.number = byte_at(payload, 1) | byte_at(payload, 2) << 8U;
  payload.remove_prefix(3);
  if (payload.starts_with('#') && payload.size() > sqlstate_bytes) {
    fault.sqlstate = payload.substr(1, sqlstate_bytes);
    payload.remove_prefix(1 + sqlstate_bytes);
  }
  fault.message = payload;
  return fault;
}

}  // namespace lockkeeper::client::mysql
