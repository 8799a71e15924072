#include <algorithm>
#include <array>

#include "base/assert.hpp"
#include "proxy/console/command.hpp"

namespace lockkeeper::proxy::console {
namespace {

constexpr auto all_commands = std::to_array<CommandInfo>({
    {Kind::show_help, "SHOW HELP", Argument::none, Role::stats, "these commands"},
    {Kind::show_holders, "SHOW HOLDERS", Argument::none, Role::stats,
     "clients that hold a server connection, and what they did last"},
    {Kind::show_transactions, "SHOW TRANSACTIONS", Argument::none, Role::stats, "open transactions"},
    {Kind::show_statements, "SHOW STATEMENTS", Argument::transaction, Role::stats,
     "what one open transaction did, statement by statement"},
    {Kind::show_findings, "SHOW FINDINGS", Argument::none, Role::stats, "what is wrong, and how to mend it"},
    {Kind::show_recording, "SHOW RECORDING", Argument::none, Role::stats,
     "all that is remembered, as the JSON lines of lockkeeper dump"},
    {Kind::show_waits, "SHOW WAITS", Argument::none, Role::stats, "how long clients waited for a server connection"},
    {Kind::show_pools, "SHOW POOLS", Argument::none, Role::stats, "clients and server connections by pool"},
    {Kind::show_clients, "SHOW CLIENTS", Argument::none, Role::stats, "all clients"},
    {Kind::show_servers, "SHOW SERVERS", Argument::none, Role::stats, "all server connections"},
    {Kind::show_stats, "SHOW STATS", Argument::none, Role::stats, "totals and averages by database, since the start"},
    {Kind::show_stats_totals, "SHOW STATS_TOTALS", Argument::none, Role::stats, "totals by database"},
    {Kind::show_totals, "SHOW TOTALS", Argument::none, Role::stats, "totals and averages of all databases"},
    {Kind::show_databases, "SHOW DATABASES", Argument::none, Role::stats, "databases, where they are, their limits"},
    {Kind::show_users, "SHOW USERS", Argument::none, Role::stats, "users with settings of their own or with pools"},
    {Kind::show_config, "SHOW CONFIG", Argument::none, Role::stats, "the settings in force"},
    {Kind::show_lists, "SHOW LISTS", Argument::none, Role::stats, "how many of everything there are"},
    {Kind::show_state, "SHOW STATE", Argument::none, Role::stats, "whether the pools are paused"},
    {Kind::show_version, "SHOW VERSION", Argument::none, Role::stats, "the program's version"},
    {Kind::pause, "PAUSE", Argument::maybe_database, Role::admin,
     "gives no server connection any more and waits until all are back and closed"},
    {Kind::resume, "RESUME", Argument::maybe_database, Role::admin, "ends a PAUSE or a KILL"},
    {Kind::reconnect, "RECONNECT", Argument::maybe_database, Role::admin,
     "closes server connections as soon as they are free, so that new ones are made"},
    {Kind::reload, "RELOAD", Argument::none, Role::admin, "reads the configuration again"},
    {Kind::kill_client, "KILL_CLIENT", Argument::client, Role::admin,
     "ends one client; its transaction is rolled back"},
    {Kind::kill_client, "KILL CLIENT", Argument::client, Role::admin, ""},
    {Kind::kill, "KILL", Argument::database, Role::admin,
     "pauses a database and ends all of its clients; RESUME lets it go on"},
    {Kind::begin, "BEGIN", Argument::anything, Role::none, ""},
    {Kind::begin, "START TRANSACTION", Argument::anything, Role::none, ""},
    {Kind::commit, "COMMIT", Argument::anything, Role::none, ""},
    {Kind::commit, "END", Argument::anything, Role::none, ""},
    {Kind::rollback, "ROLLBACK", Argument::anything, Role::none, ""},
    {Kind::set, "SET", Argument::anything, Role::none, ""},
    {Kind::nothing, "", Argument::none, Role::none, ""},
});

}  // namespace

std::span<const CommandInfo> commands() noexcept { return all_commands; }

const CommandInfo& info_of(Kind kind) noexcept {
  const auto found = std::ranges::find(all_commands, kind, &CommandInfo::kind);
  LK_ASSERT(found != all_commands.end());
  return *found;
}

}  // namespace lockkeeper::proxy::console
