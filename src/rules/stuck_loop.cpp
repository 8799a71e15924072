// stuck-loop: one read with the same parameters, over and over in one transaction: a loop that does not advance. Where
// the parameters are not known, or differ, nothing is said: that is how a loop looks that does.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "base/stable_sort.hpp"
#include "rules/catalogue.hpp"
#include "rules/story.hpp"
#include "rules/wording.hpp"

namespace lockkeeper::rules {
namespace {

// Rounds are not of equal length.
constexpr std::int64_t some_more = 16;

struct Stuck {
  model::RepeatedRead loop;
  const model::TransactionRecord* record = nullptr;
  const model::RecordedClient* open = nullptr;  // nullptr: it was ended
  model::WallTime until;
  std::shared_ptr<const model::ClientIdentity> who;
};

using Key = std::pair<Program, std::uint64_t>;

model::Duration span_of(const model::RepeatedRead& loop) { return loop.last - loop.first; }

// Whether the read's next turn has been left out: it may be due once in a round of other statements.
bool has_left(const model::RepeatedRead& loop, const model::TransactionRecord& record) {
  const std::int64_t round = (loop.last_number - loop.first_number) / std::max<std::int64_t>(1, loop.runs - 1);
  return record.statements() - loop.last_number > 2 * round + some_more;
}

std::optional<model::RepeatedRead> longest_loop(const model::TransactionRecord& record, const Limits& limits,
                                                bool still_open) {
  std::optional<model::RepeatedRead> longest;
  for (const model::RepeatedRead& loop : record.reads()) {
    if (loop.runs < limits.min_loop_runs || span_of(loop) < limits.min_loop_span) continue;
    if (still_open && has_left(loop, record)) continue;
    if (!longest || loop.runs > longest->runs) longest = loop;
  }
  return longest;
}

std::map<Key, std::vector<Stuck>> gather(const model::Recording& recording, const Limits& limits) {
  std::map<Key, std::vector<Stuck>> groups;
  const auto consider = [&](Stuck stuck) {
    const auto loop = longest_loop(*stuck.record, limits, stuck.open != nullptr);
    if (!loop) return;
    stuck.loop = *loop;
    groups[{program_of(identity(stuck.who)), loop->statement->fingerprint.value}].push_back(std::move(stuck));
  };
  for (const auto& client : recording.clients) {
    if (client.transaction) consider({{}, &*client.transaction, &client, recording.taken_at, client.who});
  }
  // One that committed got out by itself; the others were ended, and the next one has the same code.
  for (const auto& fact : recording.facts) {
    const auto* over = std::get_if<model::TransactionOver>(&fact.what);
    if (over != nullptr && over->record && over->end != model::TransactionEnd::committed)
      consider({{}, over->record.get(), nullptr, over->ended_at, over->client});
  }
  for (auto& [key, group] : groups) {
    base::stable_sort(group, {}, [](const Stuck& stuck) { return std::pair(stuck.open == nullptr, -stuck.loop.runs); });
  }
  return groups;
}

model::Finding stuck_loop_finding(const Look& look, const Clients& clients, const Key& key,
                                  const std::vector<Stuck>& group, const Limits& limits) {
  const auto& recording = *look.recording;
  const Stuck& worst = group.front();
  std::vector<const model::RecordedClient*> open;
  model::Duration waited{};
  std::int64_t wrote = 0;
  for (const Stuck& stuck : group) {
    if (stuck.open == nullptr) continue;
    open.push_back(stuck.open);
    wrote += stuck.record->rows_written() > 0 ? 1 : 0;
    waited = std::max(waited, longest_wait_behind(look, clients, *stuck.open));
  }
  const bool lower_bound = worst.loop.unseen_runs > 0;
  model::Finding finding;
  finding.rule = model::RuleId("stuck-loop");
  finding.id = model::make_finding_id(finding.rule, identity_of(recording, key.first, std::to_string(key.second)));
  finding.severity = waited >= limits.critical_wait ? model::Severity::critical : model::Severity::warning;
  finding.count = static_cast<std::int64_t>(group.size());
  finding.title =
      fmt::format("a transaction of {} ran one statement with the same parameters {}{} times in {}", owner(key.first),
                  lower_bound ? "at least " : "", grouped(worst.loop.runs), model::to_human(span_of(worst.loop)));
  finding.evidence.items = {{"statement", worst.loop.statement->text},
                            {"runs", worst.loop.runs},
                            {"runs_are_lower_bound", lower_bound},
                            {"loop_span", span_of(worst.loop)},
                            {"loop_rows", worst.loop.rows},
                            {"rows_written", worst.record->rows_written()},
                            {"open_now", static_cast<std::int64_t>(open.size())}};
  add_story(finding.evidence, *worst.record, worst.until);
  finding.explanation =
      worst.loop.rows > 0
          ? "The same question gets the same answer: each round returned rows, and the next one asked for them again."
          : "The same question gets the same answer, none: what the loop waits for does not come to this transaction.";
  finding.explanation += open.empty() ? " The transactions were ended; the code that ran them is still there."
                                      : " The transaction stays open for as long as the loop runs.";
  finding.likely_mistake =
      worst.loop.rows > 0
          ? "A loop over pages remembers another column than the one it orders by, or never moves its cursor on."
          : "Code polls for a change inside its transaction, where its own snapshot may never show it.";
  finding.fix =
      "Page by the ordering key itself (WHERE key > last key ORDER BY key), and fail when a page does not advance; "
      "poll outside of transactions.";
  add_facts_lost(finding, recording);
  const auto count = static_cast<std::int64_t>(open.size());
  add_holders(finding, look, clients, open,
              fmt::format("{} freed; {}", counted(count, "connection"), lost_by_ending(count, wrote)));
  return finding;
}

}  // namespace

std::vector<model::Finding> stuck_loop(const Look& look, const Limits& limits) {
  if (look.recording == nullptr) return {};
  const Clients clients(look);
  std::vector<model::Finding> findings;
  for (const auto& [key, group] : gather(*look.recording, limits))
    findings.push_back(stuck_loop_finding(look, clients, key, group, limits));
  return findings;
}

}  // namespace lockkeeper::rules
