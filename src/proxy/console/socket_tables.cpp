// Clients and server connections, one row each.
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "proxy/console/tables.hpp"

namespace lockkeeper::proxy::console {
namespace {

std::string moment(model::WallTime time) {
  return fmt::format("{:%Y-%m-%d %H:%M:%S} UTC", std::chrono::floor<std::chrono::seconds>(time));
}

std::string_view state_of(const ClientView& client) noexcept {
  if (client.logging_in) return client.waiting ? "waiting" : "login";
  return model::to_string(client.state);
}

std::string_view state_of(const ServerView& server) noexcept {
  switch (server.state) {
    case pool::ServerState::connecting: return "new";
    case pool::ServerState::idle: return "idle";
    case pool::ServerState::in_use: return "active";
  }
  return "";
}

std::string link_to(char kind, const std::optional<std::uint64_t>& id) {
  return id ? fmt::format("{}{}", kind, *id) : std::string();
}

}  // namespace

Rows client_rows(const View& view) {
  std::vector<const ClientView*> clients;
  for (const ClientView& each : view.clients) clients.push_back(&each);
  std::ranges::sort(clients, {}, [](const ClientView* each) { return each->connected_at; });
  Rows rows;
  for (const ClientView* each : clients) {
    const AddressParts remote = address_parts(each->address);
    const AddressParts local = address_parts(each->local_address);
    const auto wait = each->waiting.value_or(model::Duration::zero()).count();
    rows.push_back({"C",
                    each->user,
                    each->database,
                    "none",
                    std::string(state_of(*each)),
                    remote.host,
                    remote.port,
                    local.host,
                    local.port,
                    moment(each->connected_at),
                    moment(each->state_since),
                    std::to_string(wait / 1'000'000),
                    std::to_string(wait % 1'000'000),
                    "0",
                    link_to('c', each->id),
                    link_to('s', each->server),
                    "0",
                    each->tls ? "TLS" : "",
                    each->application,
                    "0",
                    std::to_string(each->id)});
  }
  return rows;
}

Rows server_rows(const View& view) {
  std::vector<const ServerView*> servers;
  for (const ServerView& each : view.servers) servers.push_back(&each);
  std::ranges::sort(servers, {},
                    [](const ServerView* each) { return std::tie(each->database, each->user, each->connected_at); });
  Rows rows;
  for (const ServerView* each : servers) {
    const AddressParts remote = address_parts(each->address);
    const AddressParts local = address_parts(each->local_address);
    rows.push_back({"S",
                    each->user,
                    each->database,
                    "none",
                    std::string(state_of(*each)),
                    remote.host,
                    remote.port,
                    local.host,
                    local.port,
                    moment(each->connected_at),
                    moment(each->used_at),
                    "0",
                    "0",
                    each->closes_on_release ? "1" : "0",
                    link_to('s', each->id),
                    link_to('c', each->client),
                    std::to_string(each->pid),
                    each->tls ? "TLS" : "",
                    "",
                    std::to_string(each->prepared_statements),
                    std::to_string(each->id)});
  }
  return rows;
}

}  // namespace lockkeeper::proxy::console
