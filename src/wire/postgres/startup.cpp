// The packets that begin a connection: what PostgreSQL's ProcessStartupPacket reads.
#include <algorithm>
#include <ranges>

#include "base/byte_reader.hpp"
#include "wire/postgres/frontend.hpp"
#include "wire/postgres/message_writer.hpp"

namespace lockkeeper::wire::postgres {
namespace {

using base::ByteReader;

// Requests that stand where a version would: "major" 1234.
constexpr std::uint32_t cancel_code = (1234U << 16U) | 5678U;
constexpr std::uint32_t ssl_code = (1234U << 16U) | 5679U;
constexpr std::uint32_t gss_code = (1234U << 16U) | 5680U;

std::expected<Startup, Malformed> decode_encryption_request(const ByteReader& reader, StartupKind kind) noexcept {
  if (!reader.finished()) return std::unexpected(Malformed::bad_body);
  return Startup{.kind = kind};
}

std::expected<Startup, Malformed> decode_cancel(ByteReader& reader) noexcept {
  Startup cancel{.kind = StartupKind::cancel_request};
  cancel.cancel_pid = reader.uint32_big();
  cancel.cancel_secret = reader.take_rest();
  if (cancel.cancel_secret.size() < least_secret || cancel.cancel_secret.size() > most_secret) {
    return std::unexpected(Malformed::bad_body);
  }
  return cancel;
}

// Name and value, name and value, and an empty name that must be the packet's last byte.
std::expected<Startup, Malformed> decode_parameters(ByteReader& reader, Startup startup) {
  startup.parameters.reserve(static_cast<std::size_t>(std::ranges::count(reader.rest(), '\0')) / 2);
  for (std::string_view name = reader.text(); !name.empty(); name = reader.text()) {
    const std::string_view value = reader.text();
    if (reader.ok()) startup.parameters.emplace_back(name, value);
  }
  if (!reader.finished()) return std::unexpected(Malformed::bad_body);
  return startup;
}

void append_request(std::string& out, std::uint32_t code) {
  MessageWriter packet(out);
  packet.uint32_big(code);
}

}  // namespace

std::string_view Startup::value(std::string_view name) const noexcept {
  for (const auto& [known, value] : std::views::reverse(parameters)) {
    if (known == name) return value;
  }
  return {};
}

std::expected<Startup, Malformed> decode_startup(Bytes packet) {
  const auto size = startup_size(packet);
  if (!size) return std::unexpected(size.error());
  if (*size != packet.size()) return std::unexpected(Malformed::startup_length);
  ByteReader reader(packet.substr(sizeof(std::uint32_t)));
  const std::uint32_t version = reader.uint32_big();
  switch (version) {
    case cancel_code: return decode_cancel(reader);
    case ssl_code: return decode_encryption_request(reader, StartupKind::ssl_request);
    case gss_code: return decode_encryption_request(reader, StartupKind::gss_request);
    default: break;
  }
  Startup startup{.major = static_cast<std::uint16_t>(version >> 16U),
                  .minor = static_cast<std::uint16_t>(version & 0xffffU)};
  if (startup.major != 3) return startup;  // Nobody knows what its parameters look like.
  return decode_parameters(reader, std::move(startup));
}

void append_startup(std::string& out, std::uint16_t major, std::uint16_t minor,
                    std::span<const std::pair<std::string, std::string>> parameters) {
  MessageWriter packet(out);
  packet.uint16_big(major);
  packet.uint16_big(minor);
  for (const auto& [name, value] : parameters) {
    if (name.empty() || name.front() == '\0') continue;  // It would end the list.
    packet.text(name);
    packet.text(value);
  }
  packet.byte('\0');
}

void append_ssl_request(std::string& out) { append_request(out, ssl_code); }

void append_gss_request(std::string& out) { append_request(out, gss_code); }

void append_cancel_request(std::string& out, std::uint32_t pid, Bytes secret) {
  MessageWriter packet(out);
  packet.uint32_big(cancel_code);
  packet.uint32_big(pid);
  packet.bytes(secret);
}

}  // namespace lockkeeper::wire::postgres
