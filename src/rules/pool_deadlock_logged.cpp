// pool-deadlock by an application's log: requests that failed for want of a connection had begun to wait at the moments
// at which the pool's own connections fell silent, all of them. So who held and who waited were the same units of work.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "rules/logged_pool.hpp"
#include "rules/wording.hpp"

namespace lockkeeper::rules {
namespace {

constexpr std::size_t most_named = 12;

std::vector<std::string> describe(const WaitRound& round) {
  std::vector<std::string> lines;
  for (const SilentTime* each : round.holders) {
    if (lines.size() == most_named) break;
    lines.push_back(fmt::format("session {}: silent since {}{}{}", each->session.pid, model::to_rfc3339(each->since),
                                each->statement.empty() ? "" : ", after ", each->statement));
  }
  for (const FailedRequest& request : round.failed) {
    if (lines.size() == 2 * most_named) break;
    lines.push_back(fmt::format("request: asked at {}, failed at {}", model::to_rfc3339(*request.asked_at),
                                model::to_rfc3339(request.at)));
  }
  return lines;
}

std::string explain(const WaitRound& round) {
  const auto held = std::ssize(round.holders);
  return fmt::format(
      "{} open a transaction, and fell silent at the moments at which the requests that failed had begun to wait; as "
      "the requests failed, {} let go. So each request waited for a connection while its own unit of work held one, "
      "and "
      "with all {} of the pool held like that, none could come free. The server sees no deadlock in that: it ends when "
      "waits fail, {} after they began, and comes again.",
      held == 1 ? "The pool's one connection had" : fmt::format("All {} connections of the pool had", held),
      held == 1 ? "it" : "they", round.size, model::to_human(*round.failed.back().told->waited));
}

model::Finding pool_deadlock_logged_finding(const LoggedPool& pool, const WaitRound& round, const Look& look) {
  model::Finding finding;
  finding.rule = model::RuleId("pool-deadlock");
  finding.id = model::make_finding_id(finding.rule, pool.identity(look));
  finding.severity = model::Severity::critical;
  finding.confidence = pool.ownership == Ownership::known ? model::Confidence::certain : model::Confidence::likely;
  finding.count = std::ssize(round.holders);
  const auto& waited = *round.failed.back().told->waited;
  finding.title = fmt::format("{} of {} waited for one another through it for {}, until {} failed",
                              counted(finding.count, "unit of work", "units of work"), pool.name(),
                              model::to_human(waited), counted(std::ssize(round.failed), "request"));
  std::set<std::string> statements;
  for (const SilentTime* each : round.holders) {
    if (!each->statement.empty() && statements.size() < most_named) statements.insert(each->statement);
  }
  finding.evidence.items = {{"log_line", pool.last->line},
                            {"log_file", fmt::format("{}:{}", pool.last->file, pool.last->line_number)},
                            {"pool_size", round.size},
                            {"held", finding.count},
                            {"failed", std::ssize(round.failed)},
                            {"waited", waited},
                            {"began_at", round.began},
                            {"last_failed_at", round.failed.back().at},
                            {"ring", describe(round)},
                            {"last_statements", std::vector<std::string>(statements.begin(), statements.end())}};
  add_leaks(finding.evidence, pool.leaks);
  finding.explanation = explain(round);
  finding.likely_mistake =
      "Code asks for a second connection while it holds one (REQUIRES_NEW, a key generator, a lookup on its own "
      "connection), and as many do so at once as the pool has connections.";
  finding.fix =
      "Pass the transaction's connection on instead of asking for another. Until then the pool needs, for n units at "
      "once with k connections each, n * (k - 1) + 1 connections.";
  return finding;
}

}  // namespace

std::vector<model::Finding> logged_pool_deadlock(const Look& look, const Limits& limits) {
  std::vector<model::Finding> findings;
  for (const LoggedPool& pool : logged_pools(look, limits)) {
    const auto rounds = wait_rounds(pool, look, limits);
    const auto found = std::ranges::find_if(rounds, &WaitRound::is_deadlock);
    if (found != rounds.end()) findings.push_back(pool_deadlock_logged_finding(pool, *found, look));
  }
  return findings;
}

}  // namespace lockkeeper::rules
