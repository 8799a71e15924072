// work-in-transaction: most of a transaction's life is spent outside the database. Only gaps that a statement ended
// count: a silence that still lasts may be a transaction that was forgotten, and is idle-transaction's.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/stable_sort.hpp"
#include "rules/catalogue.hpp"
#include "rules/story.hpp"
#include "rules/wording.hpp"

namespace lockkeeper::rules {
namespace {

// One transaction as far as its client had come back to it.
struct Life {
  const model::TransactionRecord* record = nullptr;
  const model::RecordedClient* open = nullptr;  // nullptr: it is over
  model::WallTime until;
  model::Duration outside{};

  [[nodiscard]] model::Duration whole() const { return until - record->id().started_at; }
};

struct Group {
  std::vector<Life> working;  // most time outside first, open ones before
  std::int64_t seen = 0;
};

using Key = std::pair<Program, std::uint64_t>;  // and the statement that its transactions begin with

struct Gap {
  model::Duration length{};
  std::string after;
  std::string before;
};

bool came_back(model::TransactionEnd end) {
  return end == model::TransactionEnd::committed || end == model::TransactionEnd::rolled_back ||
         end == model::TransactionEnd::unknown;
}

void add(Group& group, Life life, const Limits& limits) {
  ++group.seen;
  life.outside = life.record->idle(life.until);
  const auto share = std::chrono::duration<double>(life.outside) / std::chrono::duration<double>(life.whole());
  if (life.whole() > model::Duration::zero() && life.outside >= limits.min_outside && share >= limits.max_outside_share)
    group.working.push_back(life);
}

Key key_of(const std::shared_ptr<const model::ClientIdentity>& who, const model::TransactionRecord& record) {
  const auto opening = opening_statement(record);
  return {program_of(identity(who)), opening ? opening->fingerprint.value : 0};
}

std::map<Key, Group> gather(const model::Recording& recording, const Limits& limits) {
  std::map<Key, Group> groups;
  for (const auto& client : recording.clients) {
    if (!client.transaction) continue;
    const auto& record = *client.transaction;
    const bool running = client.state == model::ClientState::active && client.statement_started_at;
    const auto until = running ? std::max(record.last_end(), *client.statement_started_at) : record.last_end();
    add(groups[key_of(client.who, record)], {&record, &client, until, {}}, limits);
  }
  for (const auto& fact : recording.facts) {
    const auto* over = std::get_if<model::TransactionOver>(&fact.what);
    if (over == nullptr || !over->record) continue;
    const auto until = came_back(over->end) ? over->ended_at : over->record->last_end();
    add(groups[key_of(over->client, *over->record)], {over->record.get(), nullptr, until, {}}, limits);
  }
  for (auto& [key, group] : groups) {
    base::stable_sort(group.working, {},
                      [](const Life& life) { return std::pair(life.open == nullptr, -life.outside); });
  }
  return groups;
}

Gap longest_gap(const Life& life) {
  Gap longest;
  std::string before;
  const auto consider = [&](model::Duration length, const std::string& after, const std::string& next) {
    if (length > longest.length) longest = {length, after, next};
  };
  for (const auto& line : statement_lines(*life.record)) {
    if (line.dropped > 0) {
      before.clear();
      continue;
    }
    consider(line.gap_before, before, line.text);
    consider(line.longest_gap, line.text, line.text);
    before = line.text;
  }
  consider(life.until - life.record->last_end(), before, life.open == nullptr ? "its end" : "the next statement");
  return longest;
}

model::Finding work_in_transaction_finding(const Look& look, const Clients& clients, const Key& key, const Group& group,
                                           const Limits& limits) {
  const auto& recording = *look.recording;
  const Life& worst = group.working.front();
  model::Duration outside{};
  model::Duration whole{};
  std::vector<const model::RecordedClient*> open;
  model::Duration waited{};
  for (const Life& life : group.working) {
    outside += life.outside;
    whole += life.whole();
    if (life.open == nullptr) continue;
    open.push_back(life.open);
    waited = std::max(waited, longest_wait_behind(look, clients, *life.open));
  }
  const double share = std::chrono::duration<double>(outside) / std::chrono::duration<double>(whole);
  const Gap gap = longest_gap(worst);
  model::Finding finding;
  finding.rule = model::RuleId("work-in-transaction");
  finding.id = model::make_finding_id(finding.rule, identity_of(recording, key.first, std::to_string(key.second)));
  finding.severity = waited >= limits.critical_wait ? model::Severity::critical : model::Severity::warning;
  finding.count = static_cast<std::int64_t>(group.working.size());
  finding.title =
      fmt::format("{}{} of {} spent {:.0f} % of {} outside the database", at_least(recording),
                  counted(finding.count, "transaction"), owner(key.first), share * 100,
                  finding.count == 1 ? "its " + model::to_human(whole) : "their " + model::to_human(whole) + " in all");
  finding.evidence.items = {{"transactions_seen", group.seen},  {"open_now", static_cast<std::int64_t>(open.size())},
                            {"share_outside", share},           {"share_limit", limits.max_outside_share},
                            {"longest_outside", worst.outside}, {"longest_gap", gap.length}};
  auto& items = finding.evidence.items;
  if (!gap.after.empty()) items.push_back({"longest_gap_after", gap.after});
  if (!gap.before.empty()) items.push_back({"longest_gap_before", gap.before});
  add_story(finding.evidence, *worst.record, worst.until);
  finding.explanation = fmt::format(
      "Between its statements the program did something else, up to {} at a time, and came back. All the while the "
      "transaction kept its locks and its connection.",
      model::to_human(gap.length));
  finding.likely_mistake =
      "Work that is no SQL happens between BEGIN and COMMIT: a call to another service, a sleep, a message sent, files "
      "or pages computed.";
  finding.fix =
      "Do that work before BEGIN or after COMMIT (after-commit hook, outbox), or cut the transaction in two at the "
      "longest gap.";
  add_facts_lost(finding, recording);
  add_holders(finding, look, clients, open,
              fmt::format("{} freed; what was written in it is rolled back",
                          counted(static_cast<std::int64_t>(open.size()), "connection")));
  return finding;
}

}  // namespace

std::vector<model::Finding> work_in_transaction(const Look& look, const Limits& limits) {
  if (look.recording == nullptr) return {};
  const Clients clients(look);
  std::vector<model::Finding> findings;
  for (const auto& [key, group] : gather(*look.recording, limits)) {
    const bool long_now = std::ranges::any_of(group.working, [&](const Life& life) {
      return life.open != nullptr && life.outside >= limits.min_outside_open;
    });
    if (long_now || static_cast<std::int64_t>(group.working.size()) >= limits.min_outside_times)
      findings.push_back(work_in_transaction_finding(look, clients, key, group, limits));
  }
  return findings;
}

}  // namespace lockkeeper::rules
