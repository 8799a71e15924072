#include "rules/catalogue.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <tuple>

namespace lockkeeper::rules {

std::span<const CatalogueEntry> catalogue() {
  static constexpr std::array<CatalogueEntry, 20> entries{{
      {"root-blocker", root_blocker},
      {"idle-transaction", idle_transaction},
      {"leaked-transaction", leaked_transaction},
      {"slow-holder", slow_holder},
      {"aborted-transaction", aborted_transaction},
      {"long-transaction", long_transaction},
      {"orphan-prepared", orphan_prepared},
      {"vacuum-horizon", vacuum_horizon},
      {"connection-budget", connection_budget},
      {"work-in-transaction", work_in_transaction},
      {"stuck-loop", stuck_loop},
      {"unfinished-cursor", unfinished_cursor},
      {"foreign-commit", foreign_commit},
      {"dirty-return", dirty_return},
      {"abandoned-at-disconnect", abandoned_at_disconnect},
      {"held-outside-transaction", held_outside_transaction},
      {"pool-exhausted", pool_exhausted},
      {"nested-connection", nested_connection},
      {"pool-deadlock", pool_deadlock},
      {"unknown-commit", unknown_commit},
  }};
  return entries;
}

std::vector<model::Finding> judge(const Look& look, const Limits& limits) {
  std::vector<model::Finding> findings;
  for (const auto& entry : catalogue()) {
    auto found = entry.rule(look, limits);
    std::ranges::move(found, std::back_inserter(findings));
  }
  for (auto& finding : findings) finding.first_seen = finding.last_seen = look.snapshot.taken_at;
  std::ranges::sort(findings, [](const model::Finding& left, const model::Finding& right) {
    return std::tuple(right.severity, right.count, left.id) < std::tuple(left.severity, left.count, right.id);
  });
  return findings;
}

}  // namespace lockkeeper::rules
