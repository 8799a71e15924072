// idle-transaction and aborted-transaction: a transaction is open and its client is silent. One finding a group.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "rules/catalogue.hpp"
#include "rules/engine_words.hpp"
#include "rules/story.hpp"
#include "rules/wording.hpp"

namespace lockkeeper::rules {
namespace {

struct Facts {
  std::int64_t count = 0;
  std::int64_t wrote = 0;                     // sessions whose transaction has an id
  std::int64_t holding = 0;                   // sessions that hold any lock
  std::optional<std::int64_t> rows_modified;  // the most of one
  bool transaction_locks = false;             // somebody holds what ends with a transaction
  model::Duration oldest_idle{};
  model::Duration newest_idle{};
  model::Duration oldest_open{};
  std::optional<std::int64_t> horizon;
  std::vector<model::SessionId> blocked;
  std::vector<model::SessionId> freed;
  std::optional<double> growth;
  std::optional<model::Duration> exhausted_in;
  std::vector<std::uint64_t> clients;              // of a recorder, that are behind these sessions
  const model::RecordedClient* longest = nullptr;  // behind the longest silent one
  std::int64_t siblings = 0;                       // other clients of the same program, at work or at rest
};

// Sessions a minute; what is slower would be told as 0.0, and is no trend.
constexpr double least_growth_told = 0.05;

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

void gather_clients(const Look& look, const IdleGroup& group, Facts& facts) {
  if (look.recording == nullptr) return;
  const Clients clients(look);
  for (const model::Session* session : group.sessions) {
    if (const auto* client = clients.of(session->id)) facts.clients.push_back(identity(client->who).id);
  }
  facts.longest = clients.of(group.sessions.front()->id);
  if (facts.longest != nullptr) facts.siblings = count_siblings(*look.recording, *facts.longest);
}

Facts gather(const Look& look, const IdleGroup& group, const Limits& limits) {
  Facts facts;
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

model::Evidence evidence(const Look& look, const IdleGroup& group, const Facts& facts) {
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

model::Severity severity(const Look& look, const Facts& facts, const Limits& limits) {
  const auto usable = static_cast<double>(look.snapshot.server.usable_connections());
  const bool fills = usable > 0 && static_cast<double>(facts.count) >= limits.idle_critical_share * usable;
  const bool runs_out = facts.exhausted_in && *facts.exhausted_in <= limits.critical_exhaustion;
  return fills || runs_out ? model::Severity::critical : model::Severity::warning;
}

std::string tell(const Look& look, const Facts& facts) {
  if (facts.longest == nullptr || !facts.longest->transaction) return "";
  const auto& record = *facts.longest->transaction;
  return fmt::format(
      " {} ran {} in {} of database time and has been open without one for {}; its client is still "
      "connected.",
      facts.count == 1 ? "It" : "The longest silent one", counted(record.statements(), "statement"),
      model::to_human(record.busy()), model::to_human(record.idle(look.recording->taken_at)));
}

std::string explain_idle(const Facts& facts) {
  std::string text = "Each has an open transaction and runs nothing: the server waits for the client's next statement.";
  if (facts.count == 1)
    text = "It has an open transaction and runs nothing: the server waits for the client's next statement.";
  if (!facts.blocked.empty())
    text += fmt::format(" {} for a lock behind {}.",
                        counted(static_cast<std::int64_t>(facts.blocked.size()), "session waits", "sessions wait"),
                        facts.count == 1 ? "it" : "them");
  if (facts.horizon)
    text += fmt::format(" While {} open, vacuum cannot remove the rows deleted or replaced since.",
                        facts.count == 1 ? "it is" : "they are");
  if (facts.growth && *facts.growth >= least_growth_told)
    text += fmt::format(" Their number grows by {:.1f} a minute.", *facts.growth);
  if (facts.exhausted_in) {
    text += *facts.exhausted_in > model::Duration::zero()
                ? fmt::format(" At that rate no connection is left in {}.", model::to_human(*facts.exhausted_in))
                : std::string(" No connection is left for an ordinary role.");
  }
  return text;
}

std::string explain_aborted(const Facts& facts) {
  std::string text =
      "A statement failed, and the client has not rolled back: every further statement is refused (SQLSTATE "
      "25P02).";
  if (facts.holding == 0) {
    text += " It holds no lock, so nobody waits for it, but the connection is of no use until its client rolls back.";
  } else if (facts.transaction_locks) {
    text += " The failure was inside a savepoint: what was locked before the savepoint is still locked.";
  } else {
    text += " What it holds are advisory locks of its session: not even a rollback gives them back.";
  }
  if (!facts.blocked.empty())
    text += fmt::format(" {} for it.",
                        counted(static_cast<std::int64_t>(facts.blocked.size()), "session waits", "sessions wait"));
  return text;
}

std::string predict(const Facts& facts) {
  const auto freed = static_cast<std::int64_t>(facts.freed.size());
  return fmt::format("{} freed; {}{}", counted(facts.count, "connection"),
                     lost_by_ending(facts.count, facts.wrote, facts.rows_modified),
                     freed > 0 ? fmt::format("; {} can go on", counted(freed, "waiting session")) : "");
}

model::Finding to_finding(const Look& look, const IdleGroup& group, const Limits& limits) {
  const model::Session& first = *group.sessions.front();
  const Facts facts = gather(look, group, limits);
  model::Finding finding;
  finding.rule = model::RuleId(group.key.aborted ? "aborted-transaction" : "idle-transaction");
  finding.id = model::make_finding_id(finding.rule, {look.snapshot.server.name, group.key.application, group.key.user,
                                                     group.key.database, std::to_string(group.key.statement)});
  finding.severity = severity(look, facts, limits);
  finding.confidence = model::Confidence::certain;
  finding.count = facts.count;
  for (const model::Session* session : group.sessions) finding.subjects.push_back(*session);
  const std::string idle = facts.count == 1 ? fmt::format(" for {}", model::to_human(facts.oldest_idle))
                                            : fmt::format(", the oldest for {}", model::to_human(facts.oldest_idle));
  const std::string transactions =
      group.key.aborted ? counted(facts.count, "failed transaction") : counted(facts.count, "transaction");
  finding.title = fmt::format("{} of {} {} idle{}", transactions, owner(first), facts.count == 1 ? "is" : "are", idle);
  finding.evidence = evidence(look, group, facts);
  finding.explanation = (group.key.aborted ? explain_aborted(facts) : explain_idle(facts)) + tell(look, facts);
  finding.likely_mistake =
      group.key.aborted
          ? "The error of a statement was caught and swallowed, and the code went on (or returned) without a rollback."
          : likely_mistake_after(first);
  finding.fix = (group.key.aborted
                     ? "Roll back wherever a statement's error is handled; let the block that begins a transaction end "
                       "it on every path."
                     : "Begin and end a transaction in one block that ends it on every path (a context manager, RAII, "
                       "transact()); give background work a session of its own, never its caller's.") +
                idle_net(look.snapshot.server.engine(), first);
  if (seen_on_server(look.snapshot)) finding.remedies.push_back({model::Action::terminate, "", predict(facts)});
  if (!facts.clients.empty()) finding.remedies.push_back(close_clients(facts.clients, predict(facts)));
  return finding;
}

std::vector<model::Finding> judge_groups(const Look& look, const Limits& limits, bool aborted) {
  std::vector<model::Finding> findings;
  for (const auto& group : group_idle(look.snapshot, limits.min_idle)) {
    if (group.key.aborted == aborted) findings.push_back(to_finding(look, group, limits));
  }
  return findings;
}

}  // namespace

std::vector<model::Finding> idle_transaction(const Look& look, const Limits& limits) {
  return judge_groups(look, limits, false);
}

std::vector<model::Finding> aborted_transaction(const Look& look, const Limits& limits) {
  return judge_groups(look, limits, true);
}

}  // namespace lockkeeper::rules
