// What clients say: decoded as views into the bytes, encoded by appending to a buffer.
//
// Every `decode_...` takes a message's body (without its header) and returns nullopt where the body is not what the
// protocol says. Views live as long as the bytes they were read from. `append_...` writes the whole message, header
// included.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "wire/postgres/frame.hpp"

namespace lockkeeper::wire::postgres {

/// Message types, as their bytes.
namespace frontend {
inline constexpr char bind = 'B', close = 'C', copy_data = 'd', copy_done = 'c', copy_fail = 'f', describe = 'D',
                      execute = 'E', flush = 'H', function_call = 'F', parse = 'P', password = 'p', query = 'Q',
                      sync = 'S', terminate = 'X';
}  // namespace frontend

/// A statement or a portal, in Describe and Close.
enum class Target : char { statement = 'S', portal = 'P' };

struct Query {
  std::string_view sql = {};
};
struct Parse {
  std::string_view name = {};  ///< Empty: the unnamed statement.
  std::string_view sql = {};
  Bytes types = {};  ///< As on the wire: an Int16 count and so many Int32.
};
struct Bind {
  std::string_view portal = {};
  std::string_view statement = {};
  /// The rest of the body: formats, values, result formats. Checked by `check_bind_parameters` alone.
  Bytes parameters = {};
};
struct Describe {
  Target target = Target::statement;
  std::string_view name = {};
};
struct Close {
  Target target = Target::statement;
  std::string_view name = {};
};
struct Execute {
  std::string_view portal = {};
  std::int32_t most_rows = 0;  ///< 0: all.
};

[[nodiscard]] std::optional<Query> decode_query(Bytes body) noexcept;
[[nodiscard]] std::optional<Parse> decode_parse(Bytes body) noexcept;
/// Reads the two names alone; `body` may be cut off anywhere behind them (a large Bind is not held).
[[nodiscard]] std::optional<Bind> decode_bind(Bytes body) noexcept;
/// Whether the counts and lengths of a whole Bind's `parameters` fit.
[[nodiscard]] bool check_bind_parameters(Bytes parameters) noexcept;
[[nodiscard]] std::optional<Describe> decode_describe(Bytes body) noexcept;
[[nodiscard]] std::optional<Close> decode_close(Bytes body) noexcept;
[[nodiscard]] std::optional<Execute> decode_execute(Bytes body) noexcept;

// --- The start of a connection ---

enum class StartupKind { ssl_request, gss_request, cancel_request, startup };

/// A key's length: 4 bytes in protocol 3.0; in 3.2 what the server likes, within these.
inline constexpr std::size_t least_secret = 4;
inline constexpr std::size_t most_secret = 256;

/// The parameters of a StartupMessage, in order; at most `most_startup` bytes of them. `_pq_.` options are among them.
struct Startup {
  StartupKind kind = StartupKind::startup;
  std::uint16_t major = 3;
  std::uint16_t minor = 0;
  std::vector<std::pair<std::string_view, std::string_view>> parameters = {};
  std::uint32_t cancel_pid = 0;
  Bytes cancel_secret = {};  ///< 4 bytes in protocol 3.0, up to 256 in 3.2.

  /// Empty: not given. Given twice: the later one, as the server has it.
  [[nodiscard]] std::string_view value(std::string_view name) const noexcept;
};
/// `packet`: the whole packet, its length included. Of a major version other than 3 the parameters are not read: its
/// sender is told that nobody here speaks it.
[[nodiscard]] std::expected<Startup, Malformed> decode_startup(Bytes packet);

struct SaslInitial {
  std::string_view mechanism = {};
  Bytes data = {};  ///< `data.data() == nullptr`: no initial response, which is not the same as an empty one.
};
[[nodiscard]] std::optional<SaslInitial> decode_sasl_initial(Bytes body) noexcept;
/// PasswordMessage: the text up to its terminator.
[[nodiscard]] std::optional<std::string_view> decode_password(Bytes body) noexcept;

// --- Encoding ---
//
// A text that holds a zero byte ends there: what stands behind it must not become the next field.

void append_query(std::string& out, std::string_view sql);
/// `types`: as in Parse, the count included.
void append_parse(std::string& out, std::string_view name, std::string_view sql, Bytes types);
/// The header and the names of a Bind whose remaining `rest` bytes follow by themselves.
void append_bind_head(std::string& out, std::string_view portal, std::string_view statement, std::size_t rest);
void append_describe(std::string& out, Target target, std::string_view name);
void append_close(std::string& out, Target target, std::string_view name);
void append_execute(std::string& out, std::string_view portal, std::int32_t most_rows);
void append_sync(std::string& out);
void append_flush(std::string& out);
void append_terminate(std::string& out);
void append_copy_fail(std::string& out, std::string_view why);
void append_password(std::string& out, std::string_view password);
void append_sasl_initial(std::string& out, std::string_view mechanism, Bytes data);
void append_sasl_response(std::string& out, Bytes data);
void append_startup(std::string& out, std::uint16_t major, std::uint16_t minor,
                    std::span<const std::pair<std::string, std::string>> parameters);
void append_ssl_request(std::string& out);
void append_gss_request(std::string& out);
void append_cancel_request(std::string& out, std::uint32_t pid, Bytes secret);

}  // namespace lockkeeper::wire::postgres
