#include "diagnose/policy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace lockkeeper::diagnose {
namespace {

constexpr std::chrono::hours hour{1};

bool is_for(const Policy& policy, const View& view) {
  return policy.servers.empty() || std::ranges::find(policy.servers, view.name) != policy.servers.end();
}

bool matches_any(const std::vector<std::string>& patterns, std::string_view text) {
  return std::ranges::any_of(patterns, [&](const std::string& pattern) { return matches(pattern, text); });
}

bool is_blocking(const View& view, const model::SessionId& session) {
  return std::ranges::any_of(view.observed.judged->waits, [&](const model::Wait& wait) {
    return std::ranges::find(wait.blocked_by, model::Holder(session)) != wait.blocked_by.end();
  });
}

model::WallTime transaction_of(const model::Session& session) {
  return session.transaction ? session.transaction->started_at : model::WallTime{};
}

// A dry run takes nothing away from the policy that it becomes: neither its sessions nor its hour.
std::string full_name(const Policy& policy) { return policy.name + (policy.enabled ? "" : " (dry run)"); }

// By the names that these programs give themselves.
bool is_backup(std::string_view application) {
  constexpr std::array<std::string_view, 7> programs{"pg_dump",   "pg_dumpall",   "pg_basebackup", "pgbackrest",
                                                     "mysqldump", "mariadb-dump", "mariadb-backup"};
  return std::ranges::any_of(programs, [&](std::string_view program) { return application.starts_with(program); });
}

// Numbers in a reason change from look to look; that is no other reason.
std::string without_numbers(std::string reason) {
  std::erase_if(reason, [](char letter) { return letter >= '0' && letter <= '9'; });
  return reason;
}

// The session's own kind and state say that nothing may be done, whatever the policy wants.
std::string never(const Policy& policy, const model::Session& session) {
  if (session.kind == model::SessionKind::replication) return "it is a replication session";
  if (is_backup(session.application)) return "it is a backup";
  if (session.kind != model::SessionKind::client) return "it is a process of the server itself";
  if (session.state == model::SessionState::hidden) return "our role may not see what it does";
  if (session.superuser && !policy.include_superusers) return "its user is a superuser";
  if (policy.action == model::Action::cancel && session.state != model::SessionState::active)
    return "it runs no statement that could be cancelled";
  return {};
}

std::string excluded(const Policy& policy, const model::Session& session) {
  if (matches_any(policy.exclude_applications, session.application))
    return fmt::format("application \"{}\" is excluded", session.application);
  if (matches_any(policy.exclude_users, session.user)) return fmt::format("user \"{}\" is excluded", session.user);
  return {};
}

}  // namespace

bool matches(std::string_view pattern, std::string_view text) noexcept {
  if (pattern.ends_with('*')) return text.starts_with(pattern.substr(0, pattern.size() - 1));
  return pattern == text;
}

std::string PolicyDesk::why_not(const Policy& policy, const View& view, const model::Session& session,
                                std::chrono::steady_clock::time_point now) {
  if (std::string reason = never(policy, session); !reason.empty()) return reason;
  if (std::string reason = excluded(policy, session); !reason.empty()) return reason;
  if (policy.only_if_blocking && !is_blocking(view, session.id)) return "nobody waits for it";
  const auto rows = session.transaction ? session.transaction->rows_modified : std::nullopt;
  if (policy.action == model::Action::terminate && rows && *rows > policy.max_rollback_rows)
    return fmt::format("it has {} rows to roll back, more than {}", *rows, policy.max_rollback_rows);
  auto& done = done_[full_name(policy)];
  while (!done.empty() && now - done.front() >= hour) done.pop_front();
  if (done.size() >= policy.max_per_hour)
    return fmt::format("{} sessions were acted on within the hour, which is the limit", done.size());
  return {};
}

bool PolicyDesk::is_new(Key key) {
  const auto [place, inserted] = told_.insert(std::move(key));
  if (!inserted) return false;
  order_.push_back(*place);
  if (order_.size() > most_remembered) {
    told_.erase(order_.front());
    order_.pop_front();
  }
  return true;
}

std::vector<Decision> PolicyDesk::decide(const std::vector<Policy>& policies, const View& view,
                                         std::chrono::steady_clock::time_point now) {
  std::vector<Decision> decisions;
  // What was seen before the server went away is nothing to act on.
  if (view.diagnosis.failure || view.observed.snapshot == nullptr) return decisions;
  for (const Policy& policy : policies) {
    if (!is_for(policy, view)) continue;
    for (const model::Finding& finding : view.diagnosis.findings) {
      if (finding.rule != policy.rule) continue;
      for (const model::Session& session : finding.subjects) {
        // Times of one clock, the server's. Who is too young is not worth a word: it will be decided on later.
        const auto since = session.state_changed_at.value_or(transaction_of(session));
        if (view.observed.snapshot->taken_at - since < policy.min_age) continue;
        const Key to_act{view.name, full_name(policy), session.id, transaction_of(session), ""};
        if (told_.contains(to_act)) continue;  // It is being ended, or would not be.
        const std::string reason = why_not(policy, view, session, now);
        Key key = to_act;
        std::get<4>(key) = without_numbers(reason);
        if (!is_new(std::move(key))) continue;
        decisions.push_back({&policy, &finding, &session, reason.empty(), reason});
        if (!reason.empty()) continue;
        decisions.back().reason = finding.title;
        done_[full_name(policy)].push_back(now);
      }
    }
  }
  return decisions;
}

}  // namespace lockkeeper::diagnose
