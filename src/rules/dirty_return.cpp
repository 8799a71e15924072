// dirty-return: BEGIN inside an open transaction. Whoever used the connection before gave it back to its pool with the
// transaction open, and the next borrower works on in it.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "rules/catalogue.hpp"
#include "rules/engine_words.hpp"
#include "rules/story.hpp"
#include "rules/wording.hpp"

namespace lockkeeper::rules {
namespace {

struct Group {
  std::int64_t count = 0;
  std::set<std::uint64_t> clients;
  const model::Fact* last = nullptr;
};

using Key = std::pair<Program, std::uint64_t>;  // and the statement after which it was left

const model::StatementRun* last_run(const model::ClientOddity& oddity) {
  if (!oddity.record) return nullptr;
  if (!oddity.record->last().empty()) return &oddity.record->last().back().last;
  return oddity.record->first().empty() ? nullptr : &oddity.record->first().back().last;
}

std::map<Key, Group> gather(const model::Recording& recording) {
  std::map<Key, Group> groups;
  for (const auto& fact : recording.facts) {
    const auto* oddity = std::get_if<model::ClientOddity>(&fact.what);
    if (oddity == nullptr || oddity->kind != model::OddityKind::begin_inside_transaction) continue;
    const auto& who = identity(oddity->client);
    const auto* left_after = last_run(*oddity);
    const bool known = left_after != nullptr && left_after->statement;
    Group& group = groups[{program_of(who), known ? left_after->statement->fingerprint.value : 0}];
    ++group.count;
    group.clients.insert(who.id);
    group.last = &fact;
  }
  return groups;
}

model::Finding dirty_return_finding(const model::Recording& recording, const Key& key, const Group& group) {
  const auto& oddity = std::get<model::ClientOddity>(group.last->what);
  model::Finding finding;
  finding.rule = model::RuleId("dirty-return");
  finding.id = model::make_finding_id(finding.rule, identity_of(recording, key.first, std::to_string(key.second)));
  finding.severity = model::Severity::warning;
  finding.count = group.count;
  finding.title = fmt::format("{}{} of {} came inside an open transaction", at_least(recording),
                              counted(group.count, "BEGIN"), owner(key.first));
  auto& items = finding.evidence.items;
  items = {{"clients", static_cast<std::int64_t>(group.clients.size())},
           {"last_at", group.last->at},
           {"client", named(identity(oddity.client))}};
  if (const auto* run = last_run(oddity); run != nullptr && run->statement)
    items.push_back({"left_after", run->statement->text});
  if (!oddity.unit.value().empty()) items.push_back({"unit_of_work", oddity.unit.value()});
  if (oddity.record) {
    items.push_back({"silent_before", std::max(group.last->at - oddity.record->last_end(), model::Duration::zero())});
    items.push_back({"rows_written", oddity.record->rows_written()});
    add_story(finding.evidence, *oddity.record, group.last->at);
  }
  finding.explanation = words_of(identity(oddity.client).engine).begin_inside;
  finding.likely_mistake =
      "A path between BEGIN and COMMIT returned early or threw, and the connection went back to its pool as it was; or "
      "an inner function begins a transaction of its own on its caller's connection.";
  finding.fix =
      "Begin and end in one block that ends on every path; let the pool check the transaction status (or reset) when a "
      "connection comes back; use savepoints for inner steps.";
  add_facts_lost(finding, recording);
  return finding;
}

}  // namespace

std::vector<model::Finding> dirty_return(const Look& look, const Limits&) {
  if (look.recording == nullptr) return {};
  std::vector<model::Finding> findings;
  for (const auto& [key, group] : gather(*look.recording))
    findings.push_back(dirty_return_finding(*look.recording, key, group));
  return findings;
}

}  // namespace lockkeeper::rules
