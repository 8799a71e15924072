#include "rules/recorded_pool.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "rules/recorded.hpp"

namespace lockkeeper::rules {

bool PoolSide::full() const {
  return pool->now.maximum_size > 0 && pool->now.in_use >= pool->now.maximum_size && pool->now.idle == 0;
}

bool is_of_whole_server(const model::RecordedPool& pool) { return pool.user.empty(); }

bool is_of(const model::ClientIdentity& who, const model::RecordedPool& pool) {
  if (is_of_whole_server(pool)) return who.engine != model::Engine::postgres && who.server == pool.server;
  return who.engine == model::Engine::postgres && who.database == pool.database && who.user == pool.user;
}

std::vector<PoolSide> pool_sides(const model::Recording& recording) {
  std::vector<PoolSide> sides;
  for (const auto& pool : recording.pools) {
    PoolSide& side = sides.emplace_back();
    side.pool = &pool;
    for (const auto& client : recording.clients) {
      if (!is_of(identity(client.who), pool)) continue;
      if (client.server) {
        side.holders.push_back(&client);
      } else if (client.state == model::ClientState::waiting) {
        side.waiting.push_back(&client);
      }
    }
    std::ranges::sort(side.holders, {}, [](const auto* client) {
      return std::tuple(client->server->held_since, identity(client->who).id);
    });
    std::ranges::sort(side.waiting, {},
                      [](const auto* client) { return std::tuple(client->state_since, identity(client->who).id); });
  }
  return sides;
}

std::string named(const model::RecordedPool& pool) {
  return is_of_whole_server(pool) ? fmt::format("pool of server {}", pool.database)
                                  : fmt::format("pool {}/{}", pool.database, pool.user);
}

}  // namespace lockkeeper::rules
