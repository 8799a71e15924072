#include "client/drivers/postgres_errors.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

#include "client/drivers/postgres_secrets.hpp"

namespace lockkeeper::client {
namespace {

constexpr std::size_t sqlstate_length = 5;

bool is_class(std::string_view sqlstate, std::string_view first_two) { return sqlstate.starts_with(first_two); }

ErrorCode code_of(std::string_view sqlstate) {
  if (is_class(sqlstate, "28")) return ErrorCode::authentication;
  if (sqlstate == "3D000") return ErrorCode::unknown_database;
  if (sqlstate == "53300") return ErrorCode::too_many_connections;
  if (sqlstate == "57P03") return ErrorCode::not_ready;
  if (sqlstate == "57014") return ErrorCode::cancelled;
  if (sqlstate == "42501") return ErrorCode::permission;
  if (is_class(sqlstate, "23")) return ErrorCode::constraint;
  if (sqlstate == "40001") return ErrorCode::serialization;
  if (sqlstate == "40P01") return ErrorCode::deadlock;
  if (sqlstate == "55P03") return ErrorCode::lock_not_available;
  if (sqlstate == "53100") return ErrorCode::disk_full;
  if (is_class(sqlstate, "08") || is_class(sqlstate, "57P")) return ErrorCode::connection_lost;
  return ErrorCode::server_error;
}

// No session was established that could be lost: a server that ends us now is on its way down.
ErrorCode connect_code_of(std::string_view sqlstate) {
  if (is_class(sqlstate, "57P")) return ErrorCode::not_ready;
  return is_class(sqlstate, "08") ? ErrorCode::protocol : code_of(sqlstate);
}

std::string field(const PGresult* result, int name) {
  const char* text = PQresultErrorField(result, name);
  return text == nullptr ? std::string() : std::string(text);
}

void replace_all(std::string& text, std::string_view old_text, std::string_view new_text) {
  for (auto at = text.find(old_text); at != std::string::npos; at = text.find(old_text, at + new_text.size())) {
    text.replace(at, old_text.size(), new_text);
  }
}

// `invalid input syntax for type integer: "secret"` becomes `...: "$1"`.
std::string without_parameters(std::string message, const BoundParameters& parameters) {
  for (std::size_t index = 0; index < static_cast<std::size_t>(parameters.count()); ++index) {
    const auto text = parameters.text(index);
    if (!text || text->empty()) continue;
    replace_all(message, "\"" + std::string(*text) + "\"", "\"$" + std::to_string(index + 1) + "\"");
  }
  return message;
}

bool is_sqlstate(std::string_view text) {
  return text.size() == sqlstate_length && std::ranges::all_of(text, [](char letter) {
           return std::isdigit(static_cast<unsigned char>(letter)) != 0 || (letter >= 'A' && letter <= 'Z');
         });
}

// Takes the SQLSTATE out of one line of verbose text: the first `:  XXXXX: `, where names can only follow.
std::optional<VerboseText> split_sqlstate(std::string_view line) {
  constexpr std::string_view before = ":  ";
  for (auto at = line.find(before); at != std::string_view::npos; at = line.find(before, at + 1)) {
    const auto start = at + before.size();
    const std::string_view rest = line.substr(start);
    if (is_sqlstate(rest.substr(0, sqlstate_length)) && rest.substr(sqlstate_length).starts_with(": ")) {
      return VerboseText{std::string(rest.substr(0, sqlstate_length)),
                         std::string(line.substr(0, start)) + std::string(rest.substr(sqlstate_length + 2))};
    }
  }
  return std::nullopt;
}

bool contains_any(std::string_view text, std::span<const std::string_view> pieces) {
  return std::ranges::any_of(pieces,
                             [&](std::string_view piece) { return text.find(piece) != std::string_view::npos; });
}

// The last resort: libpq's own texts, where it gives nothing else to go by. They are English here because
// connecting runs in the C locale.
ErrorCode code_of_libpq_text(PGconn* connection, std::string_view text, bool reached) {
  constexpr std::array<std::string_view, 5> tls_wanted{"but SSL was required", "certificate", "SSL error",
                                                       "private key file", "GSSAPI"};
  constexpr std::array<std::string_view, 3> network{"connection to server", "could not translate host name",
                                                    "could not create socket"};
  if (PQconnectionNeedsPassword(connection) != 0) return ErrorCode::authentication;
  if (contains_any(text, tls_wanted)) return ErrorCode::configuration;
  if (reached) return ErrorCode::protocol;
  return contains_any(text, network) ? ErrorCode::unreachable : ErrorCode::configuration;
}

std::string advice(ErrorCode code) {
  switch (code) {
    case ErrorCode::configuration:
      return "\nCheck the URL: postgresql://user@host:5432/database?option=value, with special characters "
             "percent-encoded, or host=... dbname=...";
    case ErrorCode::protocol: return "\nIs this the address of a PostgreSQL server?";
    default: return {};
  }
}

}  // namespace

std::string trimmed(std::string_view text) {
  const auto end = text.find_last_not_of(" \t\r\n");
  return std::string(text.substr(0, end == std::string_view::npos ? 0 : end + 1));
}

// Several hosts give several lines; the last server's answer decides. LOCATION lines are for server developers.
VerboseText parse_verbose(std::string_view text) {
  VerboseText parsed;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.starts_with("LOCATION:  ")) continue;
    auto split = split_sqlstate(line);
    if (split) parsed.sqlstate = split->sqlstate;
    parsed.message += (split ? split->message : std::string(line)) + "\n";
  }
  parsed.message = trimmed(parsed.message);
  return parsed;
}

Error statement_error(const PGresult* result, const BoundParameters& parameters) {
  Error error;
  error.sqlstate = field(result, PG_DIAG_SQLSTATE);
  error.code = code_of(error.sqlstate);
  error.message = field(result, PG_DIAG_MESSAGE_PRIMARY);
  if (error.message.empty()) error.message = trimmed(PQresultErrorMessage(result));
  const std::string detail = field(result, PG_DIAG_MESSAGE_DETAIL);
  if (!detail.empty() && !is_class(error.sqlstate, "22") && !is_class(error.sqlstate, "23")) {
    error.message += "\n" + detail;
  }
  error.message = without_parameters(std::move(error.message), parameters);
  return error;
}

Error connect_error(PGconn* connection, const ConnectProgress& progress) {
  VerboseText parsed = parse_verbose(PQerrorMessage(connection));
  if (!parsed.sqlstate.empty()) {
    return {connect_code_of(parsed.sqlstate), parsed.sqlstate, parsed.message, Blast::connection};
  }
  const ErrorCode code = code_of_libpq_text(connection, parsed.message, progress.reached);
  return {code, "", without_secrets(parsed.message, progress.url) + advice(code), Blast::connection};
}

Error configuration_error(std::string_view words) {
  return {ErrorCode::configuration, "", trimmed(words) + advice(ErrorCode::configuration), Blast::connection};
}

Error misuse(std::string_view words, Blast blast) { return {ErrorCode::misuse, "", std::string(words), blast}; }

Error out_of_memory() { return {ErrorCode::server_error, "", "out of memory in libpq", Blast::connection}; }

Error lost_error(PGconn* connection) {
  return {ErrorCode::connection_lost, "", trimmed(PQerrorMessage(connection)), Blast::connection};
}

Error too_late(std::string_view what) {
  return {ErrorCode::deadline, "", "the deadline passed; " + std::string(what), Blast::connection};
}

Error silent_rollback() {
  return {ErrorCode::server_error, "", "the transaction had failed before: COMMIT rolled it back", Blast::transaction};
}

void tell_deadline(Error& error) {
  if (error.code != ErrorCode::cancelled) return;
  error.code = ErrorCode::deadline;
  error.message = "the deadline passed; the statement was cancelled";
}

}  // namespace lockkeeper::client
