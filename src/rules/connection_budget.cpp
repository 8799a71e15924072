// connection-budget: who uses the server's connection slots, once few are left.
//
// max_connections counts clients only: since PostgreSQL 12 walsenders, autovacuum and background workers have slots of
// their own. superuser_reserved_connections and (16+) reserved_connections of them are kept back.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "rules/catalogue.hpp"
#include "rules/engine_words.hpp"
#include "rules/wording.hpp"

namespace lockkeeper::rules {
namespace {

struct Usage {
  std::string name;
  std::int64_t all = 0;
  std::int64_t active = 0;
  std::int64_t idle = 0;
  std::int64_t idle_in_transaction = 0;
};

std::vector<Usage> usage_by_application(const model::Snapshot& snapshot) {
  std::map<std::string, Usage> usage;
  for (const auto& session : snapshot.sessions) {
    if (session.kind != model::SessionKind::client) continue;
    const std::string name = session.application.empty()
                                 ? fmt::format("(user {})", session.user)
                                 : fmt::format("{} (user {})", session.application, session.user);
    Usage& entry = usage[name];
    entry.name = name;
    ++entry.all;
    entry.active += session.state == model::SessionState::active ? 1 : 0;
    entry.idle += session.state == model::SessionState::idle ? 1 : 0;
    entry.idle_in_transaction += session.idle_in_transaction() ? 1 : 0;
  }
  std::vector<Usage> result;
  for (auto& [name, entry] : usage) result.push_back(std::move(entry));
  std::ranges::sort(result, {}, [](const Usage& entry) { return std::tuple(-entry.all, entry.name); });
  return result;
}

std::vector<std::string> describe(const std::vector<Usage>& usage) {
  std::vector<std::string> lines;
  for (const auto& entry : usage) {
    lines.push_back(fmt::format("{}: {} ({} active, {} idle, {} idle in transaction)", entry.name, entry.all,
                                entry.active, entry.idle, entry.idle_in_transaction));
  }
  return lines;
}

}  // namespace

std::vector<model::Finding> connection_budget(const Look& look, const Limits& limits) {
  const auto& server = look.snapshot.server;
  const auto usage = usage_by_application(look.snapshot);
  const std::int64_t used = look.snapshot.clients();
  std::int64_t idle = 0;
  for (const auto& entry : usage) idle += entry.idle;
  const std::int64_t usable = server.usable_connections();
  if (usable <= 0 || static_cast<double>(used) < limits.budget_warning_share * static_cast<double>(usable)) return {};
  model::Finding finding;
  finding.rule = model::RuleId("connection-budget");
  finding.id = model::make_finding_id(finding.rule, {server.name});
  const bool full = static_cast<double>(used) >= limits.budget_critical_share * static_cast<double>(usable);
  finding.severity = full ? model::Severity::critical : model::Severity::warning;
  finding.count = used;
  finding.title = fmt::format("{} of {} connections are taken", used, usable);
  if (look.snapshot.unlisted_clients == 0) finding.title += fmt::format(", most by {}", usage.front().name);
  finding.evidence.items = {{"used", used},
                            {"usable", usable},
                            {"max_connections", server.max_connections},
                            {"reserved_for_superusers", server.reserved_for_superusers},
                            {"reserved_for_roles", server.reserved_for_roles},
                            {"idle", idle},
                            {"by_application", describe(usage)}};
  const std::string kept_back =
      server.usable_connections() == server.max_connections
          ? fmt::format("max_connections is {}.", server.max_connections)
          : fmt::format("Of max_connections = {}, {} are kept back for superusers and {} for reserved roles.",
                        server.max_connections, server.reserved_for_superusers, server.reserved_for_roles);
  finding.explanation = fmt::format("{} When {} taken, clients are refused with {}.", kept_back,
                                    server.usable_connections() == server.max_connections ? "all are" : "the rest is",
                                    words_of(server.engine()).refused);
  finding.likely_mistake =
      idle * 2 > used
          ? "The pools together are larger than the server: most of these connections do nothing."
          : "Connections are held longer than their work takes, or more work arrives than the server can do.";
  finding.fix =
      "Add up the pool sizes of all instances and keep the sum below what is usable; let pools shrink (minimum idle), "
      "or put a pooler in transaction mode in front.";
  return {finding};
}

}  // namespace lockkeeper::rules
