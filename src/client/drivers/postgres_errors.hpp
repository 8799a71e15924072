// From what PostgreSQL and libpq say to what our caller can act on.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include <lockkeeper/connection.hpp>

#include "client/drivers/postgres_handles.hpp"
#include "client/drivers/postgres_parameters.hpp"

namespace lockkeeper::client {

/// An error that the server sent about a statement. Its blast is for the caller to set. Parameters are kept out of it.
[[nodiscard]] Error statement_error(const PGresult* result, const BoundParameters& parameters);

/// How far a failed attempt to connect had come.
struct ConnectProgress {
  bool reached = false;  ///< Something accepted the connection.
  std::string url;       ///< As given, with its secrets: to keep them out of the message.
};

/// libpq's text of verbosity PQERRORS_VERBOSE, taken apart.
struct VerboseText {
  std::string sqlstate;  ///< Of the last server that spoke; empty where none did.
  std::string message;   ///< Without SQLSTATE and the server's source location.
};
[[nodiscard]] VerboseText parse_verbose(std::string_view text);

/// Why PQconnectPoll gave up. The connection must have had PQERRORS_VERBOSE: libpq gives no PGresult here, but then
/// writes the SQLSTATE into its text as `<severity>:  <SQLSTATE>: <message>`, whatever the server's language.
[[nodiscard]] Error connect_error(PGconn* connection, const ConnectProgress& progress);

[[nodiscard]] Error configuration_error(std::string_view words);
[[nodiscard]] Error misuse(std::string_view words, Blast blast = Blast::statement);
[[nodiscard]] Error out_of_memory();

/// The session has ended, in libpq's words.
[[nodiscard]] Error lost_error(PGconn* connection);
[[nodiscard]] Error too_late(std::string_view what);
[[nodiscard]] Error silent_rollback();

/// Turns the cancellation that we asked for at the deadline into what it is for the caller.
void tell_deadline(Error& error);

/// A text without white space at its end.
[[nodiscard]] std::string trimmed(std::string_view text);

}  // namespace lockkeeper::client
