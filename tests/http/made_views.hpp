// Views of a shop's server as a conductor would publish them, made of model values: no server is needed.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "diagnose/board.hpp"

namespace lockkeeper::test {

/// How the shop is doing.
struct Shop {
  std::string name = "main";
  std::int64_t leaked = 3;  ///< Checkouts that left their transaction open: from three on, they are found.
  bool blocked = true;  ///< A publisher sleeps in its transaction, and three wait behind it; so does a prepared one.
  bool recorder = true;
  std::int64_t looks = 1;
  model::WallTime now = model::WallTime(std::chrono::seconds(1'795'800'000));
};

[[nodiscard]] std::shared_ptr<const diagnose::View> view_of(const Shop& shop);

/// What a kill of all leaked checkouts would say or says; `freed`: who can go on.
[[nodiscard]] model::ActionReport kill_report(const Shop& shop, const diagnose::ActionRequest& request);

}  // namespace lockkeeper::test
