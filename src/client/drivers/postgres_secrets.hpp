// Keeps passwords out of everything that people read.
#pragma once

#include <string>
#include <string_view>

namespace lockkeeper::client {

/// Driver::public_url. What cannot be understood is left out rather than shown: the scheme and "…" remain.
[[nodiscard]] std::string public_postgres_url(std::string_view url);

/// libpq's words about a connection string, with every quotation that may be part of a secret replaced by "…".
/// libpq quotes what it did not understand, which in `postgresql://user:pa/ss@host` is a piece of the password.
[[nodiscard]] std::string without_secrets(std::string_view words, std::string_view url);

/// The scheme before "://", or nothing.
[[nodiscard]] std::string_view scheme_of(std::string_view url);
[[nodiscard]] bool is_postgres_scheme(std::string_view scheme);

}  // namespace lockkeeper::client
