// PostgreSQL's md5 authentication, both sides. Weak, and still in use: pg_authid may hold nothing better.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lockkeeper::proxy {

/// "md5" and 32 hexadecimal digits.
[[nodiscard]] bool is_md5_hash(std::string_view text) noexcept;
/// As in pg_authid. nullopt where this machine forbids MD5 (FIPS); so are the others.
[[nodiscard]] std::optional<std::string> md5_hash(std::string_view password, std::string_view user);
/// What a client answers to a server's salt. `hash`: is_md5_hash, else nullopt.
[[nodiscard]] std::optional<std::string> md5_response(std::string_view hash, std::string_view salt);

}  // namespace lockkeeper::proxy
