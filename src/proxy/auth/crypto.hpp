// The few primitives that logins need, over OpenSSL. All throw std::bad_alloc where OpenSSL has no memory, and nothing
// else.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proxy/auth/secret.hpp"

namespace lockkeeper::proxy {

[[nodiscard]] Key sha256(std::string_view text);
[[nodiscard]] Key hmac_sha256(std::string_view key, std::string_view text);
/// PBKDF2 with HMAC-SHA-256. About 0.4 s a million iterations: whoever calls this bounds them first.
[[nodiscard]] Key pbkdf2_sha256(std::string_view password, std::string_view salt, std::uint32_t iterations);
/// 32 lower-case hexadecimal digits; nullopt where this machine's OpenSSL forbids MD5 (FIPS).
[[nodiscard]] std::optional<std::string> md5_hex(std::string_view text);

[[nodiscard]] std::string base64(std::string_view bytes);
/// Strict: whole groups of four, canonical padding, no white space; nullopt otherwise.
[[nodiscard]] std::optional<std::string> decode_base64(std::string_view text);

/// What one login draws by lot.
struct LoginRandom {
  std::string nonce;  ///< 24 characters, for either side of SCRAM.
  std::array<char, 4> md5_salt{};
};
/// nullopt where the system gives no randomness: then nobody may log in.
[[nodiscard]] std::optional<LoginRandom> draw_login_random();
[[nodiscard]] std::optional<Key> draw_key();

}  // namespace lockkeeper::proxy
