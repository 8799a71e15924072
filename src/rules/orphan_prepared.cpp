// orphan-prepared: prepared transactions that nobody finishes. They have no session, so nothing can be terminated:
// a human decides between COMMIT PREPARED and ROLLBACK PREPARED. One finding an owner and database.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "rules/catalogue.hpp"
#include "rules/engine_words.hpp"
#include "rules/wording.hpp"

namespace lockkeeper::rules {
namespace {

using Group = std::vector<const model::PreparedTransaction*>;

// A finding is read by a person: so many are named, the rest is counted.
constexpr std::size_t most_named = 10;

model::Finding orphan_prepared_finding(const Look& look, const Group& group) {
  const auto& oldest = *group.front();
  const auto count = static_cast<std::int64_t>(group.size());
  const model::Duration age = look.snapshot.taken_at - oldest.prepared_at;
  model::Finding finding;
  finding.rule = model::RuleId("orphan-prepared");
  finding.id = model::make_finding_id(finding.rule, {look.snapshot.server.name, oldest.owner, oldest.database});
  finding.count = count;
  std::vector<std::string> gids;
  std::vector<model::HeldLock> locks;
  std::vector<model::SessionId> behind;
  std::int64_t horizon_age = 0;
  for (const auto* prepared : group) {
    horizon_age = std::max(horizon_age, prepared->xid_age);
    gids.push_back(prepared->gid);
    locks.insert(locks.end(), prepared->locks.begin(), prepared->locks.end());
    for (const auto& session : look.blocking.behind(prepared->gid)) behind.push_back(session);
  }
  std::ranges::sort(behind);
  const auto repeats = std::ranges::unique(behind);
  behind.erase(repeats.begin(), repeats.end());
  finding.severity = behind.empty() ? model::Severity::warning : model::Severity::critical;
  // MySQL and MariaDB tell neither.
  const std::string whose =
      oldest.owner.empty() ? "" : fmt::format(" of user {} in database {}", oldest.owner, oldest.database);
  finding.title =
      fmt::format("{}{} {} unfinished{} {}", counted(count, "prepared transaction"), whose, count == 1 ? "is" : "are",
                  count == 1 ? " for" : ", the oldest for", model::to_human(age));
  finding.evidence.items = {{"gids", gids},
                            {"oldest_prepared", age},
                            {"locks", held_locks(std::span<const model::HeldLock>(locks))},
                            {"horizon_age", horizon_age},
                            {"blocks", static_cast<std::int64_t>(behind.size())},
                            {"blocked", pids(behind)}};
  const EngineWords& words = words_of(look.snapshot.server.engine());
  finding.explanation = words.orphan_explanation;
  finding.likely_mistake =
      "The transaction manager that prepared it crashed, lost its log, or was replaced without recovery.";
  finding.fix = words.orphan_fix;
  for (std::size_t index = 0; index < std::min(gids.size(), most_named); ++index) {
    finding.remedies.push_back(
        {model::Action::sql, roll_back_prepared(look.snapshot, gids[index]),
         fmt::format("its work is lost; wrong if its manager recorded a commit (then {})", words.prepared_committed)});
  }
  return finding;
}

}  // namespace

std::vector<model::Finding> orphan_prepared(const Look& look, const Limits& limits) {
  std::map<std::pair<std::string, std::string>, Group> groups;
  for (const auto& prepared : look.snapshot.prepared) {
    if (look.snapshot.taken_at - prepared.prepared_at < limits.max_prepared_age) continue;
    groups[{prepared.owner, prepared.database}].push_back(&prepared);
  }
  std::vector<model::Finding> findings;
  for (auto& [key, group] : groups) {
    std::ranges::sort(group, {}, [](const auto* prepared) { return std::tuple(prepared->prepared_at, prepared->gid); });
    findings.push_back(orphan_prepared_finding(look, group));
  }
  return findings;
}

}  // namespace lockkeeper::rules
