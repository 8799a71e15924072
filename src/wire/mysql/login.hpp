// How a connection begins: the server's greeting, the client's answer, and what they exchange until one is logged in.
//
// Every `decode_...` takes a message's whole body. Views live as long as the bytes they were read from. `append_...`
// writes the whole message with the sequence number given. A text that holds a zero byte ends there.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "wire/mysql/flags.hpp"
#include "wire/mysql/frame.hpp"

namespace lockkeeper::wire::mysql {

/// The most bytes that the greeting and the client's answer to it may have: 64 KiB of attributes and the names. Servers
/// themselves take no more before somebody is logged in.
inline constexpr std::size_t most_login = 128 * 1024;

/// A scramble comes in two parts: of eight bytes, and of what is declared beyond these, but 13 at least.
inline constexpr std::size_t scramble_begin_size = 8;
inline constexpr std::size_t least_scramble_end = 13;

/// The server's first message, unless that is an error (too many connections), which begins with 0xff: decode_error.
struct Greeting {
  std::string_view server_version = {};  ///< MariaDB's older ones begin with "5.5.5-".
  std::uint32_t connection_id = 0;
  Capabilities capabilities = {};
  std::uint8_t charset = 0;
  Status status = {};
  Bytes scramble_begin = {};     ///< 8 bytes.
  Bytes scramble_end = {};       ///< 13 bytes or more; the last is usually zero and no part of it.
  std::string_view plugin = {};  ///< "mysql_native_password"; empty where none is named.
};
[[nodiscard]] std::expected<Greeting, Malformed> decode_greeting(Bytes body) noexcept;

/// The client's answer. A first one that only asks for TLS (SSLRequest) ends after the character set.
struct LoginRequest {
  bool tls_request = false;
  Capabilities capabilities = {};
  std::uint32_t most_packet = 0;
  std::uint8_t charset = 0;
  std::string_view user = {};
  Bytes answer = {};  ///< To the scramble, as the plugin wants it. Of a client without TLS it proves knowledge only.
  std::string_view database = {};
  std::string_view plugin = {};
  Bytes attributes = {};  ///< As on the wire: AttributeReader.
  std::uint8_t zstd_level = 0;
};
[[nodiscard]] std::expected<LoginRequest, Malformed> decode_login_request(Bytes body) noexcept;

/// Connection attributes, "program_name" and the like, one by one.
class AttributeReader {
 public:
  explicit AttributeReader(Bytes attributes) noexcept : reader_(attributes) {}
  struct Attribute {
    std::string_view name = {};
    std::string_view value = {};
  };
  /// nullopt: there are no more, or what follows is malformed.
  [[nodiscard]] std::optional<Attribute> next() noexcept;

 private:
  base::ByteReader reader_;
};

/// What a server's message is before the client is logged in, and in reply to COM_CHANGE_USER.
enum class LoginReply { ok, error, switch_plugin, more_data, next_factor, unknown };
[[nodiscard]] LoginReply login_reply(Bytes body) noexcept;

/// "Answer again, with this plugin and scramble." Also the request for another factor.
struct SwitchPlugin {
  std::string_view plugin = {};
  Bytes data = {};
};
/// A body of one byte is the request of servers before 5.5: plugin "mysql_old_password", no data.
[[nodiscard]] std::optional<SwitchPlugin> decode_switch_plugin(Bytes body) noexcept;
/// The data of `more_data`, which the plugin alone understands.
[[nodiscard]] std::optional<Bytes> decode_more_data(Bytes body) noexcept;

/// The single bytes that caching_sha2_password exchanges.
namespace caching_sha2 {
inline constexpr char request_public_key = 2;  ///< The client's message.
inline constexpr char fast_ok = 3;             ///< `more_data`: an OK follows by itself.
inline constexpr char full = 4;                ///< `more_data`: the server has no digest; the password itself, please.
}  // namespace caching_sha2

// --- Encoding ---

/// `scramble_begin` is cut or filled to 8 bytes, `scramble_end` to between 13 and 247. Which fields there are follows
/// from the capabilities.
void append_greeting(std::string& out, std::uint8_t sequence, const Greeting& greeting);
/// Which fields there are follows from the capabilities. An answer that is too long for its form is cut: 255 bytes
/// without `sized_auth`.
void append_login_request(std::string& out, std::uint8_t sequence, const LoginRequest& request);
void append_switch_plugin(std::string& out, std::uint8_t sequence, std::string_view plugin, Bytes data);
void append_more_data(std::string& out, std::uint8_t sequence, Bytes data);
/// One attribute more, at the end of `attributes`.
void append_attribute(std::string& attributes, std::string_view name, std::string_view value);

}  // namespace lockkeeper::wire::mysql
