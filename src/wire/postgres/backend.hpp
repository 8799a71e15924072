// What servers say: decoded as views into the bytes, encoded by appending to a buffer. Rules as in frontend.hpp.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "base/byte_reader.hpp"
#include "wire/postgres/frame.hpp"

namespace lockkeeper::wire::postgres {

/// Message types, as their bytes.
namespace backend {
inline constexpr char authentication = 'R', backend_key_data = 'K', bind_complete = '2', close_complete = '3',
                      command_complete = 'C', copy_both = 'W', copy_data = 'd', copy_done = 'c', copy_in = 'G',
                      copy_out = 'H', data_row = 'D', empty_query = 'I', error = 'E', function_result = 'V',
                      negotiate_version = 'v', no_data = 'n', notice = 'N', notification = 'A',
                      parameter_description = 't', parameter_status = 'S', parse_complete = '1', portal_suspended = 's',
                      ready_for_query = 'Z', row_description = 'T';
}  // namespace backend

/// ReadyForQuery's byte: the only truth about transactions.
enum class TransactionStatus : char { idle = 'I', open = 'T', failed = 'E' };

[[nodiscard]] inline std::optional<TransactionStatus> decode_ready(Bytes body) noexcept {
  if (body != "I" && body != "T" && body != "E") return std::nullopt;
  return static_cast<TransactionStatus>(body.front());
}

/// "INSERT 0 5" (the 0 was an OID once): the command and the last number, where there is one.
struct CommandTag {
  std::string_view tag = {};      ///< Whole: "INSERT 0 5".
  std::string_view command = {};  ///< "INSERT", "CREATE TABLE", "DISCARD ALL".
  std::int64_t rows = 0;
  bool has_rows = false;
};
[[nodiscard]] inline std::optional<CommandTag> decode_command_complete(Bytes body) noexcept;

/// The fields of an ErrorResponse or NoticeResponse that anybody here reads.
struct Notice {
  std::string_view severity = {};  ///< Not localized ('V'), where the server sends it; else 'S'.
  std::string_view sqlstate = {};
  std::string_view message = {};
  std::string_view detail = {};
  std::string_view hint = {};
  std::string_view routine = {};  ///< Of the server's source: some drivers tell errors of one code apart by it.

  /// The server ends the session after it.
  [[nodiscard]] bool fatal() const noexcept { return severity == "FATAL" || severity == "PANIC"; }
  bool operator==(const Notice&) const = default;
};
[[nodiscard]] std::optional<Notice> decode_notice(Bytes body) noexcept;

struct ParameterStatus {
  std::string_view name = {};
  std::string_view value = {};
};
[[nodiscard]] std::optional<ParameterStatus> decode_parameter_status(Bytes body) noexcept;

struct BackendKey {
  std::uint32_t pid = 0;
  Bytes secret = {};  ///< 4 bytes; in protocol 3.2 from 4 to 256.
};
[[nodiscard]] std::optional<BackendKey> decode_backend_key(Bytes body) noexcept;

enum class Authentication : std::uint32_t {
  ok = 0,
  kerberos = 2,
  cleartext = 3,
  md5 = 5,
  gss = 7,
  gss_continue = 8,
  sspi = 9,
  sasl = 10,
  sasl_continue = 11,
  sasl_final = 12,
};
struct AuthenticationRequest {
  Authentication kind = Authentication::ok;
  Bytes data = {};  ///< md5: 4 bytes of salt; sasl: mechanism names, each terminated, then a zero; continue, final:
                    ///< SASL's own.
};
[[nodiscard]] std::optional<AuthenticationRequest> decode_authentication(Bytes body) noexcept;
/// The names in `data` of a `sasl` request; empty where it is malformed, and where there are none.
[[nodiscard]] std::vector<std::string_view> sasl_mechanisms(Bytes data);

/// The cells of a DataRow, as the server sent them; nullopt: NULL. False where it has not exactly so many.
[[nodiscard]] bool decode_data_row(Bytes body, std::span<std::optional<std::string_view>> cells) noexcept;

/// Calls `each(std::string_view name, std::uint32_t type)` for every column of a RowDescription's body, in order;
/// `type`: its OID. False where the body is malformed: what was called for before is then void.
template <class Each>
[[nodiscard]] bool read_columns(Bytes body, const Each& each);
/// Whether it is a ParameterDescription's body; a Parse lists its types in the same form.
[[nodiscard]] bool is_list_of_types(Bytes body) noexcept;

/// On the wire a whole version (3.2 is 0x00030002), as servers send it; the bare minor that the protocol's page
/// described for years is understood too.
struct NegotiateVersion {
  std::uint32_t minor = 0;
  std::vector<std::string_view> unsupported = {};
};
[[nodiscard]] std::optional<NegotiateVersion> decode_negotiate_version(Bytes body);

// --- Encoding ---
//
// A text that holds a zero byte ends there: what stands behind it must not become the next field.

void append_ready(std::string& out, TransactionStatus status);
void append_command_complete(std::string& out, std::string_view tag);
/// severity "ERROR", "FATAL", "NOTICE" ...; detail and hint may be empty.
void append_error(std::string& out, const Notice& error);
void append_notice(std::string& out, const Notice& notice);
void append_parameter_status(std::string& out, std::string_view name, std::string_view value);
void append_backend_key(std::string& out, std::uint32_t pid, Bytes secret);
void append_authentication(std::string& out, Authentication kind, Bytes data);
void append_sasl_request(std::string& out, std::span<const std::string_view> mechanisms);
void append_negotiate_version(std::string& out, std::uint32_t minor, std::span<const std::string_view> unsupported);
void append_parse_complete(std::string& out);
void append_bind_complete(std::string& out);
void append_close_complete(std::string& out);
void append_empty_query(std::string& out);
/// Columns of type text, in text format: what an admin console answers.
void append_row_description(std::string& out, std::span<const std::string_view> columns);
void append_data_row(std::string& out, std::span<const std::optional<std::string_view>> cells);

/// An ErrorResponse body with one name replaced in its message field, where it stands first: prepared statements have
/// other names on the server than with the client. The header is written too. Unchanged where the message does not hold
/// "`from`" in double quotes, or the body is malformed.
void append_error_renamed(std::string& out, Bytes body, std::string_view from, std::string_view to);

// --- Inline: read for every statement that is relayed ---

namespace detail {

// Cuts " 123" off the end of the tag; the digits, or nothing where it does not end so.
[[nodiscard]] inline std::string_view cut_number(std::string_view& tag) noexcept {
  std::size_t begin = tag.size();
  while (begin > 0 && tag[begin - 1] >= '0' && tag[begin - 1] <= '9') --begin;
  if (begin == tag.size() || begin == 0 || tag[begin - 1] != ' ') return {};
  const std::string_view digits = tag.substr(begin);
  tag.remove_suffix(digits.size() + 1);
  return digits;
}

}  // namespace detail

template <class Each>
bool read_columns(Bytes body, const Each& each) {
  base::ByteReader reader(body);
  for (std::uint16_t left = reader.uint16_big(); left > 0; --left) {
    const std::string_view name = reader.text();
    static_cast<void>(reader.bytes(6));  // Of the table that it comes from.
    const std::uint32_t type = reader.uint32_big();
    // The type's length; its modifier, that planning may change; text or binary, another thing in each Bind.
    static_cast<void>(reader.bytes(8));
    if (!reader.ok()) return false;
    each(name, type);
  }
  return reader.finished();
}

inline std::optional<CommandTag> decode_command_complete(Bytes body) noexcept {
  if (body.empty() || body.find('\0') != body.size() - 1) [[unlikely]]
    return std::nullopt;
  CommandTag result;
  result.tag = result.command = body.substr(0, body.size() - 1);
  std::string_view command = result.tag;
  const std::string_view digits = detail::cut_number(command);
  if (digits.empty()) return result;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), result.rows);
  if (read.ec != std::errc()) return result;  // More than 63 bits: nobody's count of rows.
  if (command.starts_with("INSERT ")) static_cast<void>(detail::cut_number(command));
  result.command = command;
  result.has_rows = true;
  return result;
}

}  // namespace lockkeeper::wire::postgres
