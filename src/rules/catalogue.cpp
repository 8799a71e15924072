#include "rules/catalogue.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <tuple>

namespace lockkeeper::rules {

std::span<const CatalogueEntry> catalogue() {
  static constexpr std::array<CatalogueEntry, 7> entries{{
      {"root-blocker", "who is at the root of the wait tree, and who is behind it", root_blocker},
      {"idle-transaction", "open transactions, idle beyond a limit", idle_transaction},
      {"aborted-transaction", "failed and never rolled back", aborted_transaction},
      {"long-transaction", "open beyond a limit though never idle for long", long_transaction},
      {"orphan-prepared", "prepared transactions that nobody finishes", orphan_prepared},
      {"vacuum-horizon", "what keeps vacuum from cleaning up", vacuum_horizon},
      {"connection-budget", "who uses the server's connection slots", connection_budget},
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
