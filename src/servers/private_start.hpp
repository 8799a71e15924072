// What starting a private server takes, whichever it is: a port, its log, its URL.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace lockkeeper::servers {

/// Another process may take a free port before the server has bound it: so often another one is tried.
inline constexpr int port_attempts = 5;

/// A loopback port that nobody listens on now. Throws std::system_error.
[[nodiscard]] std::uint16_t free_port();

/// Empty where it cannot be read.
[[nodiscard]] std::string read_text(const std::filesystem::path& path);

/// As much of a failed server's log as an exception quotes: its end.
[[nodiscard]] std::string log_tail(const std::string& text);

/// For a part of a URL.
[[nodiscard]] std::string percent_encoded(std::string_view text);

}  // namespace lockkeeper::servers
