// foreign-commit: COMMIT or ROLLBACK with nothing open: somebody else has ended the transaction, or nobody began one.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "rules/catalogue.hpp"
#include "rules/engine_words.hpp"
#include "rules/story.hpp"
#include "rules/wording.hpp"

namespace lockkeeper::rules {
namespace {

struct Group {
  std::int64_t commits = 0;
  std::int64_t rollbacks = 0;
  std::set<std::uint64_t> clients;
  const model::Fact* last = nullptr;               // the last of them, a commit if there is one
  const model::TransactionOver* before = nullptr;  // what ended on the same client last before that one
};

bool foreign(const model::ClientOddity& oddity) {
  return oddity.kind == model::OddityKind::foreign_commit || oddity.kind == model::OddityKind::foreign_rollback;
}

std::map<Program, Group> gather(const model::Recording& recording) {
  std::map<Program, Group> groups;
  std::map<std::uint64_t, const model::TransactionOver*> ended;  // by client: facts come oldest first
  for (const auto& fact : recording.facts) {
    if (const auto* over = std::get_if<model::TransactionOver>(&fact.what)) {
      ended[identity(over->client).id] = over;
      continue;
    }
    const auto* oddity = std::get_if<model::ClientOddity>(&fact.what);
    if (oddity == nullptr || !foreign(*oddity)) continue;
    const auto& who = identity(oddity->client);
    Group& group = groups[program_of(who)];
    const bool commit = oddity->kind == model::OddityKind::foreign_commit;
    ++(commit ? group.commits : group.rollbacks);
    group.clients.insert(who.id);
    if (!commit && group.commits > 0) continue;
    group.last = &fact;
    const auto found = ended.find(who.id);
    group.before = found == ended.end() ? nullptr : found->second;
  }
  return groups;
}

std::string what_happened(const Group& group, model::Engine engine) {
  std::string text(words_of(engine).end_outside);
  if (group.before == nullptr) return text;
  return text + fmt::format(" The transaction before it on this connection had already been {} {} earlier.",
                            group.before->end == model::TransactionEnd::committed ? "committed" : "rolled back",
                            model::to_human(group.last->at - group.before->ended_at));
}

model::Finding foreign_commit_finding(const model::Recording& recording, const Program& program, const Group& group) {
  const auto& oddity = std::get<model::ClientOddity>(group.last->what);
  model::Finding finding;
  finding.rule = model::RuleId("foreign-commit");
  finding.id = model::make_finding_id(finding.rule, identity_of(recording, program));
  // Some pools send a ROLLBACK with every return, to be sure: harmless.
  finding.severity = group.commits > 0 ? model::Severity::warning : model::Severity::notice;
  finding.count = group.commits + group.rollbacks;
  std::string what = group.commits > 0 ? counted(group.commits, "COMMIT") : counted(group.rollbacks, "ROLLBACK");
  if (group.commits > 0 && group.rollbacks > 0) what += " and " + counted(group.rollbacks, "ROLLBACK");
  finding.title = fmt::format("{}{} of {} came with no transaction open", at_least(recording), what, owner(program));
  auto& items = finding.evidence.items;
  items = {{"commits", group.commits},
           {"rollbacks", group.rollbacks},
           {"clients", static_cast<std::int64_t>(group.clients.size())},
           {"last_at", group.last->at},
           {"client", named(identity(oddity.client))}};
  if (oddity.statement) items.push_back({"statement", oddity.statement->text});
  if (!oddity.unit.value().empty()) items.push_back({"unit_of_work", oddity.unit.value()});
  if (group.before != nullptr) {
    items.push_back({"ended_before", group.last->at - group.before->ended_at});
    items.push_back({"ended_as", std::string(to_string(group.before->end))});
    if (group.before->record) add_story(finding.evidence, *group.before->record, group.before->ended_at);
  }
  finding.explanation = what_happened(group, identity(oddity.client).engine);
  finding.likely_mistake =
      "The transaction was passed to a function that ended it, and its owner ended it again; or the statements before "
      "ran without a transaction, each committed by itself.";
  finding.fix =
      "Who begins a transaction ends it, and nobody else: pass on the connection without commit and rollback.";
  add_facts_lost(finding, recording);
  return finding;
}

}  // namespace

std::vector<model::Finding> foreign_commit(const Look& look, const Limits&) {
  if (look.recording == nullptr) return {};
  std::vector<model::Finding> findings;
  for (const auto& [program, group] : gather(*look.recording))
    findings.push_back(foreign_commit_finding(*look.recording, program, group));
  return findings;
}

}  // namespace lockkeeper::rules
