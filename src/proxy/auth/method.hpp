// How clients prove who they are.
#pragma once

#include <string_view>

namespace lockkeeper::proxy {

enum class AuthMethod {
  automatic,      ///< pass_through in session mode, scram_sha_256 in transaction mode. Never reaches a login.
  pass_through,   ///< The server asks, the client answers: any user of that server. Session mode alone.
  scram_sha_256,  ///< Against the user file.
  md5,            ///< Against the user file; users with a SCRAM verifier there log in by SCRAM.
  plain,          ///< The password itself, against the user file.
  trust,          ///< Nobody is asked.
};
[[nodiscard]] std::string_view to_string(AuthMethod method) noexcept;

}  // namespace lockkeeper::proxy
