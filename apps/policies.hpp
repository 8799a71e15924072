// The configuration's policies and alerts, as those who act by them know them.
#pragma once

#include <vector>

#include "diagnose/policy.hpp"
#include "http/alerts.hpp"
#include "proxy/config.hpp"

namespace lockkeeper {

[[nodiscard]] std::vector<diagnose::Policy> policies_of(const proxy::Config& config);

[[nodiscard]] std::vector<http::AlertTarget> alert_targets_of(const proxy::Config& config);

/// What is wrong with them that the configuration itself cannot tell: rules that there are none of, URLs that cannot be
/// posted to. One sentence each.
[[nodiscard]] std::vector<std::string> wrong_rules_and_urls(const proxy::Config& config);

}  // namespace lockkeeper
