// The client's side of the password methods, for RawClient: independent of the proxy's own.
#pragma once

#include <string>
#include <string_view>

namespace lockkeeper::testing {

[[nodiscard]] std::string md5_password(std::string_view user, std::string_view password, std::string_view salt);

/// SCRAM-SHA-256 without channel binding. `client_first` is the body of SASLInitialResponse's data.
[[nodiscard]] std::string scram_client_first();
/// The client's final message for what the server said first.
[[nodiscard]] std::string scram_client_final(std::string_view password, std::string_view server_first);

}  // namespace lockkeeper::testing
