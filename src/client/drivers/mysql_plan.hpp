// Everything that connecting needs to know, from Target, URL, option file and environment.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include <lockkeeper/driver.hpp>

#include "client/drivers/mysql_handles.hpp"

namespace lockkeeper::client::mysql {

/// How much of TLS is asked for, least first.
enum class TlsMode {
  disabled,
  preferred,    ///< Where the server can.
  required,     ///< Or nothing; whoever the server is.
  verify_ca,    ///< Its certificate must come from ssl-ca.
  verify_full,  ///< And be made out to the host's name.
};

struct TlsOptions {
  TlsMode mode = TlsMode::preferred;
  std::string ca = {};
  std::string ca_path = {};
  std::string certificate = {};
  std::string key = {};
  std::string cipher = {};
  std::string version = {};
};

struct Plan {
  std::string host = {};    ///< Empty: by the socket.
  std::string socket = {};  ///< Used where `host` is empty.
  std::uint16_t port = 0;   ///< Used with `host`.
  std::string user = {};    ///< Empty: the operating system's, as MySQL's own programs do.
  std::string password = {};
  std::string database = {};
  TlsOptions tls = {};
  bool clear_text_password = false;  ///< The server may ask for the password itself.
  std::string program_name = {};
  std::map<std::string, std::string> settings = {};
  std::size_t kept_statements = 0;
  std::optional<std::chrono::seconds> connect_timeout = {};
};

/// A configuration error where the URL, an option or a setting is wrong. Reads the option file, touches no network.
[[nodiscard]] Result<Plan> make_plan(const Target& target);

}  // namespace lockkeeper::client::mysql
