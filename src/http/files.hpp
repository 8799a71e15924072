// The dashboard's files.
#pragma once

#include <span>

#include "http/message.hpp"
#include "http/settings.hpp"

namespace lockkeeper::http {

/// The file, 304 where the client has it, or the page itself for a deep link into it (/findings/ID).
[[nodiscard]] Response file_response(std::span<const StaticFile> files, const Request& request);

}  // namespace lockkeeper::http
