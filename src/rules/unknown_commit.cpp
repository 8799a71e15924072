// unknown-commit: the connection died between COMMIT and its reply. Whether the work is there, only the data can tell.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "rules/catalogue.hpp"
#include "rules/story.hpp"
#include "rules/wording.hpp"

namespace lockkeeper::rules {
namespace {

using Group = std::vector<const model::TransactionOver*>;

std::int64_t written(const model::TransactionOver& over) { return over.record ? over.record->rows_written() : 0; }

model::Finding unknown_commit_finding(const model::Recording& recording, const Program& program, const Group& group) {
  // The one with most to lose is shown.
  const auto* shown = *std::ranges::max_element(group, {}, [](const auto* over) { return written(*over); });
  std::int64_t rows = 0;
  std::vector<std::string> clients;
  for (const auto* over : group) {
    rows += written(*over);
    clients.push_back(fmt::format("{}, at {}, {} written", named(identity(over->client)),
                                  model::to_rfc3339(over->ended_at), counted(written(*over), "row")));
  }
  model::Finding finding;
  finding.rule = model::RuleId("unknown-commit");
  finding.id = model::make_finding_id(finding.rule, identity_of(recording, program));
  // One that wrote nothing can be run again, whatever became of it.
  finding.severity = rows > 0 ? model::Severity::critical : model::Severity::notice;
  finding.count = static_cast<std::int64_t>(group.size());
  finding.title = fmt::format("whether {}{} of {} committed is not known", at_least(recording),
                              counted(finding.count, "transaction"), owner(program));
  finding.evidence.items = {{"rows_written", rows}, {"last_at", group.back()->ended_at}, {"clients", clients}};
  if (shown->record) add_story(finding.evidence, *shown->record, shown->ended_at);
  finding.explanation =
      "The connection to the server broke after COMMIT was sent and before its answer came. The server may have "
      "committed or rolled back; the client was told of an error that says neither.";
  finding.likely_mistake =
      "None in the program, unless it takes the error for a rollback and runs the work again: then it may be done "
      "twice.";
  finding.fix =
      "Look for the rows (by a key that the client made, or pg_xact_status of a noted transaction id) before doing it "
      "again; make such work repeatable with an idempotency key.";
  add_facts_lost(finding, recording);
  return finding;
}

}  // namespace

std::vector<model::Finding> unknown_commit(const Look& look, const Limits&) {
  if (look.recording == nullptr) return {};
  std::map<Program, Group> groups;
  for (const auto& fact : look.recording->facts) {
    const auto* over = std::get_if<model::TransactionOver>(&fact.what);
    if (over != nullptr && over->end == model::TransactionEnd::unknown)
      groups[program_of(identity(over->client))].push_back(over);
  }
  std::vector<model::Finding> findings;
  for (const auto& [program, group] : groups)
    findings.push_back(unknown_commit_finding(*look.recording, program, group));
  return findings;
}

}  // namespace lockkeeper::rules
