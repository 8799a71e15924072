#include "proxy/auth/crypto.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>
#include <new>

namespace lockkeeper::proxy {
namespace {

constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

const unsigned char* bytes_of(std::string_view text) noexcept {
  return static_cast<const unsigned char*>(static_cast<const void*>(text.data()));
}

// OpenSSL takes lengths as int. All callers bound theirs far below.
int length_of(std::string_view text) {
  if (text.size() > 0x7fffffff) throw std::bad_alloc();
  return static_cast<int>(text.size());
}

void check(bool worked) {
  if (!worked) throw std::bad_alloc();  // with these algorithms OpenSSL fails for no other reason
}

unsigned value_of(char letter) noexcept { return static_cast<unsigned>(letters.find(letter)); }

}  // namespace

Key sha256(std::string_view text) {
  Key digest;
  check(EVP_Digest(text.data(), text.size(), digest.bytes.data(), nullptr, EVP_sha256(), nullptr) == 1);
  return digest;
}

Key hmac_sha256(std::string_view key, std::string_view text) {
  Key digest;
  unsigned size = 0;
  check(HMAC(EVP_sha256(), key.data(), length_of(key), bytes_of(text), text.size(), digest.bytes.data(), &size) !=
        nullptr);
  return digest;
}

Key pbkdf2_sha256(std::string_view password, std::string_view salt, std::uint32_t iterations) {
  Key key;
  // OpenSSL takes the length -1 for "up to the zero", so an empty password must not be a null pointer either.
  const char* text = password.empty() ? "" : password.data();
  check(PKCS5_PBKDF2_HMAC(text, length_of(password), bytes_of(salt), length_of(salt), static_cast<int>(iterations),
                          EVP_sha256(), static_cast<int>(key.bytes.size()), key.bytes.data()) == 1);
  return key;
}

std::optional<std::string> md5_hex(std::string_view text) {
  std::array<unsigned char, 16> digest{};
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_md5(), nullptr) != 1) return std::nullopt;
  constexpr std::string_view digits = "0123456789abcdef";
  std::string hex;
  for (const unsigned byte : digest) {
    hex += digits[byte >> 4U];
    hex += digits[byte & 15U];
  }
  return hex;
}

std::string base64(std::string_view bytes) {
  std::string text;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - at);
    std::uint32_t group = 0;
    for (std::size_t index = 0; index < 3; ++index) {
      group = group << 8U | (index < count ? static_cast<unsigned char>(bytes[at + index]) : 0U);
    }
    for (std::size_t index = 0; index < 4; ++index) {
      text += index <= count ? letters[group >> (18 - 6 * index) & 63U] : '=';
    }
  }
  return text;
}

std::optional<std::string> decode_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::size_t padding = 0;
  while (padding < 2 && text.ends_with('=')) {
    text.remove_suffix(1);
    ++padding;
  }
  if (text.find_first_not_of(letters) != std::string_view::npos) return std::nullopt;
  std::string bytes;
  std::uint32_t group = 0;
  unsigned bits = 0;
  for (const char letter : text) {
    group = (group << 6U | value_of(letter)) & 0xffffU;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes += static_cast<char>(group >> bits & 0xffU);
  }
  const bool canonical = (group & ((1U << bits) - 1)) == 0;
  if (!canonical) return std::nullopt;
  return bytes;
}

std::optional<LoginRandom> draw_login_random() {
  std::array<unsigned char, 18> nonce{};  // as many as PostgreSQL draws
  std::array<unsigned char, 4> salt{};
  if (RAND_bytes(nonce.data(), static_cast<int>(nonce.size())) != 1) return std::nullopt;
  if (RAND_bytes(salt.data(), static_cast<int>(salt.size())) != 1) return std::nullopt;
  LoginRandom random;
  random.nonce = base64({static_cast<const char*>(static_cast<const void*>(nonce.data())), nonce.size()});
  std::ranges::transform(salt, random.md5_salt.begin(), [](unsigned char byte) { return static_cast<char>(byte); });
  return random;
}

std::optional<Key> draw_key() {
  Key key;
  if (RAND_bytes(key.bytes.data(), static_cast<int>(key.bytes.size())) != 1) return std::nullopt;
  return key;
}

}  // namespace lockkeeper::proxy
