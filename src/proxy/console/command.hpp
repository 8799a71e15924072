// What may be said to the console: a table of commands, and one text read by it.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>

namespace lockkeeper::proxy::console {

enum class Kind : std::uint8_t {
  nothing,  ///< An empty text: clients ask so whether we live.
  // What clients say of themselves; it has no effect here.
  begin,
  commit,
  rollback,
  set,
  // To look.
  show_help,
  show_version,
  show_config,
  show_databases,
  show_users,
  show_pools,
  show_lists,
  show_state,
  show_clients,
  show_servers,
  show_stats,
  show_stats_totals,
  show_totals,
  show_waits,
  show_holders,
  show_transactions,
  show_statements,
  show_findings,
  show_recording,
  // To act.
  pause,
  resume,
  reconnect,
  reload,
  kill,
  kill_client,
};

/// Whose rights a user has here; each has those of the ones before.
enum class Role : std::uint8_t { none, stats, admin };

enum class Argument : std::uint8_t { none, maybe_database, database, client, transaction, anything };

struct CommandInfo {
  Kind kind = Kind::nothing;
  std::string_view name;  ///< "SHOW POOLS".
  Argument argument = Argument::none;
  Role role = Role::none;
  std::string_view about;  ///< For SHOW HELP; empty: not shown there.
};
/// All of them, in the order of SHOW HELP.
[[nodiscard]] std::span<const CommandInfo> commands() noexcept;
/// The kind's first.
[[nodiscard]] const CommandInfo& info_of(Kind kind) noexcept;

struct Command {
  Kind kind = Kind::nothing;
  std::string argument;  ///< The database, as it was written.
  std::uint64_t client = 0;
  std::string transaction;  ///< "17-4f2a", or "17" alone: the one that client has open.

  friend bool operator==(const Command&, const Command&) = default;
};

/// As an ErrorResponse says it.
struct Failure {
  std::string sqlstate;
  std::string message;
  std::string hint{};

  friend bool operator==(const Failure&, const Failure&) = default;
};

/// One command, in any case of letters, with or without a semicolon and comments. Names of databases may stand in
/// single or double quotes. What is no command is answered with the nearest one.
[[nodiscard]] std::expected<Command, Failure> parse_command(std::string_view sql);

}  // namespace lockkeeper::proxy::console
