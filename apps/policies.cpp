#include "policies.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "proxy/config_values.hpp"
#include "rules/catalogue.hpp"

namespace lockkeeper {

std::vector<diagnose::Policy> policies_of(const proxy::Config& config) {
  std::vector<diagnose::Policy> policies;
  for (const auto& [name, policy] : config.policies) {
    policies.push_back(
        {.name = name,
         .enabled = policy.enabled,
         .rule = model::RuleId(policy.rule),
         .servers = policy.servers,
         .action = policy.action == proxy::PolicyAction::cancel ? model::Action::cancel : model::Action::terminate,
         .min_age = policy.min_age,
         .only_if_blocking = policy.only_if_blocking,
         .max_rollback_rows = policy.max_rollback_rows,
         .max_per_hour = policy.max_per_hour,
         .exclude_applications = policy.exclude_applications,
         .exclude_users = policy.exclude_users,
         .include_superusers = policy.include_superusers});
  }
  return policies;
}

std::vector<http::AlertTarget> alert_targets_of(const proxy::Config& config) {
  std::vector<http::AlertTarget> targets;
  for (const auto& [name, alert] : config.alerts) {
    auto url = http::parse_post_url(alert.url);
    if (!url) continue;  // It was told when the configuration was read.
    targets.push_back({.name = name,
                       .url = *std::move(url),
                       .token = std::string(alert.token.view()),
                       .min_severity = static_cast<model::Severity>(alert.min_severity),
                       .servers = alert.servers});
  }
  return targets;
}

std::vector<std::string> wrong_rules_and_urls(const proxy::Config& config) {
  std::vector<std::string_view> known;
  for (const rules::CatalogueEntry& entry : rules::catalogue()) known.push_back(entry.id);
  std::vector<std::string> wrong;
  for (const auto& [name, policy] : config.policies) {
    if (std::ranges::find(known, policy.rule) != known.end()) continue;
    const auto near = proxy::nearest_word(policy.rule, known);
    wrong.push_back(
        fmt::format("[policies.{}]: there is no rule \"{}\"{}", name, policy.rule,
                    near.empty() ? "; docs/rules lists them" : fmt::format("; did you mean \"{}\"?", near)));
  }
  for (const auto& [name, alert] : config.alerts) {
    if (const auto url = http::parse_post_url(alert.url); !url)
      wrong.push_back(fmt::format("[alerts.{}]: url: {}", name, url.error()));
  }
  return wrong;
}

}  // namespace lockkeeper
