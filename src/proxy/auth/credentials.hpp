// What a login to a server may use.
#pragma once

#include <optional>
#include <string>

#include "proxy/auth/scram.hpp"
#include "proxy/auth/secret.hpp"

namespace lockkeeper::proxy {

/// All that is known; the server chooses the method. Nothing but the name: servers that trust us only.
struct Credentials {
  std::string user;
  std::optional<Secret> password;
  std::optional<Secret> md5_hash;  ///< "md5...", as in pg_authid.
  std::optional<ScramKeys> keys;   ///< Of a client that logged in by SCRAM, or kept from the last login.
};

}  // namespace lockkeeper::proxy
