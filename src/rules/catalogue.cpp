#include "rules/catalogue.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <tuple>

namespace lockkeeper::rules {

std::span<const CatalogueEntry> catalogue() {
  static constexpr std::array<CatalogueEntry, 7> entries{{
      {"root-blocker", root_blocker},
      {"idle-transaction", idle_transaction},
      {"aborted-transaction", aborted_transaction},
      {"long-transaction", long_transaction},
      {"orphan-prepared", orphan_prepared},
      {"vacuum-horizon", vacuum_horizon},
      {"connection-budget", connection_budget},
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
