// What the system's error numbers mean, in words.
#pragma once

#include <string>
#include <string_view>

#include "io/error.hpp"

namespace lockkeeper::io {

[[nodiscard]] Reason reason_of(int error) noexcept;
[[nodiscard]] std::string words_of(int error);  ///< "connection refused"
/// "connection refused (127.0.0.1:5432)"
[[nodiscard]] IoError system_error(int error, std::string_view where);

/// It may go away by itself: no descriptor, no memory.
[[nodiscard]] bool is_shortage(int error) noexcept;

}  // namespace lockkeeper::io
