// What a reload changes, and what it cannot.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "proxy/config.hpp"
#include "proxy/config_error.hpp"

namespace lockkeeper::proxy {

struct ReloadPlan {
  std::vector<std::string> applied;  ///< "proxy.pool_size", "databases.shop.host", "databases.new" (added or gone).
  /// Changed in the file, and still as before in this process; "mysql.shop" (added or gone) too.
  std::vector<std::string> needs_restart;

  [[nodiscard]] bool empty() const noexcept { return applied.empty() && needs_restart.empty(); }
};

[[nodiscard]] ReloadPlan reload_plan(const Config& before, const Config& after);

/// The configuration to go on with: `after`, with what needs a restart as `before` has it. Errors where the two do not
/// fit together: "trust" for a loopback address that is not listened on yet, for example. Then nothing changes.
[[nodiscard]] std::expected<Config, ConfigErrors> reloaded(const Config& before, Config after);

}  // namespace lockkeeper::proxy
