#include "proxy/console/gather.hpp"

#include <algorithm>
#include <iterator>
#include <unordered_map>
#include <utility>

#include "proxy/client.hpp"
#include "proxy/wall_clock.hpp"

namespace lockkeeper::proxy::console {
namespace {

ClientView view_of(Worker& worker, const Client& client) {
  const model::ClientIdentity& who = *client.identity();
  const Standing standing = client.standing();
  ClientView view;
  view.id = who.id;
  view.user = who.user;
  view.database = who.database;
  view.application = who.application;
  view.address = who.address;
  view.local_address = client.local_address();
  view.tls = who.tls;
  view.connected_at = who.connected_at;
  view.state = standing.state;
  view.state_since = standing.state_since;
  view.logging_in = !client.logged_in() && !client.on_console();
  if (const auto since = client.waiting_since())
    view.waiting = std::chrono::duration_cast<model::Duration>(worker.loop().now() - *since);
  if (standing.server) view.server = standing.server->value();
  return view;
}

bool is_recorded(const Client& client, const Question& question) {
  if (!client.logged_in()) return false;
  if (question.client) return client.id().value() == *question.client;
  const Standing standing = client.standing();
  return (question.holders && standing.server) || (question.transactions && standing.in_transaction);
}

ServerView view_of(ServerHolder& server) {
  const ServerFacts& facts = server.facts();
  ServerView view;
  view.id = server.id().value();
  view.state = server.holder() == nullptr ? pool::ServerState::idle : pool::ServerState::in_use;
  view.address = server.socket().endpoints().remote;
  view.local_address = facts.local_endpoint;
  view.tls = facts.tls;
  view.pid = facts.session.pid;
  view.connected_at = server.connected_at;
  view.used_at = server.used_at;
  if (server.holder() != nullptr) view.client = server.holder()->id().value();
  view.prepared_statements = facts.state.prepared();
  return view;
}

// What the pools know of their server connections, and the workers do not: those that are being made, and those that
// are to go.
void add_from_pools(const Pools& pools, const PoolInfo& info,
                    const std::unordered_map<std::uint64_t, ServerView*>& known, model::WallTime now,
                    std::vector<ServerView>& more) {
  for (const pool::ServerView& each : pools.servers(info.id)) {
    if (each.state == pool::ServerState::connecting) {
      ServerView server;
      server.id = each.server.value();
      server.state = each.state;
      server.database = info.key.database;
      server.user = info.key.user;
      server.connected_at = server.used_at =
          now - std::chrono::duration_cast<model::Duration>(io::Clock::now() - each.created_at);
      more.push_back(std::move(server));
    } else if (const auto found = known.find(each.server.value()); found != known.end()) {
      found->second->closes_on_release = each.closes_on_release;
    }
  }
}

void add_servers(const Pools& pools, const std::vector<PoolInfo>& infos, std::vector<Part>& parts, View& view) {
  std::unordered_map<std::uint32_t, const PoolInfo*> by_id;
  for (const PoolInfo& each : infos) by_id.emplace(each.id.value(), &each);
  for (Part& part : parts) {
    for (std::size_t at = 0; at < part.servers.size(); ++at) {
      ServerView& server = view.servers.emplace_back(std::move(part.servers[at]));
      const auto found = by_id.find(part.server_pools[at]);
      if (found == by_id.end()) continue;  // Its pool was made a moment ago.
      server.database = found->second->key.database;
      server.user = found->second->key.user;
    }
  }
  std::unordered_map<std::uint64_t, ServerView*> known;
  for (ServerView& each : view.servers) known.emplace(each.id, &each);
  std::vector<ServerView> connecting;
  for (const PoolInfo& each : infos) add_from_pools(pools, each, known, view.now, connecting);
  std::ranges::move(connecting, std::back_inserter(view.servers));
}

PoolView view_of(const PoolInfo& info, const std::vector<Part>& parts) {
  PoolView pool;
  pool.database = info.key.database;
  pool.mysql = info.key.mysql;
  pool.user = info.key.user;
  pool.session_mode = info.key.mode == PoolMode::session;
  pool.size = info.settings.size;
  pool.counters = info.counters;
  if (info.counters.waiting > 0)
    pool.oldest_wait =
        std::max(model::Duration::zero(),
                 std::chrono::duration_cast<model::Duration>(io::Clock::now() - info.counters.oldest_waiter_since));
  for (const Part& part : parts) {
    const auto found = part.pools.find(info.id.value());
    if (found == part.pools.end()) continue;
    pool.statistics += found->second.statistics;
    pool.clients += found->second.clients;
  }
  return pool;
}

}  // namespace

Question question_for(const Command& command) noexcept {
  Question question;
  question.clients = command.kind == Kind::show_clients;
  question.servers = command.kind == Kind::show_servers;
  question.holders = command.kind == Kind::show_holders;
  question.transactions = command.kind == Kind::show_transactions;
  if (command.kind == Kind::show_statements) question.client = command.client;
  return question;
}

Part answer(Worker& worker, const Question& question) {
  Part part;
  for (const auto& [pool, statistics] : worker.all_statistics()) part.pools[pool].statistics = statistics;
  worker.for_each_client([&](Client& client) {
    if (client.identity() == nullptr || client.is_over()) return;
    if (!client.logged_in() && !client.on_console()) ++part.logging_in;
    if (client.logged_in() && !client.waiting_since()) ++part.pools[client.pool().value()].clients;
    if (question.clients) part.clients.push_back(view_of(worker, client));
    if (is_recorded(client, question)) part.recorded.push_back(client.recorded());
  });
  if (question.servers) {
    worker.for_each_server([&](ServerHolder& server) {
      part.servers.push_back(view_of(server));
      part.server_pools.push_back(server.pool().value());
    });
    worker.for_each_client([&](Client& client) {
      auto server = client.own_server();
      if (!server) return;
      part.servers.push_back(*std::move(server));
      part.server_pools.push_back(client.pool().value());
    });
  }
  return part;
}

View put_together(Worker& worker, const Question& question, std::vector<Part>& parts, std::size_t missing) {
  Shared& shared = worker.shared();
  View view;
  view.now = wall_now();
  view.up = std::chrono::duration_cast<model::Duration>(io::Clock::now() - shared.started);
  view.config = shared.setup()->config;
  view.client_count = shared.clients;
  view.server_count = shared.pools.server_count();
  view.diagnosis = shared.diagnosis();
  view.silent_workers = static_cast<std::uint32_t>(missing);
  const std::vector<PoolInfo> infos = shared.pools.list();
  for (const PoolInfo& each : infos) view.pools.push_back(view_of(each, parts));
  for (Part& part : parts) {
    std::ranges::move(part.clients, std::back_inserter(view.clients));
    std::ranges::move(part.recorded, std::back_inserter(view.recorded));
    view.logging_in += part.logging_in;
  }
  if (question.servers) add_servers(shared.pools, infos, parts, view);
  return view;
}

}  // namespace lockkeeper::proxy::console
