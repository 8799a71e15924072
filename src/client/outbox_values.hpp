// Small values that the outbox writes.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace lockkeeper::client {

/// Random (version 4), as text.
[[nodiscard]] std::string new_uuid();

/// As the statements take durations; at most a hundred years, which every database can add to its clock.
[[nodiscard]] std::int64_t to_microseconds(std::chrono::milliseconds time) noexcept;

/// An error's words as every database takes them: at most 1,000 bytes of well-formed UTF-8 without NUL.
[[nodiscard]] std::string error_text(std::string_view words);

}  // namespace lockkeeper::client
