// What TLS needs to know: certificates, whom to trust, the least version. Shared by all sockets of a face.
#pragma once

#include <expected>
#include <memory>
#include <string>

#include "io/error.hpp"

namespace lockkeeper::io {

struct TlsOptions {
  bool server = false;           ///< We are the one who is connected to.
  std::string certificate_file;  ///< PEM chain; needed as server.
  std::string key_file;          ///< PEM; needed as server. Readable by others: refused.
  std::string authorities_file;  ///< PEM; whom to trust.
  bool verify_peer = false;      ///< The peer's certificate must come from those (sslmode verify-ca).
  bool verify_host = false;      ///< ... and be for the host connected to (verify-full).
};

/// Immutable once made; any thread.
class TlsContext {
 public:
  [[nodiscard]] static std::expected<std::shared_ptr<const TlsContext>, IoError> open(const TlsOptions& options);
  virtual ~TlsContext() = default;
};

}  // namespace lockkeeper::io
