// The two keys by which caching_sha2_password sends a password over a connection that is not encrypted: the server's,
// and ours where it is the client's connection with us that is not.
//
// The password, its terminating zero included, is masked with the scramble, over and over, and encrypted with RSA and
// OAEP padding: MySQL 9 Reference Manual, "Caching SHA-2 Pluggable Authentication", and what its clients do.
// Functions throw std::bad_alloc where OpenSSL has no memory, and nothing else.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

typedef struct evp_pkey_st EVP_PKEY;

namespace lockkeeper::proxy {

/// The longest that is encrypted with: RSA of 2048 bits and OAEP take 214 bytes, larger keys more.
inline constexpr std::size_t most_public_key = 16 * 1024;

/// nullopt: `pem` is no RSA key, or the password is too long for it.
[[nodiscard]] std::optional<std::string> encrypt_password(std::string_view pem, std::string_view password,
                                                          std::string_view scramble);

/// A key pair of this process, made anew at each start. Immutable once made; any thread.
class PasswordKey {
 public:
  /// Takes a tenth of a second of CPU. nullptr: this system's OpenSSL makes none.
  [[nodiscard]] static std::shared_ptr<const PasswordKey> make();
  explicit PasswordKey(EVP_PKEY* key);  ///< Takes it over.
  PasswordKey(const PasswordKey&) = delete;
  PasswordKey& operator=(const PasswordKey&) = delete;
  ~PasswordKey();

  /// As clients ask for it (PEM, "-----BEGIN PUBLIC KEY-----").
  [[nodiscard]] const std::string& public_pem() const noexcept { return public_pem_; }
  /// What encrypt_password was given; nullopt: it was not encrypted with this key.
  [[nodiscard]] std::optional<std::string> decrypt_password(std::string_view encrypted,
                                                            std::string_view scramble) const;

 private:
  EVP_PKEY* key_;
  std::string public_pem_;
};

}  // namespace lockkeeper::proxy
