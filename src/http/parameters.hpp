// Values out of queries and small JSON bodies, and what is answered where they are wrong.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.hpp"
#include "model/time.hpp"

namespace lockkeeper::http {

[[nodiscard]] Response bad_request(std::string message, std::string advice);

/// RFC 3339, or `otherwise` where it is not given.
[[nodiscard]] std::expected<model::WallTime, Response> time_parameter(const Target& target, std::string_view name,
                                                                      model::WallTime otherwise);

/// From 1 to `most`.
[[nodiscard]] std::expected<std::int64_t, Response> count_parameter(const Target& target, std::string_view name,
                                                                    std::int64_t otherwise, std::int64_t most);

/// Of {"token": "..."}; nullopt where it is anything else.
[[nodiscard]] std::optional<std::string> login_token(std::string_view body);

}  // namespace lockkeeper::http
