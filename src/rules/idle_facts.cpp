#include "rules/idle_facts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "rules/wording.hpp"

namespace lockkeeper::rules {
namespace {

std::optional<model::Duration> time_to_exhaustion(const Look& look, std::optional<double> growth,
                                                  const Limits& limits) {
  const model::Snapshot& snapshot = look.snapshot;
  if (!growth || *growth < least_growth_told || look.window.span() < limits.least_watch) return std::nullopt;
  const auto left = std::max<std::int64_t>(snapshot.server.usable_connections() - snapshot.clients(), 0);
  const std::chrono::duration<double, std::ratio<60>> time(static_cast<double>(left) / *growth);
  if (time > limits.longest_forecast) return std::nullopt;
  return std::chrono::duration_cast<model::Duration>(time);
}

// That others of the same program go on with nothing open says that the program lives, and these are forgotten.
std::int64_t count_siblings(const model::Recording& recording, const model::RecordedClient& client) {
  const Program program = program_of(identity(client.who));
  return std::ranges::count_if(recording.clients, [&](const model::RecordedClient& other) {
    const bool in_order =
        other.state == model::ClientState::active || (other.state == model::ClientState::idle && !other.transaction);
    return in_order && program_of(identity(other.who)) == program;
  });
}

void gather_clients(const Look& look, const IdleGroup& group, IdleFacts& facts) {
  if (look.recording == nullptr) return;
  const Clients clients(look);
  for (const model::Session* session : group.sessions) {
    if (const auto* client = clients.of(session->id)) facts.clients.push_back(identity(client->who).id);
  }
  facts.longest = clients.of(group.sessions.front()->id);
  if (facts.longest != nullptr) facts.siblings = count_siblings(*look.recording, *facts.longest);
}

std::string predict(const IdleFacts& facts) {
  const auto freed = static_cast<std::int64_t>(facts.freed.size());
  return fmt::format("{} freed; {}{}", counted(facts.count, "connection"),
                     lost_by_ending(facts.count, facts.wrote, facts.rows_modified),
                     freed > 0 ? fmt::format("; {} can go on", counted(freed, "waiting session")) : "");
}

}  // namespace

IdleFacts gather_idle(const Look& look, const IdleGroup& group, const Limits& limits) {
  IdleFacts facts;
  gather_clients(look, group, facts);
  facts.count = static_cast<std::int64_t>(group.sessions.size());
  facts.oldest_idle = in_state(*group.sessions.front(), look.snapshot);
  facts.newest_idle = in_state(*group.sessions.back(), look.snapshot);
  std::vector<model::Holder> holders;
  for (const model::Session* session : group.sessions) {
    facts.oldest_open = std::max(facts.oldest_open, open_for(*session, look.snapshot));
    facts.holding += session->locks.empty() ? 0 : 1;
    facts.transaction_locks = facts.transaction_locks || holds_transaction_locks(*session);
    holders.emplace_back(session->id);
    std::ranges::copy(look.blocking.behind(session->id), std::back_inserter(facts.blocked));
    if (!session->transaction) continue;
    facts.wrote += session->transaction->wrote ? 1 : 0;
    facts.rows_modified = std::max(facts.rows_modified, session->transaction->rows_modified);
    facts.horizon = std::max(facts.horizon, session->transaction->horizon_age());
  }
  std::ranges::sort(facts.blocked);
  const auto repeats = std::ranges::unique(facts.blocked);
  facts.blocked.erase(repeats.begin(), repeats.end());
  facts.freed = look.blocking.freed_by(holders);
  facts.growth = look.window.growth_per_minute(group.key);
  facts.exhausted_in = time_to_exhaustion(look, facts.growth, limits);
  return facts;
}

model::Evidence idle_evidence(const Look& look, const IdleGroup& group, const IdleFacts& facts) {
  const model::Session& first = *group.sessions.front();
  model::Evidence evidence;
  auto& items = evidence.items;
  if (first.statement) items.push_back({"last_statement", first.statement->text});
  if (first.statement && first.statement->truncated) items.push_back({"last_statement_truncated", true});
  items.push_back({"oldest_idle", facts.oldest_idle});
  items.push_back({"newest_idle", facts.newest_idle});
  // PostgreSQL forgets the start of a transaction that failed at top level.
  if (facts.oldest_open > model::Duration::zero()) items.push_back({"oldest_transaction", facts.oldest_open});
  items.push_back({"wrote", facts.wrote > 0});
  items.push_back({"sessions_that_wrote", facts.wrote});
  add_innodb_counts(first, evidence);
  items.push_back({"locks", held_locks(group.sessions)});
  if (facts.horizon) items.push_back({"horizon_age", *facts.horizon});
  items.push_back({"blocks", static_cast<std::int64_t>(facts.blocked.size())});
  items.push_back({"blocked", pids(facts.blocked)});
  if (seen_on_server(look.snapshot)) {
    items.push_back({"connections_used", look.snapshot.clients()});
    items.push_back({"connections_usable", look.snapshot.server.usable_connections()});
  }
  if (facts.growth) items.push_back({"growth_per_minute", *facts.growth});
  if (facts.exhausted_in) {
    items.push_back({"exhausted_in", *facts.exhausted_in});
    items.push_back({"exhausted_at", look.snapshot.taken_at + *facts.exhausted_in});
  }
  if (facts.longest != nullptr) {
    items.push_back({"clients_connected", static_cast<std::int64_t>(facts.clients.size())});
    items.push_back({"siblings_in_order", facts.siblings});
    add_client(evidence, *facts.longest, look.recording->taken_at);
  }
  add_history(first, evidence);
  return evidence;
}

model::Severity idle_severity(const Look& look, const IdleFacts& facts, const Limits& limits) {
  const auto usable = static_cast<double>(look.snapshot.server.usable_connections());
  const bool fills = usable > 0 && static_cast<double>(facts.count) >= limits.idle_critical_share * usable;
  const bool runs_out = facts.exhausted_in && *facts.exhausted_in <= limits.critical_exhaustion;
  return fills || runs_out ? model::Severity::critical : model::Severity::warning;
}

std::string tell_idle(const Look& look, const IdleFacts& facts) {
  if (facts.longest == nullptr || !facts.longest->transaction) return "";
  const auto& record = *facts.longest->transaction;
  return fmt::format(
      " {} ran {} in {} of database time and has been open without one for {}; its client is still "
      "connected.",
      facts.count == 1 ? "It" : "The longest silent one", counted(record.statements(), "statement"),
      model::to_human(record.busy()), model::to_human(record.idle(look.recording->taken_at)));
}

std::string idle_costs(const IdleFacts& facts) {
  std::string text;
  if (!facts.blocked.empty())
    text += fmt::format(" {} for a lock behind {}.",
                        counted(static_cast<std::int64_t>(facts.blocked.size()), "session waits", "sessions wait"),
                        facts.count == 1 ? "it" : "them");
  if (facts.horizon)
    text += fmt::format(" While {} open, vacuum cannot remove the rows deleted or replaced since.",
                        facts.count == 1 ? "it is" : "they are");
  return text;
}

void add_idle_remedies(model::Finding& finding, const Look& look, const IdleFacts& facts) {
  if (seen_on_server(look.snapshot)) finding.remedies.push_back({model::Action::terminate, "", predict(facts)});
  if (!facts.clients.empty()) finding.remedies.push_back(close_clients(facts.clients, predict(facts)));
}

}  // namespace lockkeeper::rules
