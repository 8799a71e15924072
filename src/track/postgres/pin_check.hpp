// What state a server connection holds that outlives transactions, as the server itself says; and how to be rid of it.
//
// Every name in the statements is qualified, operators included: a client's search_path cannot change what they say.
// They need no rights beyond any role's. A setting of the client can still make them fail (statement_timeout): a
// connection whose check or clean-up fails is to be closed.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lockkeeper::track::postgres {

/// The question: one statement for the simple protocol, one row of text in answer. Ask outside transactions.
/// `excluded`: names of parameters that the proxy itself sets; lower case. The server lists the parameters that a
/// session has set, but for those with a dot in their name that no extension knows (my.tenant). `custom`: names of such
/// that are asked for one by one (Traits::parameters, config_calls); told where they are not empty, so a value that
/// ALTER ROLE gives one is told too.
[[nodiscard]] std::string pin_check_sql(std::span<const std::string_view> excluded,
                                        std::span<const std::string> custom = {});

/// Cells in the row.
inline constexpr std::size_t pin_check_cells = 11;
/// Names of each kind in it at most: beyond them a connection is not worth cleaning.
inline constexpr std::size_t most_pin_names = 100;

/// Behind the question, in the same message and so in its transaction: the role that the connection had at its login,
/// one row of one cell. Once for each connection: until then nobody knows what SET ROLE has changed.
inline constexpr std::string_view fresh_role_sql =
    "; SET LOCAL role TO DEFAULT; SELECT pg_catalog.current_setting('role'::pg_catalog.text)";

/// The answer. Names are as SQL writes them, quoted where they need it, and sorted.
struct SessionState {
  std::int64_t channels = 0;
  std::int64_t advisory_locks = 0;
  std::int64_t temporary_tables = 0;
  std::int64_t temporary_others = 0;   ///< Views, sequences (those of serial columns too), functions, types.
  std::int64_t replication_slots = 0;  ///< Temporary ones. No clean-up removes them.
  std::vector<std::string> hold_cursors;
  std::vector<std::string> prepared;    ///< By SQL.
  std::vector<std::string> parameters;  ///< Set in this session, but for the excluded ones.
  std::string role;                     ///< "none", or whom SET ROLE made it.
  std::string user;                     ///< The session's, not quoted.
  bool standby = false;
};

/// What a connection is right after login.
struct FreshSession {
  std::string user;  ///< Whom the proxy logged in as.
  /// Not "none" where ALTER ROLE ... SET role, or an option at login, says so; nullopt: nobody has asked yet.
  std::optional<std::string> role = {};
};

/// nullopt: the row is not what the question asks for. A cell without data is a SQL NULL.
[[nodiscard]] std::optional<SessionState> read_pin_check(std::span<const std::optional<std::string_view>> cells);

/// Why the connection must stay with its client, for people: "LISTEN on 2 channels", "SET work_mem, search_path".
/// Empty: nothing is left in it.
[[nodiscard]] std::vector<std::string> pin_reasons(const SessionState& state, const FreshSession& fresh);

/// For the simple protocol, outside transactions: brings the connection back to what it was at login, but keeps the
/// statements that were prepared by the protocol. DISCARD ALL without DEALLOCATE ALL. Several statements, so that
/// several CommandCompletes come, and a row; a failure undoes all. `state`: what the check said; nullptr where it was
/// not asked, then statements prepared by SQL stay, and `standby` must be known otherwise.
[[nodiscard]] std::string clean_up_sql(const SessionState* state, bool standby = false);

}  // namespace lockkeeper::track::postgres
