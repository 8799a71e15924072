// A packet through its decoder and out of its encoder again.
#pragma once

#include <optional>
#include <string>

#include "wire/mysql/flags.hpp"
#include "wire/mysql/packet_text.hpp"

namespace lockkeeper::testing::mysql {

/// Empty where the decoder refuses it; nullopt where src/wire has no encoder for it, but it could be decoded.
[[nodiscard]] std::optional<std::string> rewrite(const Packet& packet, wire::mysql::Capabilities capabilities);

}  // namespace lockkeeper::testing::mysql
