#include "io/certificates.hpp"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <memory>
#include <stdexcept>

namespace lockkeeper::io::testing {
namespace {

template <class Native, void (*free)(Native*)>
struct Free {
  void operator()(Native* native) const noexcept { free(native); }
};
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY, EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Free<X509, X509_free>>;

struct Identity {
  Key key;
  Certificate certificate;
};

void check(bool good, const char* what) {
  if (!good) throw std::runtime_error(what);
}

Key make_key() { return Key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256")); }

void add_extension(X509* certificate, int id, const char* value) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, id, value);
  check(extension != nullptr, "extension");
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

Identity make(const char* name, const Identity* issuer, const char* alternative_names) {
  static std::atomic<long> serial = 1;
  Identity made{make_key(), Certificate(X509_new())};
  X509* certificate = made.certificate.get();
  check(made.key && certificate != nullptr, "key");
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 24 * 3600);
  X509_set_pubkey(certificate, made.key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
  const X509* issuing = issuer != nullptr ? issuer->certificate.get() : certificate;
  X509_set_issuer_name(certificate, X509_get_subject_name(issuing));
  if (issuer == nullptr) add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE");
  if (alternative_names != nullptr) add_extension(certificate, NID_subject_alt_name, alternative_names);
  EVP_PKEY* signing = issuer != nullptr ? issuer->key.get() : made.key.get();
  check(X509_sign(certificate, signing, EVP_sha256()) > 0, "sign");
  return made;
}

template <class Write>
std::string write_file(const std::filesystem::path& path, Write write) {
  std::FILE* file = std::fopen(path.c_str(), "w");
  check(file != nullptr, "file");
  write(file);
  std::fclose(file);
  return path.string();
}

std::string write_certificate(const std::filesystem::path& path, const Identity& identity) {
  return write_file(path, [&](std::FILE* file) { PEM_write_X509(file, identity.certificate.get()); });
}

}  // namespace

Certificates::Certificates() {
  std::string name = (std::filesystem::temp_directory_path() / "lk-io-XXXXXX").string();
  check(::mkdtemp(name.data()) != nullptr, "folder");
  folder_ = name;
  const Identity ours = make("Test Authority", nullptr, nullptr);
  authority = write_certificate(folder_ / "authority.pem", ours);
  other_authority = write_certificate(folder_ / "other.pem", make("Other Authority", nullptr, nullptr));
  const Identity leaf = make("db.example", &ours, "DNS:db.example,IP:127.0.0.1");
  server = write_certificate(folder_ / "server.pem", leaf);
  server_key = write_file(folder_ / "server.key", [&](std::FILE* file) {
    PEM_write_PrivateKey(file, leaf.key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
  std::filesystem::permissions(server_key, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

Certificates::~Certificates() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

}  // namespace lockkeeper::io::testing
