// pool-exhausted: no server connection is free, and who waits for one is near the end of its patience, or has failed
// already. The finding is about those who hold the pool.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "base/stable_sort.hpp"
#include "rules/catalogue.hpp"
#include "rules/logged_pool.hpp"
#include "rules/recorded_pool.hpp"
#include "rules/story.hpp"
#include "rules/wording.hpp"

namespace lockkeeper::rules {
namespace {

// So long after a wait has failed the pool is still called exhausted, if it is full.
constexpr auto recent = std::chrono::minutes(1);

struct Pressure {
  double share = 0;  // of the queue's deadline that the longest wait has used up
  std::int64_t failed = 0;
};

Pressure pressure(const PoolSide& side, const model::Recording& recording, const Limits& limits) {
  const auto& pool = *side.pool;
  const auto deadline = pool.queue_timeout > model::Duration::zero() ? pool.queue_timeout : limits.pool_patience;
  Pressure result;
  result.share = std::chrono::duration<double>(pool.now.oldest_wait) / std::chrono::duration<double>(deadline);
  for (const auto& fact : recording.facts) {
    const auto* oddity = std::get_if<model::ClientOddity>(&fact.what);
    if (oddity == nullptr || oddity->kind != model::OddityKind::queue_timeout) continue;
    const auto& who = identity(oddity->client);
    if (is_of(who, pool) && recording.taken_at - fact.at <= recent) ++result.failed;
  }
  return result;
}

// "12 of application ...: idle in transaction, the longest for 84 s, after SELECT ...". Most first.
std::vector<std::string> describe(const PoolSide& side, model::WallTime now) {
  using Kind = std::tuple<std::string, model::ClientState, std::string>;
  std::map<Kind, std::pair<std::int64_t, model::Duration>> kinds;
  for (const auto* client : side.holders) {
    auto& [count, longest] =
        kinds[{owner(program_of(identity(client->who))), client->state,
               client->statement && client->state != model::ClientState::idle ? client->statement->text : ""}];
    ++count;
    longest = std::max(longest, now - client->state_since);
  }
  std::vector<std::pair<std::int64_t, std::string>> lines;
  for (const auto& [kind, seen] : kinds) {
    const auto& [who, state, statement] = kind;
    const std::string_view link = state == model::ClientState::active ? ", runs " : ", after ";
    lines.emplace_back(seen.first,
                       fmt::format("{} by {}: {}, the longest for {}{}{}", seen.first, who, to_string(state),
                                   model::to_human(seen.second), statement.empty() ? "" : link, statement));
  }
  base::stable_sort(lines, {}, [](const auto& line) { return -line.first; });
  std::vector<std::string> result;
  for (auto& line : lines) result.push_back(std::move(line.second));
  return result;
}

std::vector<const model::RecordedClient*> silent(const PoolSide& side, model::WallTime now, const Limits& limits) {
  std::vector<const model::RecordedClient*> result;
  for (const auto* client : side.holders) {
    const bool in_transaction = client->state == model::ClientState::idle_in_transaction ||
                                client->state == model::ClientState::aborted_in_transaction;
    if (in_transaction && now - client->state_since >= limits.min_idle) result.push_back(client);
  }
  base::stable_sort(result, {}, [](const auto* client) { return client->state_since; });
  return result;
}

std::string mistake(const PoolSide& side, std::size_t silent_holders) {
  const auto idle = std::ranges::count(side.holders, model::ClientState::idle, &model::RecordedClient::state);
  if (silent_holders * 2 >= side.holders.size())
    return "Most of what is held is held by transactions that run nothing: they were forgotten, or wait for something "
           "outside the database.";
  if (static_cast<std::size_t>(idle) * 2 >= side.holders.size())
    return "Most of what is held is held with nothing open: the clients keep connections that they do not use.";
  return "More work arrives than so many connections can do at a time, or each piece takes longer than it used to.";
}

model::Finding pool_exhausted_finding(const Look& look, const Clients& clients, const PoolSide& side,
                                      const Pressure& pressure, const Limits& limits) {
  const auto& recording = *look.recording;
  const auto& pool = *side.pool;
  const auto waiting = static_cast<std::int64_t>(pool.now.waiting);
  const auto asleep = silent(side, recording.taken_at, limits);
  model::Finding finding;
  finding.rule = model::RuleId("pool-exhausted");
  finding.id = model::make_finding_id(finding.rule, {recording.server, pool.database, pool.user});
  const bool critical =
      pressure.failed > 0 || pressure.share >= limits.pool_critical_share || waiting >= limits.critical_waiters;
  finding.severity = critical ? model::Severity::critical : model::Severity::warning;
  finding.count = std::max<std::int64_t>(waiting, 1);
  finding.title = fmt::format(
      "all {} connections of {} are taken; {}", pool.now.in_use, named(pool),
      waiting > 0 ? fmt::format("{}, the longest for {}", counted(waiting, "client waits", "clients wait"),
                                model::to_human(pool.now.oldest_wait))
                  : fmt::format("{} in vain", counted(pressure.failed, "client has waited", "clients have waited")));
  auto& items = finding.evidence.items;
  items = {{"pool_size", static_cast<std::int64_t>(pool.now.maximum_size)},
           {"in_use", static_cast<std::int64_t>(pool.now.in_use)},
           {"waiting", waiting},
           {"longest_wait", pool.now.oldest_wait}};
  if (pool.queue_timeout > model::Duration::zero()) items.push_back({"queue_timeout", pool.queue_timeout});
  items.push_back({"timed_out_lately", pressure.failed});
  items.push_back({"timed_out", static_cast<std::int64_t>(pool.queue_timeouts)});
  items.push_back({"holders", describe(side, recording.taken_at)});
  items.push_back({"silent_in_transaction", static_cast<std::int64_t>(asleep.size())});
  const auto* shown = !asleep.empty() ? asleep.front() : side.holders.empty() ? nullptr : side.holders.front();
  if (shown != nullptr) add_client(finding.evidence, *shown, recording.taken_at);
  finding.explanation = "Whoever asks for a connection now waits until one of the holders ends its transaction";
  finding.explanation += pool.queue_timeout > model::Duration::zero()
                             ? fmt::format(", and fails after {}.", model::to_human(pool.queue_timeout))
                             : ".";
  finding.likely_mistake = mistake(side, asleep.size());
  finding.fix =
      asleep.empty()
          ? "Shorten what the holders run, or give the pool more connections if the server has them to spare."
          : "End the silent transactions now; then mend what leaves them open. A larger pool fills up the same "
            "way.";
  if (pressure.failed > 0) add_facts_lost(finding, recording);
  const auto count = static_cast<std::int64_t>(asleep.size());
  if (asleep.empty()) return finding;
  const std::int64_t wrote = std::ranges::count_if(
      asleep, [](const auto* client) { return client->transaction && client->transaction->rows_written() > 0; });
  const auto predicted =
      fmt::format("{} freed for those who wait; {}", counted(count, "connection"), lost_by_ending(count, wrote));
  add_holders(finding, look, clients, asleep, predicted);
  return finding;
}

}  // namespace

std::vector<model::Finding> pool_exhausted(const Look& look, const Limits& limits) {
  std::vector<model::Finding> findings = logged_pool_exhausted(look, limits);
  if (look.recording == nullptr) return findings;
  const Clients clients(look);
  for (const PoolSide& side : pool_sides(*look.recording)) {
    if (!side.full()) continue;
    const Pressure now = pressure(side, *look.recording, limits);
    const bool waited = side.pool->now.waiting > 0 && now.share >= limits.pool_wait_share;
    if (waited || now.failed > 0) findings.push_back(pool_exhausted_finding(look, clients, side, now, limits));
  }
  return findings;
}

}  // namespace lockkeeper::rules
