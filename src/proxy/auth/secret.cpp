#include "proxy/auth/secret.hpp"

#include <openssl/crypto.h>

namespace lockkeeper::proxy {

void wipe(void* bytes, std::size_t size) noexcept { OPENSSL_cleanse(bytes, size); }

void wipe(std::string& text) noexcept {
  text.resize(text.capacity());  // a shorter text may have left its end behind; never allocates
  OPENSSL_cleanse(text.data(), text.size());
  text.clear();
}

bool Secret::operator==(const Secret& other) const noexcept {
  return text_.size() == other.text_.size() && CRYPTO_memcmp(text_.data(), other.text_.data(), text_.size()) == 0;
}

std::string_view Key::view() const noexcept {
  return {static_cast<const char*>(static_cast<const void*>(bytes.data())), bytes.size()};
}

bool Key::operator==(const Key& other) const noexcept {
  return CRYPTO_memcmp(bytes.data(), other.bytes.data(), bytes.size()) == 0;
}

}  // namespace lockkeeper::proxy
