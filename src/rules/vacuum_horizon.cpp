// vacuum-horizon: what keeps vacuum from removing dead rows. One finding a server: its subjects are all who hold it
// back.
//
// A session holds back what is older than greatest(age(backend_xid), age(backend_xmin)): under READ COMMITTED an idle
// writer has an xid and no xmin, an idle reader under REPEATABLE READ the reverse.
#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "model/sql_text.hpp"
#include "rules/catalogue.hpp"
#include "rules/wording.hpp"

namespace lockkeeper::rules {
namespace {

struct Holdback {
  std::int64_t age = 0;
  std::string what;
  const model::Session* session = nullptr;
  std::string sql;  // for a human, where there is no session to end
};

std::vector<Holdback> holdbacks(const model::Snapshot& snapshot) {
  std::vector<Holdback> result;
  for (const auto& session : snapshot.sessions) {
    // Walsenders are listed with the standbys. What vacuum itself reads holds no other vacuum back, though the view
    // shows an xmin for it.
    if (!session.transaction || session.kind == model::SessionKind::replication ||
        session.kind == model::SessionKind::autovacuum)
      continue;
    const auto age = session.transaction->horizon_age();
    if (age) result.push_back({*age, fmt::format("session {} of {}", session.id.pid, owner(session)), &session, ""});
  }
  for (const auto& prepared : snapshot.prepared) {
    result.push_back({prepared.xid_age, fmt::format("prepared transaction '{}'", prepared.gid), nullptr,
                      fmt::format("ROLLBACK PREPARED {};", model::sql_literal(prepared.gid))});
  }
  for (const auto& hold : snapshot.replication) {
    result.push_back(
        {hold.xmin_age,
         hold.slot ? fmt::format("replication slot {} ({})", hold.name, hold.active ? "in use" : "not in use")
                   : fmt::format("standby {} (hot_standby_feedback)", hold.name),
         nullptr,
         hold.slot && !hold.active ? fmt::format("SELECT pg_drop_replication_slot({});", model::sql_literal(hold.name))
                                   : ""});
  }
  std::ranges::sort(result, {}, [](const Holdback& held) { return std::tuple(-held.age, held.what); });
  return result;
}

std::vector<std::string> describe(std::span<const Holdback> held) {
  std::vector<std::string> lines;
  for (const auto& one : held) lines.push_back(fmt::format("{}: {} transactions", one.what, grouped(one.age)));
  return lines;
}

model::Finding vacuum_horizon_finding(const Look& look, std::span<const Holdback> over, std::int64_t next_age,
                                      const Limits& limits) {
  const auto& server = look.snapshot.server;
  const std::int64_t oldest = over.front().age;
  model::Finding finding;
  finding.rule = model::RuleId("vacuum-horizon");
  finding.id = model::make_finding_id(finding.rule, {server.name});
  const bool near_wraparound =
      server.freeze_max_age > 0 &&
      static_cast<double>(oldest) >= limits.critical_horizon_share * static_cast<double>(server.freeze_max_age);
  finding.severity = near_wraparound ? model::Severity::critical : model::Severity::warning;
  finding.count = static_cast<std::int64_t>(over.size());
  finding.title = fmt::format("vacuum is held back for the last {} transactions{} {}", grouped(oldest),
                              over.size() > 1 ? ", longest by" : " by", over.front().what);
  finding.evidence.items = {{"horizon_age", oldest},
                            {"held_back_by", describe(over)},
                            {"horizon_age_without_them", next_age},
                            {"autovacuum_freeze_max_age", server.freeze_max_age}};
  finding.explanation =
      "Rows deleted or replaced since then cannot be removed from any table it might read: tables and indexes grow, "
      "and every scan reads the dead rows again.";
  if (near_wraparound)
    finding.explanation += fmt::format(
        " Beyond autovacuum_freeze_max_age = {} vacuums are forced, and in the end the server refuses to write.",
        grouped(server.freeze_max_age));
  finding.likely_mistake =
      over.front().session != nullptr
          ? "A transaction stays open far longer than its work: forgotten, or a report in REPEATABLE READ."
          : "A consumer (standby, change stream or transaction manager) went away and left its claim behind.";
  finding.fix = "End what holds it back, then let vacuum catch up: VACUUM (VERBOSE) the tables that changed most.";
  std::int64_t ended = 0;
  std::int64_t wrote = 0;
  for (const auto& one : over) {
    if (one.session != nullptr) {
      finding.subjects.push_back(*one.session);
      if (one.session->kind != model::SessionKind::client) continue;  // nobody ends the server's own processes
      ++ended;
      wrote += one.session->transaction->wrote ? 1 : 0;
    } else if (!one.sql.empty()) {
      finding.remedies.push_back(
          {model::Action::sql, one.sql, "gives up that claim for good: first make sure that nobody comes back for it"});
    }
  }
  if (ended > 0) {
    finding.remedies.insert(finding.remedies.begin(),
                            {model::Action::terminate, "",
                             fmt::format("{} ended; {}", counted(ended, "session"), lost_by_ending(ended, wrote))});
  }
  return finding;
}

}  // namespace

std::vector<model::Finding> vacuum_horizon(const Look& look, const Limits& limits) {
  const auto all = holdbacks(look.snapshot);
  const auto below = std::ranges::find_if(all, [&](const Holdback& one) { return one.age < limits.max_horizon; });
  if (below == all.begin()) return {};
  return {vacuum_horizon_finding(look, std::span(all.begin(), below), below == all.end() ? 0 : below->age, limits)};
}

}  // namespace lockkeeper::rules
