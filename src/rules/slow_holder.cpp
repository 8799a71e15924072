// slow-holder: these come back, later than they used to. Or it is not known yet that they do not.
#include <fmt/format.h>

#include <iterator>

#include "rules/catalogue.hpp"
#include "rules/gap_findings.hpp"
#include "rules/idle_facts.hpp"
#include "rules/wording.hpp"

namespace lockkeeper::rules {
namespace {

// From this on it is the program that is slower, not a few of its transactions.
constexpr double least_shift = 2;

bool slower(const GapGroup& group) { return group.shape.shift.value_or(1) >= least_shift; }

std::string explain(const GapGroup& group) {
  std::string text = fmt::format("After this statement the program used to go on: {}. ", usual_gap(group.shape));
  if (slower(group))
    return text + fmt::format(
                      "Now the usual gap is {:.1f} times as long, in which the transaction keeps its connection and "
                      "its locks.",
                      *group.shape.shift);
  return text +
         "Most still do, but more than used to stay silent for longer. Whether those come back is not known yet: once "
         "it "
         "is certain that they do not, leaked-transaction says so.";
}

model::Finding slow_holder_finding(const Look& look, const GapGroup& group, const Limits& limits) {
  const model::Session& first = *group.idle.sessions.front();
  const IdleFacts facts = gather_idle(look, group.idle, limits);
  model::Finding finding = gap_finding(look, group, "slow-holder");
  finding.severity = facts.blocked.empty() ? model::Severity::notice : model::Severity::warning;
  finding.confidence = slower(group) ? model::Confidence::certain : model::Confidence::likely;
  finding.title = fmt::format("{} of {} {} silent for longer than such ones used to be, the oldest for {}",
                              counted(facts.count, "transaction"), owner(first), facts.count == 1 ? "is" : "are",
                              model::to_human(facts.oldest_idle));
  auto more = idle_evidence(look, group.idle, facts);
  std::ranges::move(more.items, std::back_inserter(finding.evidence.items));
  finding.evidence.statements = std::move(more.statements);
  finding.explanation = explain(group) + idle_costs(facts) + tell_idle(look, facts);
  finding.likely_mistake =
      "What the program does between this statement and its next one takes longer than it did: a call to another "
      "service, "
      "a queue, a lock of its own, or a machine that is overloaded.";
  finding.fix =
      "Find out what it waits for, and since when (a release, a service that is slow); then do that work before BEGIN "
      "or "
      "after COMMIT, with a time limit of its own.";
  // They come back by themselves: ending them loses work, and helps only who waits for them.
  finding.only_while_blocking = !facts.blocked.empty();
  if (finding.only_while_blocking) add_idle_remedies(finding, look, facts);
  return finding;
}

}  // namespace

std::vector<model::Finding> slow_holder(const Look& look, const Limits& limits) {
  std::vector<model::Finding> findings;
  for (const auto& group : gap_groups(look, model::GapVerdict::slow))
    findings.push_back(slow_holder_finding(look, group, limits));
  return findings;
}

}  // namespace lockkeeper::rules
