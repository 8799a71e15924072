#include "io/tls_context.hpp"

#include <openssl/err.h>
#include <sys/stat.h>

#include <cerrno>
#include <optional>
#include <utility>

#include "io/system_error.hpp"

namespace lockkeeper::io {
namespace {

using Problem = std::optional<IoError>;

Problem problem(const std::string& what, const std::string& file) {
  return IoError{Reason::tls, what + " " + file + ": " + openssl_words()};
}

// As PostgreSQL has it: nobody else may read the key, but for a group where the key is root's.
Problem check_key_file(const std::string& file) {
  struct stat status{};
  if (::stat(file.c_str(), &status) != 0) return system_error(errno, "TLS key file " + file);
  const mode_t forbidden = status.st_uid == 0 ? (S_IWGRP | S_IXGRP | S_IRWXO) : (S_IRWXG | S_IRWXO);
  if ((status.st_mode & forbidden) == 0) return {};
  return IoError{Reason::tls,
                 "the TLS key file " + file + " can be read by others; take their permissions away (chmod 600)"};
}

Problem load_identity(SSL_CTX* context, const TlsOptions& options) {
  if (options.certificate_file.empty() && options.key_file.empty()) {
    if (!options.server) return {};
    return IoError{Reason::tls, "TLS as server needs a certificate file and a key file"};
  }
  if (auto refused = check_key_file(options.key_file)) return refused;
  if (SSL_CTX_use_certificate_chain_file(context, options.certificate_file.c_str()) != 1) {
    return problem("cannot use the TLS certificate file", options.certificate_file);
  }
  if (SSL_CTX_use_PrivateKey_file(context, options.key_file.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(context) != 1) {
    return problem("cannot use the TLS key file", options.key_file);
  }
  return {};
}

Problem load_authorities(SSL_CTX* context, const TlsOptions& options) {
  if (!options.verify_peer && !options.verify_host) return {};
  if (options.authorities_file.empty()) {
    if (SSL_CTX_set_default_verify_paths(context) != 1) return problem("cannot load", "the system's TLS authorities");
  } else if (SSL_CTX_load_verify_locations(context, options.authorities_file.c_str(), nullptr) != 1) {
    return problem("cannot use the TLS authorities file", options.authorities_file);
  }
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  return {};
}

void set_modes(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  // Buffers of an idle connection are given back; no resumption, so no tickets that nobody would use.
  SSL_CTX_set_mode(context,
                   SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET);
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
}

}  // namespace

std::string openssl_words() {
  std::string words;
  for (unsigned long code = ERR_get_error(); code != 0; code = ERR_get_error()) {
    const char* reason = ERR_reason_error_string(code);
    if (!words.empty()) words += ", ";
    words += reason != nullptr ? reason : ERR_SYSTEM_ERROR(code) ? words_of(ERR_GET_REASON(code)) : "unknown reason";
  }
  return words.empty() ? "unknown reason" : words;
}

std::expected<std::shared_ptr<const TlsContext>, IoError> TlsContext::open(const TlsOptions& options) {
  ERR_clear_error();
  std::unique_ptr<SSL_CTX, OpenSslContext::Free> context(
      SSL_CTX_new(options.server ? TLS_server_method() : TLS_client_method()));
  if (!context) return std::unexpected(IoError{Reason::resources, "no TLS context: " + openssl_words()});
  set_modes(context.get());
  for (const auto load : {load_identity, load_authorities}) {
    if (auto refused = load(context.get(), options)) return std::unexpected(std::move(*refused));
  }
  return std::make_shared<OpenSslContext>(std::move(context), options);
}

}  // namespace lockkeeper::io
