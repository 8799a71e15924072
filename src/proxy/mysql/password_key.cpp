#include "proxy/mysql/password_key.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <new>

namespace lockkeeper::proxy {
namespace {

constexpr int key_bits = 2048;

template <auto Free>
struct Freed {
  template <class Object>
  void operator()(Object* object) const noexcept {
    Free(object);
  }
};
using Bio = std::unique_ptr<BIO, Freed<BIO_free>>;
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Context = std::unique_ptr<EVP_PKEY_CTX, Freed<EVP_PKEY_CTX_free>>;

const unsigned char* bytes_of(std::string_view text) noexcept {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string masked(std::string_view password, std::string_view scramble) {
  std::string result(password);
  if (scramble.empty()) return result;
  for (std::size_t at = 0; at < result.size(); ++at)
    result[at] = static_cast<char>(result[at] ^ scramble[at % scramble.size()]);
  return result;
}

using Initialize = int (*)(EVP_PKEY_CTX*);
using Transform = int (*)(EVP_PKEY_CTX*, unsigned char*, std::size_t*, const unsigned char*, std::size_t);

// Both directions of RSA alike.
std::optional<std::string> transform(EVP_PKEY* key, Initialize initialize, Transform run, std::string_view input) {
  const Context context(EVP_PKEY_CTX_new(key, nullptr));
  if (!context) throw std::bad_alloc();
  if (initialize(context.get()) != 1 || EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING) != 1)
    return std::nullopt;
  std::size_t size = 0;
  if (run(context.get(), nullptr, &size, bytes_of(input), input.size()) != 1) return std::nullopt;
  std::string output(size, '\0');
  if (run(context.get(), reinterpret_cast<unsigned char*>(output.data()), &size, bytes_of(input), input.size()) != 1)
    return std::nullopt;
  output.resize(size);
  return output;
}

std::string public_pem_of(EVP_PKEY* key) {
  const Bio bio(BIO_new(BIO_s_mem()));
  if (!bio || PEM_write_bio_PUBKEY(bio.get(), key) != 1) throw std::bad_alloc();
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

}  // namespace

std::optional<std::string> encrypt_password(std::string_view pem, std::string_view password,
                                            std::string_view scramble) {
  if (pem.size() > most_public_key) return std::nullopt;
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  if (!bio) throw std::bad_alloc();
  const Key key(PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr));
  if (!key || EVP_PKEY_is_a(key.get(), "RSA") != 1) return std::nullopt;
  return transform(key.get(), EVP_PKEY_encrypt_init, EVP_PKEY_encrypt, masked(password, scramble));
}

std::shared_ptr<const PasswordKey> PasswordKey::make() {
  EVP_PKEY* key = EVP_RSA_gen(key_bits);
  return key == nullptr ? nullptr : std::make_shared<const PasswordKey>(key);
}

PasswordKey::PasswordKey(EVP_PKEY* key) : key_(key), public_pem_(public_pem_of(key)) {}

PasswordKey::~PasswordKey() { EVP_PKEY_free(key_); }

std::optional<std::string> PasswordKey::decrypt_password(std::string_view encrypted, std::string_view scramble) const {
  auto password = transform(key_, EVP_PKEY_decrypt_init, EVP_PKEY_decrypt, encrypted);
  return password ? std::optional(masked(*password, scramble)) : std::nullopt;
}

}  // namespace lockkeeper::proxy
