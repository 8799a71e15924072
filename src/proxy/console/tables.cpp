#include "proxy/console/tables.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/utf8.hpp"
#include "base/version.hpp"

namespace lockkeeper::proxy::console {
namespace {

constexpr std::size_t most_shown = 200;

std::string_view needs(Role role) noexcept {
  switch (role) {
    case Role::none: return "";
    case Role::stats: return "stats_users";
    case Role::admin: return "admin_users";
  }
  return "";
}

std::string_view argument_of(Argument argument) noexcept {
  switch (argument) {
    case Argument::none:
    case Argument::anything: return "";
    case Argument::maybe_database: return " [database]";
    case Argument::database: return " database";
    case Argument::client: return " client";
    case Argument::transaction: return " transaction";
  }
  return "";
}

}  // namespace

std::string shortened(std::string_view text) {
  // A character has up to 4 bytes; what is cut within one is mended away with the rest.
  std::string line = base::printable(text.substr(0, 4 * (most_shown + 1)));
  std::size_t characters = 0;
  for (std::size_t at = 0; at < line.size(); ++at) {
    if ((static_cast<unsigned char>(line[at]) & 0xC0U) == 0x80U) continue;
    if (++characters > most_shown) return line.substr(0, at) + "...";
  }
  return line;
}

AddressParts address_parts(std::string_view address) {
  const std::size_t colon = address.rfind(':');
  if (address.starts_with("unix") || address.starts_with('/') || colon == std::string_view::npos) return {"unix", "0"};
  std::string_view host = address.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return {std::string(host), std::string(address.substr(colon + 1))};
}

// The start alone would do, but nobody types microseconds; with the client's id before it 16 bits are plenty.
std::string transaction_name(std::uint64_t client, const model::TransactionId& id) {
  auto mixed = static_cast<std::uint64_t>(id.started_at.time_since_epoch().count()) * 0x9e3779b97f4a7c15U;
  return fmt::format("{}-{:04x}", client, mixed >> 48U);
}

Rows help_rows() {
  Rows rows;
  for (const CommandInfo& each : commands()) {
    if (each.about.empty()) continue;
    rows.push_back({fmt::format("{}{}", each.name, argument_of(each.argument)), std::string(needs(each.role)),
                    std::string(each.about)});
  }
  return rows;
}

std::expected<Rows, Failure> rows_of(const Command& command, const View& view) {
  switch (command.kind) {
    case Kind::show_help: return help_rows();
    case Kind::show_version: return Rows(1, Row(1, fmt::format("lockkeeper {}", version)));
    case Kind::show_config: return config_rows(view);
    case Kind::show_databases: return database_rows(view);
    case Kind::show_users: return user_rows(view);
    case Kind::show_pools: return pool_rows(view);
    case Kind::show_lists: return list_rows(view);
    case Kind::show_state: return state_rows(view);
    case Kind::show_clients: return client_rows(view);
    case Kind::show_servers: return server_rows(view);
    case Kind::show_stats: return stats_rows(view);
    case Kind::show_stats_totals: return stats_totals_rows(view);
    case Kind::show_totals: return totals_rows(view);
    case Kind::show_waits: return wait_rows(view);
    case Kind::show_holders: return holder_rows(view);
    case Kind::show_transactions: return transaction_rows(view);
    case Kind::show_statements: return statement_rows(command, view);
    case Kind::show_findings: return finding_rows(view);
    default: return Rows{};
  }
}

}  // namespace lockkeeper::proxy::console
