// long-transaction: open beyond a limit though its client is not silent. Grouped by application, user and database,
// since what it runs changes from look to look.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "rules/catalogue.hpp"
#include "rules/engine_words.hpp"
#include "rules/wording.hpp"

namespace lockkeeper::rules {
namespace {

using Group = std::vector<const model::Session*>;

bool too_long(const model::Session& session, const Look& look, const Limits& limits) {
  const auto& snapshot = look.snapshot;
  if (session.kind != model::SessionKind::client || !session.transaction) return false;
  // Who waits for a lock is held up by another: that one is root-blocker's.
  if (!look.blocking.waits_of(session.id).empty()) return false;
  // Silent ones are idle-transaction's and aborted-transaction's.
  const bool silent = session.idle_in_transaction() && in_state(session, snapshot) >= limits.min_idle;
  return !silent && open_for(session, snapshot) >= limits.max_age;
}

std::optional<std::int64_t> horizon_age(const Group& group) {
  std::optional<std::int64_t> oldest;
  for (const model::Session* session : group) oldest = std::max(oldest, session->transaction->horizon_age());
  return oldest;
}

std::int64_t count_behind(const Look& look, const Group& group) {
  std::set<model::SessionId> behind;
  for (const model::Session* session : group) {
    for (const auto& waiter : look.blocking.behind(session->id)) behind.insert(waiter);
  }
  return static_cast<std::int64_t>(behind.size());
}

std::int64_t count_wrote(const Group& group) {
  return std::ranges::count_if(group, [](const model::Session* session) { return session->transaction->wrote; });
}

std::optional<std::int64_t> most_rows(const Group& group) {
  std::optional<std::int64_t> rows;
  for (const model::Session* session : group) rows = std::max(rows, session->transaction->rows_modified);
  return rows;
}

model::Evidence evidence(const Look& look, const Group& group) {
  const model::Session& oldest = *group.front();
  model::Evidence evidence;
  auto& items = evidence.items;
  if (oldest.statement) items.push_back({"statement", oldest.statement->text});
  items.push_back({"oldest_transaction", open_for(oldest, look.snapshot)});
  items.push_back({"newest_transaction", open_for(*group.back(), look.snapshot)});
  items.push_back({"state", std::string(to_string(oldest.state))});
  items.push_back({"in_state", in_state(oldest, look.snapshot)});
  if (!oldest.wait_event.empty()) items.push_back({"wait_event", oldest.wait_event});
  items.push_back({"wrote", count_wrote(group) > 0});
  add_innodb_counts(oldest, evidence);
  items.push_back({"locks", held_locks(group)});
  if (const auto horizon = horizon_age(group)) items.push_back({"horizon_age", *horizon});
  items.push_back({"blocks", count_behind(look, group)});
  if (oldest.parallel_workers > 0) items.push_back({"parallel_workers", oldest.parallel_workers});
  return evidence;
}

model::Finding long_transaction_finding(const Look& look, const Group& group) {
  const model::Session& oldest = *group.front();
  const auto count = static_cast<std::int64_t>(group.size());
  model::Finding finding;
  finding.rule = model::RuleId("long-transaction");
  finding.id = model::make_finding_id(finding.rule,
                                      {look.snapshot.server.name, oldest.application, oldest.user, oldest.database});
  finding.severity = model::Severity::warning;
  finding.count = count;
  for (const model::Session* session : group) finding.subjects.push_back(*session);
  finding.title = fmt::format("{} of {} {} been open for {}{}", counted(count, "transaction"), owner(oldest),
                              count == 1 ? "has" : "have", count == 1 ? "" : "up to ",
                              model::to_human(open_for(oldest, look.snapshot)));
  finding.evidence = evidence(look, group);
  const EngineWords& words = words_of(look.snapshot.server.engine());
  finding.explanation = words.long_explanation;
  finding.likely_mistake =
      "Too much is done in one transaction: a whole batch, a loop over pages, or a report that could read without one.";
  finding.fix = words.long_fix;
  const bool all_active =
      std::ranges::all_of(group, [](const auto* session) { return session->state == model::SessionState::active; });
  if (all_active) {
    finding.remedies.push_back(
        {model::Action::cancel, "", "the running statement ends with an error; the client decides what follows"});
  }
  finding.remedies.push_back({model::Action::terminate, "",
                              fmt::format("{} freed; {}", counted(count, "connection"),
                                          lost_by_ending(count, count_wrote(group), most_rows(group)))});
  return finding;
}

}  // namespace

std::vector<model::Finding> long_transaction(const Look& look, const Limits& limits) {
  std::map<std::tuple<std::string, std::string, std::string>, Group> groups;
  for (const auto& session : look.snapshot.sessions) {
    if (too_long(session, look, limits))
      groups[{session.application, session.user, session.database}].push_back(&session);
  }
  std::vector<model::Finding> findings;
  for (auto& [key, group] : groups) {
    std::ranges::sort(group, {},
                      [](const auto* session) { return std::tuple(session->transaction->started_at, session->id); });
    findings.push_back(long_transaction_finding(look, group));
  }
  return findings;
}

}  // namespace lockkeeper::rules
