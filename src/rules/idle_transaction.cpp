// idle-transaction and aborted-transaction: a transaction is open and its client is silent. One finding a group.
#include <fmt/format.h>

#include "rules/catalogue.hpp"
#include "rules/engine_words.hpp"
#include "rules/gap_book.hpp"
#include "rules/idle_facts.hpp"
#include "rules/logged_pool.hpp"
#include "rules/wording.hpp"

namespace lockkeeper::rules {
namespace {

std::string explain_idle(const IdleFacts& facts) {
  std::string text = "Each has an open transaction and runs nothing: the server waits for the client's next statement.";
  if (facts.count == 1)
    text = "It has an open transaction and runs nothing: the server waits for the client's next statement.";
  text += idle_costs(facts);
  if (facts.growth && *facts.growth >= least_growth_told)
    text += fmt::format(" Their number grows by {:.1f} a minute.", *facts.growth);
  if (facts.exhausted_in) {
    text += *facts.exhausted_in > model::Duration::zero()
                ? fmt::format(" At that rate no connection is left in {}.", model::to_human(*facts.exhausted_in))
                : std::string(" No connection is left for an ordinary role.");
  }
  return text;
}

std::string explain_aborted(const IdleFacts& facts) {
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

// Where the application's pool warned of a leak, it says where the connection was taken.
void add_logged_leaks(model::Finding& finding, const Look& look, const IdleGroup& group) {
  if (look.app_log == nullptr || group.key.application.empty()) return;
  add_leaks(finding.evidence, open_leaks(*look.app_log, group.key.application));
}

// This rule goes by a fixed limit. What a program's own habit says about it, or that it is not known yet, stands
// beside.
void add_learnt(model::Finding& finding, const Look& look, const IdleGroup& group) {
  if (look.gaps == nullptr || group.key.aborted) return;
  const auto shape = look.gaps->shape_of(group.sessions.front()->id, look.snapshot.taken_at);
  if (!shape) return;
  auto& items = finding.evidence.items;
  items.push_back({"baseline_gaps", shape->baseline});
  if (shape->verdict == model::GapVerdict::learning) {
    items.push_back({"baseline_gaps_needed", shape->needed});
    finding.explanation +=
        fmt::format(" What is usual here is not known yet ({} of {} gaps that ended): this goes by the limit alone.",
                    shape->baseline, shape->needed);
    return;
  }
  if (shape->p90) items.push_back({"usual_p90", *shape->p90});
  items.push_back({"learnt", std::string(to_string(shape->verdict))});
  if (shape->verdict == model::GapVerdict::leaked)
    finding.explanation += " leaked-transaction says which will not come back.";
  if (shape->verdict == model::GapVerdict::slow) finding.explanation += " slow-holder says how much later than usual.";
}

model::Finding idle_transaction_finding(const Look& look, const IdleGroup& group, const Limits& limits) {
  const model::Session& first = *group.sessions.front();
  const IdleFacts facts = gather_idle(look, group, limits);
  model::Finding finding;
  finding.rule = model::RuleId(group.key.aborted ? "aborted-transaction" : "idle-transaction");
  finding.id = model::make_finding_id(finding.rule, {look.snapshot.server.name, group.key.application, group.key.user,
                                                     group.key.database, std::to_string(group.key.statement)});
  finding.severity = idle_severity(look, facts, limits);
  finding.confidence = model::Confidence::certain;
  finding.count = facts.count;
  for (const model::Session* session : group.sessions) finding.subjects.push_back(*session);
  const std::string idle = facts.count == 1 ? fmt::format(" for {}", model::to_human(facts.oldest_idle))
                                            : fmt::format(", the oldest for {}", model::to_human(facts.oldest_idle));
  const std::string transactions =
      group.key.aborted ? counted(facts.count, "failed transaction") : counted(facts.count, "transaction");
  finding.title = fmt::format("{} of {} {} idle{}", transactions, owner(first), facts.count == 1 ? "is" : "are", idle);
  finding.evidence = idle_evidence(look, group, facts);
  finding.explanation = (group.key.aborted ? explain_aborted(facts) : explain_idle(facts)) + tell_idle(look, facts);
  add_learnt(finding, look, group);
  add_logged_leaks(finding, look, group);
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
  add_idle_remedies(finding, look, facts);
  return finding;
}

std::vector<model::Finding> judge_groups(const Look& look, const Limits& limits, bool aborted) {
  std::vector<model::Finding> findings;
  for (const auto& group : group_idle(look.snapshot, limits.min_idle)) {
    if (group.key.aborted == aborted) findings.push_back(idle_transaction_finding(look, group, limits));
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
