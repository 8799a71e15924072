// Verifiers and keys: what a password becomes.
#include <fmt/format.h>

#include <algorithm>

#include "proxy/auth/crypto.hpp"
#include "proxy/auth/saslprep.hpp"
#include "proxy/auth/scram.hpp"
#include "proxy/auth/scram_text.hpp"

namespace lockkeeper::proxy {
namespace {

constexpr std::string_view prefix = "SCRAM-SHA-256$";

// Splits off what stands before the separator; nullopt where there is none.
std::optional<std::string_view> take_until(std::string_view& rest, char separator) {
  const std::size_t end = rest.find(separator);
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return part;
}

std::optional<Key> parse_key(std::string_view text) {
  auto bytes = decode_base64(text);
  if (!bytes || bytes->size() != key_size) return std::nullopt;
  Key key;
  std::ranges::transform(*bytes, key.bytes.begin(), [](char byte) { return static_cast<unsigned char>(byte); });
  wipe(*bytes);
  return key;
}

}  // namespace

bool is_scram_verifier(std::string_view text) noexcept { return text.starts_with(prefix); }

std::expected<ScramVerifier, std::string> parse_scram_verifier(std::string_view text) {
  if (!is_scram_verifier(text)) return std::unexpected("it does not begin with SCRAM-SHA-256$");
  std::string_view rest = text.substr(prefix.size());
  const auto iterations_text = take_until(rest, ':');
  const auto salt_text = iterations_text ? take_until(rest, '$') : std::nullopt;
  const auto stored_text = salt_text ? take_until(rest, ':') : std::nullopt;
  if (!stored_text) return std::unexpected("it is not of the form SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey");
  const auto iterations = parse_count(*iterations_text, most_iterations);
  if (!iterations) return std::unexpected(fmt::format("its iterations are no number from 1 to {}", most_iterations));
  const auto salt = decode_base64(*salt_text);
  if (!salt || salt->empty() || salt->size() > most_scram_salt) {
    return std::unexpected(fmt::format("its salt is not 1 to {} bytes in base64", most_scram_salt));
  }
  const auto stored_key = parse_key(*stored_text);
  if (!stored_key) return std::unexpected("its StoredKey is not 32 bytes in base64");
  const auto server_key = parse_key(rest);
  if (!server_key) return std::unexpected("its ServerKey is not 32 bytes in base64");
  return ScramVerifier{*iterations, *salt, *stored_key, *server_key};
}

std::string to_string(const ScramVerifier& verifier) {
  return fmt::format("{}{}:{}${}:{}", prefix, verifier.iterations, base64(verifier.salt),
                     base64(verifier.stored_key.view()), base64(verifier.server_key.view()));
}

ScramKeys derive_scram_keys(std::string_view password, std::string_view salt, std::uint32_t iterations) {
  const Key salted = pbkdf2_sha256(saslprep(password).password.view(), salt, iterations);
  return {hmac_sha256(salted.view(), "Client Key"), hmac_sha256(salted.view(), "Server Key"), std::string(salt),
          iterations};
}

ScramVerifier make_scram_verifier(std::string_view password, std::string_view salt, std::uint32_t iterations) {
  const ScramKeys keys = derive_scram_keys(password, salt, iterations);
  return {iterations, keys.salt, sha256(keys.client_key.view()), keys.server_key};
}

bool matches(const ScramVerifier& verifier, std::string_view password) {
  return derive_scram_keys(password, verifier.salt, verifier.iterations).server_key == verifier.server_key;
}

}  // namespace lockkeeper::proxy
