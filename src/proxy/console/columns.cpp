#include <array>

#include "proxy/console/tables.hpp"

namespace lockkeeper::proxy::console {
namespace {

using Names = std::span<const std::string_view>;

constexpr std::array<std::string_view, 3> help{"command", "needs", "about"};
constexpr std::array<std::string_view, 1> version_column{"version"};
constexpr std::array<std::string_view, 4> config{"key", "value", "default", "changeable"};
constexpr std::array<std::string_view, 17> databases{"name",
                                                     "host",
                                                     "port",
                                                     "database",
                                                     "force_user",
                                                     "pool_size",
                                                     "min_pool_size",
                                                     "reserve_pool_size",
                                                     "server_lifetime",
                                                     "pool_mode",
                                                     "load_balance_hosts",
                                                     "max_connections",
                                                     "current_connections",
                                                     "max_client_connections",
                                                     "current_client_connections",
                                                     "paused",
                                                     "disabled"};
constexpr std::array<std::string_view, 8> users{"name",
                                                "pool_size",
                                                "reserve_pool_size",
                                                "pool_mode",
                                                "max_user_connections",
                                                "current_connections",
                                                "max_user_client_connections",
                                                "current_client_connections"};
constexpr std::array<std::string_view, 17> pools{"database",
                                                 "user",
                                                 "cl_active",
                                                 "cl_waiting",
                                                 "cl_active_cancel_req",
                                                 "cl_waiting_cancel_req",
                                                 "sv_active",
                                                 "sv_active_cancel",
                                                 "sv_being_canceled",
                                                 "sv_idle",
                                                 "sv_used",
                                                 "sv_tested",
                                                 "sv_login",
                                                 "maxwait",
                                                 "maxwait_us",
                                                 "pool_mode",
                                                 "load_balance_hosts"};
constexpr std::array<std::string_view, 2> lists{"list", "items"};
constexpr std::array<std::string_view, 2> state{"key", "value"};
constexpr std::array<std::string_view, 21> sockets{"type",
                                                   "user",
                                                   "database",
                                                   "replication",
                                                   "state",
                                                   "addr",
                                                   "port",
                                                   "local_addr",
                                                   "local_port",
                                                   "connect_time",
                                                   "request_time",
                                                   "wait",
                                                   "wait_us",
                                                   "close_needed",
                                                   "ptr",
                                                   "link",
                                                   "remote_pid",
                                                   "tls",
                                                   "application_name",
                                                   "prepared_statements",
                                                   "id"};
constexpr std::array<std::string_view, 23> stats{"database",
                                                 "total_server_assignment_count",
                                                 "total_xact_count",
                                                 "total_query_count",
                                                 "total_received",
                                                 "total_sent",
                                                 "total_xact_time",
                                                 "total_query_time",
                                                 "total_wait_time",
                                                 "total_client_parse_count",
                                                 "total_server_parse_count",
                                                 "total_bind_count",
                                                 "avg_server_assignment_count",
                                                 "avg_xact_count",
                                                 "avg_query_count",
                                                 "avg_recv",
                                                 "avg_sent",
                                                 "avg_xact_time",
                                                 "avg_query_time",
                                                 "avg_wait_time",
                                                 "avg_client_parse_count",
                                                 "avg_server_parse_count",
                                                 "avg_bind_count"};
constexpr std::array<std::string_view, 12> stats_totals{"database",           "server_assignment_count",
                                                        "xact_count",         "query_count",
                                                        "bytes_received",     "bytes_sent",
                                                        "xact_time",          "query_time",
                                                        "wait_time",          "client_parse_count",
                                                        "server_parse_count", "bind_count"};
constexpr std::array<std::string_view, 2> totals{"name", "value"};
constexpr std::array<std::string_view, 7> waits{"database", "user", "below", "below_us", "waits", "share", "timeouts"};
constexpr std::array<std::string_view, 14> holders{
    "client",          "application", "user", "database",   "address",    "state",          "state_age",
    "transaction_age", "server_pid",  "pins", "held_since", "statements", "last_statement", "unit"};
constexpr std::array<std::string_view, 11> transactions{
    "id",         "client",       "application",      "started",      "age",           "idle_for",
    "statements", "rows_written", "time_in_database", "time_outside", "last_statement"};
constexpr std::array<std::string_view, 10> statements{"number",          "statement",     "runs",     "rows",
                                                      "bytes",           "started_after", "duration", "gap_before",
                                                      "same_parameters", "error"};
constexpr std::array<std::string_view, 8> findings{"rule",  "severity", "confidence", "title",
                                                   "count", "id",       "fix",        "remedy"};
constexpr std::array<std::string_view, 1> recording{"line"};

}  // namespace

Names columns_of(Kind kind) noexcept {
  switch (kind) {
    case Kind::show_help: return help;
    case Kind::show_version: return version_column;
    case Kind::show_config: return config;
    case Kind::show_databases: return databases;
    case Kind::show_users: return users;
    case Kind::show_pools: return pools;
    case Kind::show_lists: return lists;
    case Kind::show_state: return state;
    case Kind::show_clients:
    case Kind::show_servers: return sockets;
    case Kind::show_stats: return stats;
    case Kind::show_stats_totals: return stats_totals;
    case Kind::show_totals: return totals;
    case Kind::show_waits: return waits;
    case Kind::show_holders: return holders;
    case Kind::show_transactions: return transactions;
    case Kind::show_statements: return statements;
    case Kind::show_findings: return findings;
    case Kind::show_recording: return recording;
    default: return {};
  }
}

}  // namespace lockkeeper::proxy::console
