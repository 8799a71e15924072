// The loop speaks of bytes, the wire of texts: they are the same memory.
#pragma once

#include <span>
#include <string_view>

#include "io/socket.hpp"

namespace lockkeeper::proxy {

[[nodiscard]] inline std::string_view text_of(io::Bytes bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
[[nodiscard]] inline io::Bytes bytes_of(std::string_view text) noexcept { return std::as_bytes(std::span(text)); }

inline void send(io::Socket& socket, std::string_view text) { socket.send(bytes_of(text)); }

}  // namespace lockkeeper::proxy
