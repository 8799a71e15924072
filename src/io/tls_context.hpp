// A TlsContext of OpenSSL's.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <utility>

#include "io/tls.hpp"

namespace lockkeeper::io {

class OpenSslContext final : public TlsContext {
 public:
  struct Free {
    void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
  };
  OpenSslContext(std::unique_ptr<SSL_CTX, Free> context, const TlsOptions& options)
      : context_(std::move(context)), server_(options.server), verify_host_(options.verify_host) {}

  [[nodiscard]] SSL_CTX* native() const noexcept { return context_.get(); }
  [[nodiscard]] bool server() const noexcept { return server_; }
  [[nodiscard]] bool verify_host() const noexcept { return verify_host_; }

 private:
  std::unique_ptr<SSL_CTX, Free> context_;
  bool server_;
  bool verify_host_;
};

/// The reasons in OpenSSL's queue of this thread, oldest first, in words; empties it.
[[nodiscard]] std::string openssl_words();

}  // namespace lockkeeper::io
