#include "rules/gap_findings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "rules/gap_book.hpp"
#include "rules/wording.hpp"

namespace lockkeeper::rules {

std::vector<GapGroup> gap_groups(const Look& look, model::GapVerdict verdict) {
  std::vector<GapGroup> groups;
  if (look.gaps == nullptr) return groups;
  for (auto& shape : look.gaps->summaries(look.snapshot.taken_at, verdict)) {
    GapGroup group;
    for (const auto& open : shape.open) {
      const model::Session* session = open.named ? look.snapshot.find(open.session) : nullptr;
      // A look of another kind may show it gone on.
      if (session != nullptr && session->state == model::SessionState::idle_in_transaction)
        group.idle.sessions.push_back(session);
    }
    if (group.idle.sessions.empty()) continue;
    std::ranges::sort(group.idle.sessions, {},
                      [](const auto* session) { return std::tuple(session->state_changed_at, session->id); });
    group.idle.key = {shape.key.application, shape.key.user, shape.key.database, shape.key.statement, false};
    group.shape = std::move(shape);
    groups.push_back(std::move(group));
  }
  return groups;
}

model::Finding gap_finding(const Look& look, const GapGroup& group, std::string_view rule) {
  const auto& shape = group.shape;
  model::Finding finding;
  finding.rule = model::RuleId(std::string(rule));
  finding.id = model::make_finding_id(
      finding.rule, {look.snapshot.server.name, shape.key.application, shape.key.user, shape.key.database,
                     std::to_string(shape.key.statement), std::to_string(shape.key.sequence)});
  finding.count = static_cast<std::int64_t>(group.idle.sessions.size());
  for (const model::Session* session : group.idle.sessions) finding.subjects.push_back(*session);
  auto& items = finding.evidence.items;
  items.push_back({"baseline_gaps", shape.baseline});
  if (shape.median) items.push_back({"usual_median", *shape.median});
  if (shape.p90) items.push_back({"usual_p90", *shape.p90});
  if (shape.longest) items.push_back({"usual_longest", *shape.longest});
  if (shape.named_from) items.push_back({"named_from", *shape.named_from});
  items.push_back({"open_gaps", static_cast<std::int64_t>(shape.open.size())});
  items.push_back({"as_before_one_in", one_in(shape.p_slow.value_or(1))});
  items.push_back({"comes_back_one_in", one_in(shape.p_immortal.value_or(1))});
  items.push_back({"shift", shape.shift.value_or(1)});
  items.push_back({"since", shape.verdict_since});
  return finding;
}

std::string usual_gap(const model::ShapeSummary& shape) {
  return fmt::format("9 in 10 of {} gaps ended within {}, the longest took {}", grouped(shape.baseline),
                     model::to_human(shape.p90.value_or(model::Duration::zero())),
                     model::to_human(shape.longest.value_or(model::Duration::zero())));
}

std::int64_t one_in(double p) {
  constexpr double most = 1e9;
  return p * most <= 1 ? static_cast<std::int64_t>(most) : static_cast<std::int64_t>(1 / std::min(p, 1.0));
}

}  // namespace lockkeeper::rules
