// pool-deadlock: clients wait for one another through the recorder's own pool, with or without locks of the server.
// The server sees idle transactions and perhaps a lock wait, and breaks nothing.
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "rules/catalogue.hpp"
#include "rules/logged_pool.hpp"
#include "rules/pool_graph.hpp"
#include "rules/story.hpp"
#include "rules/wording.hpp"

namespace lockkeeper::rules {
namespace {

constexpr std::size_t most_named = 12;

struct Victim {
  const model::RecordedClient* client = nullptr;
  std::size_t freed = 0;
};

// Of those in a queue, the one whose end lets most others go on; of equals, the youngest.
Victim choose(const PoolGraph& pools, const std::vector<const model::RecordedClient*>& stuck) {
  Victim best;
  for (const auto* client : stuck) {
    if (!pools.queued(*client)) continue;
    const Victim candidate{client, pools.freed_by(*client).size()};
    const auto rank = [](const Victim& victim) {
      return std::tuple(victim.freed, victim.client->state_since, identity(victim.client->who).id);
    };
    if (best.client == nullptr || rank(candidate) > rank(best)) best = candidate;
  }
  return best;
}

model::Duration timeout_of(const model::Recording& recording, const model::RecordedClient& client) {
  for (const auto& pool : recording.pools) {
    const auto& who = identity(client.who);
    if (is_of(who, pool)) return pool.queue_timeout;
  }
  return {};
}

std::string explain(const model::Recording& recording, const Victim& victim, bool with_locks) {
  std::string text =
      "Each of them holds what another needs: a connection of the pool, held by a unit of work that waits for a "
      "connection itself";
  text += with_locks ? ", or a lock of the server, whose owner waits for a connection." : ".";
  text += " The server sees no deadlock in that and will not break it.";
  const auto timeout = timeout_of(recording, *victim.client);
  return text +
         (timeout > model::Duration::zero()
              ? fmt::format(" It ends when waits fail, {} after they began, and comes again.", model::to_human(timeout))
              : " Nobody but you will end it.");
}

model::Finding pool_deadlock_finding(const Look& look, const PoolGraph& pools,
                                     const std::vector<const model::RecordedClient*>& stuck) {
  const auto& recording = *look.recording;
  const Clients clients(look);
  const Victim victim = choose(pools, stuck);
  std::vector<std::string> ring;
  std::set<std::string> programs;
  model::Duration longest{};
  std::int64_t waiting = 0;
  bool with_locks = false;
  const model::RecordedClient* oldest = nullptr;
  model::Finding finding;
  for (const auto* client : stuck) {
    const auto& who = identity(client->who);
    programs.insert(owner(program_of(who)));
    with_locks = with_locks || pools.locked(*client);
    for (const auto& reason : pools.reasons(*client)) {
      if (ring.size() < most_named) ring.push_back(fmt::format("client {} {}", who.id, reason));
    }
    if (pools.queued(*client)) {
      ++waiting;
      longest = std::max(longest, recording.taken_at - client->state_since);
    }
    if (client->transaction &&
        (oldest == nullptr || client->transaction->id().started_at < oldest->transaction->id().started_at))
      oldest = client;
    if (const auto* session = clients.session_of(*client)) finding.subjects.push_back(*session);
  }
  finding.rule = model::RuleId("pool-deadlock");
  finding.id = model::make_finding_id(finding.rule, {recording.server, recording.name});
  finding.severity = model::Severity::critical;
  finding.confidence = model::Confidence::certain;
  finding.count = static_cast<std::int64_t>(stuck.size());
  finding.title = fmt::format("{} wait for one another through the connection pool, the longest for {}",
                              counted(finding.count, "client"), model::to_human(longest));
  finding.evidence.items = {{"waiting_for_a_connection", waiting},
                            {"longest_wait", longest},
                            {"with_locks", with_locks},
                            {"ring", ring},
                            {"programs", std::vector<std::string>(programs.begin(), programs.end())}};
  if (oldest != nullptr) add_client(finding.evidence, *oldest, recording.taken_at);
  finding.explanation = explain(recording, victim, with_locks);
  finding.likely_mistake =
      "Code asks for a second connection while it holds one (REQUIRES_NEW, a key generator, a lookup on its own "
      "connection), and as many do so at once as the pool has connections.";
  finding.fix =
      "Pass the transaction's connection on instead of asking for another. Until then the pool needs, for n units at "
      "once with k connections each, n * (k - 1) + 1 connections.";
  finding.remedies.push_back(close_clients(
      {identity(victim.client->who).id},
      fmt::format("its wait ends with an error, and its unit of work gives back what it holds: {} can go on",
                  counted(static_cast<std::int64_t>(victim.freed), "client"))));
  return finding;
}

}  // namespace

std::vector<model::Finding> pool_deadlock(const Look& look, const Limits& limits) {
  std::vector<model::Finding> findings = logged_pool_deadlock(look, limits);
  if (look.recording == nullptr) return findings;
  const PoolGraph pools(look, limits);
  const auto stuck = pools.stuck();
  if (!stuck.empty()) findings.push_back(pool_deadlock_finding(look, pools, stuck));
  return findings;
}

}  // namespace lockkeeper::rules
