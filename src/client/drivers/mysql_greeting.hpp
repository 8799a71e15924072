// The first packet of a server, looked at before libmariadb answers it.
#pragma once

#include <string_view>

#include "client/drivers/mysql_errors.hpp"

namespace lockkeeper::client::mysql {

enum class Greeting {
  incomplete,  ///< Not all of it has come.
  foreign,     ///< Not of a server of the MySQL family.
  refusal,     ///< An error packet: too many connections, a host that is not allowed.
  plain,       ///< A greeting of a server that offers no TLS.
  with_tls,
};

/// Reads as much as is needed to tell. Why not leave it to libmariadb: it answers a server that offers no TLS in clear
/// text even where TLS is asked for, and it waits for megabytes where an HTTP server's words look like a length.
[[nodiscard]] Greeting read_greeting(std::string_view bytes);

/// What a refusal says; number 0 where it is cut off. libmariadb would hide it from whoever asks for TLS.
[[nodiscard]] Fault read_refusal(std::string_view bytes);

}  // namespace lockkeeper::client::mysql
