// held-outside-transaction: a client keeps a server connection with nothing open and nothing running, while others want
// one or soon will. In session mode that is how the pool works; in transaction mode something pins the connection.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/stable_sort.hpp"
#include "rules/catalogue.hpp"
#include "rules/recorded_pool.hpp"
#include "rules/story.hpp"
#include "rules/wording.hpp"

namespace lockkeeper::rules {
namespace {

using Holders = std::vector<const model::RecordedClient*>;

bool wanted(const PoolSide& side, const Limits& limits) {
  const auto& now = side.pool->now;
  return now.waiting > 0 || (now.maximum_size > 0 && static_cast<double>(now.in_use) >=
                                                         limits.pool_near_full * static_cast<double>(now.maximum_size));
}

std::map<Program, Holders> gather(const PoolSide& side, const model::Recording& recording, const Limits& limits) {
  std::map<Program, Holders> groups;
  for (const auto* client : side.holders) {
    const bool nothing_open = client->state == model::ClientState::idle && !client->transaction;
    if (nothing_open && recording.taken_at - client->state_since >= limits.max_held_idle)
      groups[program_of(identity(client->who))].push_back(client);
  }
  for (auto& [program, holders] : groups)
    base::stable_sort(holders, {}, [](const auto* client) { return client->state_since; });
  return groups;
}

model::Finding held_outside_transaction_finding(const Look& look, const Clients& clients, const PoolSide& side,
                                                const Program& program, const Holders& holders) {
  const auto& recording = *look.recording;
  const auto& now = side.pool->now;
  const auto count = static_cast<std::int64_t>(holders.size());
  const model::Duration longest = recording.taken_at - holders.front()->state_since;
  std::set<std::string> pins;
  for (const auto* client : holders) pins.insert(client->pins.begin(), client->pins.end());
  const bool session_mode = side.pool->session_mode;
  model::Finding finding;
  finding.rule = model::RuleId("held-outside-transaction");
  finding.id = model::make_finding_id(finding.rule, identity_of(recording, program));
  finding.severity = model::Severity::warning;
  finding.count = count;
  finding.title = fmt::format("{} of {} {} server connections and {} nothing with them, the longest for {}",
                              counted(count, "client"), owner(program), count == 1 ? "holds" : "hold",
                              count == 1 ? "does" : "do", model::to_human(longest));
  if (count == 1)
    finding.title = fmt::format("1 client of {} holds a server connection and does nothing with it for {}",
                                owner(program), model::to_human(longest));
  finding.evidence.items = {{"pool", named(*side.pool)},
                            {"pool_size", static_cast<std::int64_t>(now.maximum_size)},
                            {"in_use", static_cast<std::int64_t>(now.in_use)},
                            {"waiting", static_cast<std::int64_t>(now.waiting)},
                            {"longest_wait", now.oldest_wait},
                            {"longest_idle", longest},
                            {"session_mode", session_mode},
                            {"pins", std::vector<std::string>(pins.begin(), pins.end())}};
  add_client(finding.evidence, *holders.front(), recording.taken_at);
  finding.explanation = fmt::format(
      "They have no transaction open and run nothing, but what they hold serves nobody else: {} of {} connections are "
      "in use{}.",
      now.in_use, now.maximum_size,
      now.waiting > 0 ? fmt::format(", and {} for one",
                                    counted(static_cast<std::int64_t>(now.waiting), "client waits", "clients wait"))
                      : "");
  finding.explanation += session_mode && pins.empty()
                             ? " In session mode a client keeps its connection until it leaves."
                             : " What pins the connection to its client is state that cannot be given to another.";
  finding.likely_mistake =
      session_mode ? "A pool in the application keeps more connections open than it uses, or code holds one over work "
                     "that is no SQL."
                   : "Session state was made and not given up: LISTEN, an advisory lock, a temporary table, a cursor "
                     "WITH HOLD.";
  finding.fix =
      session_mode ? "Use transaction mode where the application allows it; else let its own pool shrink (minimum "
                     "idle, idle timeout)."
                   : "Give the state up when it is done with (UNLISTEN, pg_advisory_unlock, DROP TABLE, CLOSE), or use "
                     "its transaction-scoped form.";
  add_holders(
      finding, look, clients, holders,
      fmt::format("{} freed; nothing is open, so nothing is lost but session state", counted(count, "connection")));
  return finding;
}

}  // namespace

std::vector<model::Finding> held_outside_transaction(const Look& look, const Limits& limits) {
  if (look.recording == nullptr) return {};
  const Clients clients(look);
  std::vector<model::Finding> findings;
  for (const PoolSide& side : pool_sides(*look.recording)) {
    if (!wanted(side, limits)) continue;
    for (const auto& [program, holders] : gather(side, *look.recording, limits))
      findings.push_back(held_outside_transaction_finding(look, clients, side, program, holders));
  }
  return findings;
}

}  // namespace lockkeeper::rules
