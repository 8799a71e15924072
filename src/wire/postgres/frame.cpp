#include "wire/postgres/frame.hpp"

#include <array>

#include "base/byte_writer.hpp"

namespace lockkeeper::wire::postgres {
namespace {

using TypeSet = std::array<bool, 256>;

constexpr TypeSet set_of(std::string_view types) {
  TypeSet set{};
  for (const char type : types) set[static_cast<unsigned char>(type)] = true;
  return set;
}

constexpr TypeSet frontend_types = set_of("BCdcfDEHFPQSX");
constexpr TypeSet backend_types = set_of("23CWdcGHDIEVnNAt1SsZT");
constexpr TypeSet small_types = set_of("CcfDEHSX");  // As PostgreSQL's SocketBackend has them.

constexpr std::uint32_t most_small_body = 10'000 - 4;  // PostgreSQL's PQ_SMALL_MESSAGE_LIMIT counts the length.
constexpr std::uint32_t least_startup = 8;             // A length and a version.

}  // namespace

std::string_view to_string(Malformed malformed) noexcept {
  switch (malformed) {
    case Malformed::bad_length: return "invalid message length";
    case Malformed::unknown_type: return "unknown message type";
    case Malformed::bad_body: return "invalid message format";
    case Malformed::startup_length: return "invalid length of startup packet";
  }
  return "malformed message";
}

std::uint32_t most_frontend_body(char type) noexcept {
  return small_types[static_cast<unsigned char>(type)] ? most_small_body : most_body;
}

bool is_frontend_type(char type) noexcept { return frontend_types[static_cast<unsigned char>(type)]; }

bool is_backend_type(char type) noexcept { return backend_types[static_cast<unsigned char>(type)]; }

std::expected<std::optional<std::size_t>, Malformed> startup_size(Bytes bytes) noexcept {
  if (bytes.size() < sizeof(std::uint32_t)) return std::optional<std::size_t>();
  const auto length = base::load<std::uint32_t, std::endian::big>(bytes.data());
  if (length < least_startup || length > most_startup) return std::unexpected(Malformed::startup_length);
  return std::optional<std::size_t>(length);
}

void append_message(std::string& out, char type, Bytes body) {
  base::ByteWriter writer(out);
  writer.byte(type);
  writer.uint32_big(static_cast<std::uint32_t>(body.size() + 4));
  writer.bytes(body);
}

}  // namespace lockkeeper::wire::postgres
