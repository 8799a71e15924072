#include "proxy/support/scram.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <cstdint>
#include <span>
#include <stdexcept>

namespace lockkeeper::testing {
namespace {

using Digest = std::array<unsigned char, 32>;

// A test's client need not be unpredictable.
constexpr std::string_view client_nonce = "rOprNGfwEbeRWgbNEkqO";
constexpr std::string_view client_first_bare = "n=,r=rOprNGfwEbeRWgbNEkqO";

std::span<const unsigned char> bytes_of(std::string_view text) {
  return {static_cast<const unsigned char*>(static_cast<const void*>(text.data())), text.size()};
}

std::string hex(std::span<const unsigned char> bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : bytes) {
    text += digits[byte >> 4U];
    text += digits[byte & 15U];
  }
  return text;
}

std::string md5_hex(const std::string& text) {
  std::array<unsigned char, 16> digest{};
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_md5(), nullptr) != 1) {
    throw std::runtime_error("no md5 here");
  }
  return hex(digest);
}

Digest keyed(std::span<const unsigned char> key, std::string_view text) {
  Digest digest{};
  unsigned size = digest.size();
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes_of(text).data(), text.size(), digest.data(),
       &size);
  return digest;
}

std::string base64(std::span<const unsigned char> bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int size = EVP_EncodeBlock(static_cast<unsigned char*>(static_cast<void*>(text.data())), bytes.data(),
                                   static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

std::string from_base64(std::string_view text) {
  std::string bytes(text.size(), '\0');
  const int size = EVP_DecodeBlock(static_cast<unsigned char*>(static_cast<void*>(bytes.data())), bytes_of(text).data(),
                                   static_cast<int>(text.size()));
  if (size < 0) throw std::runtime_error("the server's SCRAM salt is not base64");
  bytes.resize(static_cast<std::size_t>(size));
  for (std::size_t i = text.size(); i > 0 && text[i - 1] == '='; --i) bytes.pop_back();
  return bytes;
}

// The attribute `name` of "r=...,s=...,i=...".
std::string attribute(std::string_view message, char name) {
  while (!message.empty()) {
    const std::string_view one = message.substr(0, message.find(','));
    if (one.size() > 2 && one.front() == name) return std::string(one.substr(2));
    message.remove_prefix(std::min(one.size() + 1, message.size()));
  }
  throw std::runtime_error("the server's SCRAM message lacks an attribute");
}

}  // namespace

std::string md5_password(std::string_view user, std::string_view password, std::string_view salt) {
  return "md5" + md5_hex(md5_hex(std::string(password) + std::string(user)) + std::string(salt));
}

std::string scram_client_first() { return "n,," + std::string(client_first_bare); }

std::string scram_client_final(std::string_view password, std::string_view server_first) {
  const std::string nonce = attribute(server_first, 'r');
  if (!nonce.starts_with(client_nonce)) throw std::runtime_error("the server's SCRAM nonce is not ours");
  const std::string salt = from_base64(attribute(server_first, 's'));
  Digest salted{};
  PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), bytes_of(salt).data(),
                    static_cast<int>(salt.size()), std::stoi(attribute(server_first, 'i')), EVP_sha256(),
                    static_cast<int>(salted.size()), salted.data());
  const Digest client_key = keyed(salted, "Client Key");
  Digest stored{};
  unsigned size = stored.size();
  EVP_Digest(client_key.data(), client_key.size(), stored.data(), &size, EVP_sha256(), nullptr);
  const std::string without_proof = "c=biws,r=" + nonce;
  Digest proof = keyed(stored, std::string(client_first_bare) + "," + std::string(server_first) + "," + without_proof);
  for (std::size_t i = 0; i < proof.size(); ++i) proof[i] ^= client_key[i];
  return without_proof + ",p=" + base64(proof);
}

}  // namespace lockkeeper::testing
