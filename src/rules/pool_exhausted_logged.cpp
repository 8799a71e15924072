// pool-exhausted by an application's log: the log says that the pool had nothing to give, the server's views say who
// holds its connections.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "base/stable_sort.hpp"
#include "rules/idle_groups.hpp"
#include "rules/logged_pool.hpp"
#include "rules/wording.hpp"

namespace lockkeeper::rules {
namespace {

constexpr std::size_t most_groups_named = 6;
constexpr std::size_t most_holders_named = 8;

/// What the pool's sessions do now.
struct Holders {
  std::vector<const model::Session*> silent;  // in a transaction, for longer than a program takes; longest first
  std::int64_t active = 0;
  std::int64_t idle = 0;
  std::int64_t wrote = 0;
  std::optional<std::int64_t> rows_modified;
};

Holders holders_of(const PoolSessions& own, const Look& look, const Limits& limits) {
  Holders result;
  for (const model::Session* session : own.sessions) {
    if (session->state == model::SessionState::active) ++result.active;
    if (session->state == model::SessionState::idle) ++result.idle;
    if (!session->idle_in_transaction() || in_state(*session, look.snapshot) < limits.min_idle) continue;
    result.silent.push_back(session);
    if (!session->transaction) continue;
    if (session->transaction->wrote) ++result.wrote;
    result.rows_modified = std::max(result.rows_modified, session->transaction->rows_modified);
  }
  return result;
}

// "9 idle in transaction, the longest for 84 s, after SELECT ...". Most first.
std::vector<std::string> describe(const PoolSessions& own, const model::Snapshot& snapshot) {
  std::map<std::pair<model::SessionState, std::string>, std::pair<std::int64_t, model::Duration>> kinds;
  for (const model::Session* session : own.sessions) {
    const bool tells = session->statement && session->state != model::SessionState::idle;
    auto& [count, longest] = kinds[{session->state, tells ? session->statement->text : ""}];
    ++count;
    longest = std::max(longest, in_state(*session, snapshot));
  }
  std::vector<std::pair<std::int64_t, std::string>> lines;
  for (const auto& [kind, seen] : kinds) {
    const auto& [state, statement] = kind;
    const std::string_view link = state == model::SessionState::active ? ", runs " : ", after ";
    lines.emplace_back(seen.first, fmt::format("{} {}, the longest for {}{}{}", seen.first, to_string(state),
                                               model::to_human(seen.second), statement.empty() ? "" : link, statement));
  }
  base::stable_sort(lines, {}, [](const auto& line) { return -line.first; });
  std::vector<std::string> result;
  for (auto& line : lines) {
    if (result.size() < most_holders_named) result.push_back(std::move(line.second));
  }
  return result;
}

std::string told_of(const PoolSessions& each) {
  if (!each.sessions.empty())
    return fmt::format("{} of {} at {}", counted(std::ssize(each.sessions), "session"), owner(*each.sessions.front()),
                       each.group.host);
  return fmt::format("sessions of application \"{}\"", each.group.application);
}

// Whether the latest wait that is known looks like that of a unit of work for its own second connection.
const WaitRound* nested(const std::vector<WaitRound>& rounds, const Look& look, const Limits& limits) {
  if (rounds.empty() || rounds.front().matched == 0) return nullptr;
  const WaitRound& last = rounds.front();
  const bool may_let_go_yet = look.snapshot.taken_at <= last.failed.back().at + limits.log_release;
  return last.released || may_let_go_yet ? &last : nullptr;
}

// Sessions with nothing open, while the pool had none to give: somebody held them all the same.
std::int64_t held_outside(const LoggedPool& pool) { return pool.own() == nullptr ? 0 : pool.own()->then.idle; }

bool has_recovered(const LoggedPool& pool, const Holders& holders) {
  return pool.own() != nullptr && holders.idle > 0 && held_outside(pool) == 0;
}

bool proves_exhaustion(const LoggedPool& pool) {
  const auto& told = *pool.last;
  if (told.library != model::PoolLibrary::hikari || told.total) return true;
  // Without its counts HikariCP may as well have been refused by the server: the sessions say whether it had any.
  return pool.own() != nullptr && pool.own()->then.sessions > 0 && pool.own()->then.idle == 0;
}

std::string mistake(const LoggedPool& pool, const Holders& holders, const WaitRound* nested_wait) {
  if (nested_wait != nullptr)
    return "Some of those who hold a connection fell silent just as the requests began to wait: code asks for a second "
           "connection while it holds one.";
  if (pool.own() == nullptr)
    return "Its connections are held for longer than others can wait; by whom is not known here.";
  const auto sessions = std::ssize(pool.own()->sessions);
  if (std::ssize(holders.silent) * 2 >= std::max<std::int64_t>(sessions, 1))
    return "Most of what is held is held by transactions that run nothing: they were forgotten, or wait for something "
           "outside the database.";
  if (holders.active * 2 >= std::max<std::int64_t>(sessions, 1))
    return "More work arrives than so many connections can do at a time, or each piece takes longer than it used to.";
  if (held_outside(pool) * 2 >= std::max<std::int64_t>(sessions, 1))
    return "Most of what is held is held with nothing open and nothing running: an entity manager, a session or a "
           "cursor "
           "that is not closed keeps its connection.";
  return "For a while everything was held; now it is not. Something took long and ended, or its clients gave up.";
}

std::string fix(const LoggedPool& pool, const Holders& holders, const WaitRound* nested_wait) {
  if (!holders.silent.empty())
    return "End the silent transactions now; then mend what leaves them open. A larger pool fills up the same way.";
  if (nested_wait != nullptr) return "Pass the transaction's connection on instead of asking for another.";
  if (held_outside(pool) > 0)
    return "Close entity managers, sessions and cursors as soon as their work is done, on every path; the pool's leak "
           "detection says where they were opened.";
  return "Shorten what the holders run, or give the pool more connections if the server has them to spare.";
}

void add_evidence(model::Finding& finding, const LoggedPool& pool, const Look& look, const Holders& holders,
                  const WaitRound* nested_wait) {
  auto& items = finding.evidence.items;
  items.push_back({"log_line", pool.last->line});
  items.push_back({"log_file", fmt::format("{}:{}", pool.last->file, pool.last->line_number)});
  items.push_back({"failed_lately", std::ssize(pool.failed)});
  if (pool.last->time != model::ComplaintTime::unknown) items.push_back({"last_failed_at", pool.failed.back().at});
  if (pool.last->waited) items.push_back({"waited", *pool.last->waited});
  if (const auto size = pool.size()) items.push_back({"pool_size", *size});
  if (pool.waiting() > 0) items.push_back({"waiting", pool.waiting()});
  if (const PoolSessions* own = pool.own()) {
    items.push_back({"sessions_then", own->then.sessions});
    items.push_back({"idle_then", own->then.idle});
    items.push_back({"holders", describe(*own, look.snapshot)});
    items.push_back({"silent_in_transaction", std::ssize(holders.silent)});
  } else if (!pool.candidates.empty()) {
    std::vector<std::string> groups;
    for (const PoolSessions& each : pool.candidates) {
      if (groups.size() < most_groups_named) groups.push_back(told_of(each));
    }
    items.push_back({"could_be", std::move(groups)});
  }
  if (nested_wait != nullptr) items.push_back({"silent_since_request", nested_wait->matched});
  add_leaks(finding.evidence, pool.leaks);
  if (look.app_log->dropped > 0)
    items.push_back({"log_lines_dropped", static_cast<std::int64_t>(look.app_log->dropped)});
}

std::string explain(const LoggedPool& pool, const Look& look, const Holders& holders) {
  std::string text = "The application's log says so.";
  const PoolSessions* own = pool.own();
  if (own != nullptr) {
    text +=
        fmt::format(" Its connections are {}{}.", pool.ownership == Ownership::known ? "" : "probably ", told_of(*own));
    if (has_recovered(pool, holders) && holders.silent.empty())
      text += fmt::format(" {} free again now: who held them then has let go.",
                          counted(holders.idle, "connection is", "connections are"));
    if (const std::int64_t held = held_outside(pool); held > 0)
      text += fmt::format(" {} idle with nothing open when the last request failed, and were held all the same.",
                          counted(held, "session was", "sessions were"));
  } else if (pool.candidates.empty()) {
    text += look.snapshot.complete() ? " No group of sessions that this server shows fits it."
                                     : " No group of sessions that we may see fits it.";
    text += " Name the application, as the server knows it, before the log's file: NAME=FILE.";
  } else {
    text +=
        " Whose sessions are its connections is not certain. Name the application, as the server knows it, before "
        "the log's file: NAME=FILE.";
  }
  return text;
}

void add_subjects(model::Finding& finding, const LoggedPool& pool, const Holders& holders) {
  if (holders.silent.empty() || pool.ownership != Ownership::known) return;
  for (const model::Session* session : holders.silent) finding.subjects.push_back(*session);
  const auto count = std::ssize(holders.silent);
  finding.remedies.push_back({model::Action::terminate, "",
                              fmt::format("{} ended at the server, which those who wait get once the pool has replaced "
                                          "{}; {}",
                                          counted(count, "connection"), count == 1 ? "it" : "them",
                                          lost_by_ending(count, holders.wrote, holders.rows_modified))});
}

std::string title_of(const LoggedPool& pool, const Look& look) {
  const std::string failed = counted(std::ssize(pool.failed), "request failed", "requests failed");
  const std::string waited = pool.last->waited ? fmt::format(" after {}", model::to_human(*pool.last->waited)) : "";
  if (pool.last->time == model::ComplaintTime::unknown)
    return fmt::format("{} had no connection to give: {}{}, when its log does not say", pool.name(), failed, waited);
  return fmt::format("{} had no connection to give: {} in the last minute, the last {} ago{}", pool.name(), failed,
                     model::to_human(look.snapshot.taken_at - pool.failed.back().at), waited);
}

model::Finding pool_exhausted_logged_finding(const LoggedPool& pool, const Look& look, const Limits& limits) {
  const Holders holders = pool.own() != nullptr ? holders_of(*pool.own(), look, limits) : Holders{};
  const auto rounds = wait_rounds(pool, look, limits);
  const WaitRound* nested_wait = nested(rounds, look, limits);
  model::Finding finding;
  finding.rule = model::RuleId("pool-exhausted");
  finding.id = model::make_finding_id(finding.rule, pool.identity(look));
  finding.severity = has_recovered(pool, holders) ? model::Severity::warning : model::Severity::critical;
  finding.confidence = pool.ownership == Ownership::known && proves_exhaustion(pool) ? model::Confidence::certain
                                                                                     : model::Confidence::likely;
  finding.count = std::ssize(pool.failed);
  finding.title = title_of(pool, look);
  add_evidence(finding, pool, look, holders, nested_wait);
  finding.explanation = explain(pool, look, holders);
  finding.likely_mistake = mistake(pool, holders, nested_wait);
  finding.fix = fix(pool, holders, nested_wait);
  add_subjects(finding, pool, holders);
  return finding;
}

}  // namespace

std::vector<model::Finding> logged_pool_exhausted(const Look& look, const Limits& limits) {
  std::vector<model::Finding> findings;
  for (const LoggedPool& pool : logged_pools(look, limits))
    findings.push_back(pool_exhausted_logged_finding(pool, look, limits));
  return findings;
}

}  // namespace lockkeeper::rules
