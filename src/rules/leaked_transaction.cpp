// leaked-transaction: these will not come back. Says so only where the statistic of gap_test.hpp does.
#include <fmt/format.h>

#include <iterator>

#include "rules/catalogue.hpp"
#include "rules/engine_words.hpp"
#include "rules/gap_findings.hpp"
#include "rules/idle_facts.hpp"
#include "rules/wording.hpp"

namespace lockkeeper::rules {
namespace {

model::Severity severity(const Look& look, const GapGroup& group, const IdleFacts& facts, const Limits& limits) {
  model::Duration waited{};
  for (const auto* session : group.idle.sessions) waited = std::max(waited, look.blocking.longest_wait(session->id));
  // Who waits behind one of these waits for ever.
  if (waited >= limits.critical_wait) return model::Severity::critical;
  return idle_severity(look, facts, limits);
}

std::string explain(const GapGroup& group, const IdleFacts& facts) {
  const auto& shape = group.shape;
  return fmt::format(
      "After this statement the program usually goes on: {}. {} silent for {}, and from {} on hardly any gap "
      "here ends: if all came back some time, as much would be seen once in {} such programs. {} connection and {} "
      "locks "
      "until somebody ends {}.",
      usual_gap(shape), facts.count == 1 ? "This one has been" : fmt::format("These {} have been", facts.count),
      facts.count == 1
          ? model::to_human(facts.oldest_idle)
          : fmt::format("{} to {}", model::to_human(facts.newest_idle), model::to_human(facts.oldest_idle)),
      model::to_human(*shape.named_from), grouped(one_in(*shape.p_immortal)),
      facts.count == 1 ? "It keeps its" : "Each keeps its", "its", facts.count == 1 ? "it" : "them");
}

model::Finding leaked_transaction_finding(const Look& look, const GapGroup& group, const Limits& limits) {
  const model::Session& first = *group.idle.sessions.front();
  const IdleFacts facts = gather_idle(look, group.idle, limits);
  model::Finding finding = gap_finding(look, group, "leaked-transaction");
  finding.severity = severity(look, group, facts, limits);
  finding.confidence = model::Confidence::certain;
  finding.title =
      fmt::format("{} of {} will not come back{} idle for {}", counted(facts.count, "transaction"), owner(first),
                  facts.count == 1 ? ":" : ", the oldest is", model::to_human(facts.oldest_idle));
  auto more = idle_evidence(look, group.idle, facts);
  std::ranges::move(more.items, std::back_inserter(finding.evidence.items));
  finding.evidence.statements = std::move(more.statements);
  finding.explanation = explain(group, facts) + idle_costs(facts) + tell_idle(look, facts);
  finding.likely_mistake = likely_mistake_after(first);
  finding.fix =
      "End these, and mend the path of the program that forgets them: begin and end a transaction in one block that "
      "ends "
      "it on every path (a context manager, RAII, transact())." +
      idle_net(look.snapshot.server.engine(), first);
  add_idle_remedies(finding, look, facts);
  return finding;
}

}  // namespace

std::vector<model::Finding> leaked_transaction(const Look& look, const Limits& limits) {
  std::vector<model::Finding> findings;
  for (const auto& group : gap_groups(look, model::GapVerdict::leaked))
    findings.push_back(leaked_transaction_finding(look, group, limits));
  return findings;
}

}  // namespace lockkeeper::rules
