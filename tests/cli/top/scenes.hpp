// Views and pictures to look at, made of tests/rules' scenes.
#pragma once

#include <string>

#include "cli/top/layout.hpp"
#include "cli/top/picture.hpp"
#include "cli/top/state.hpp"
#include "rules/snapshots.hpp"

namespace lockkeeper::cli::top {

/// What one look at the scene gives, all rules asked.
[[nodiscard]] Picture picture_of(const test::Scene& scene);

/// Before the first look, and after one that failed. `seen`: what an earlier one saw.
[[nodiscard]] Picture nothing_seen();
[[nodiscard]] Picture failed(const test::Scene* seen = nullptr);

/// A publisher that sleeps in its transaction with three behind it, a leak, somebody at work, and idle ones.
[[nodiscard]] test::Scene busy_shop();

/// The screen's text, as it is right after the look.
[[nodiscard]] std::string screen(const State& state, const Picture& picture, Size size = {80, 24});

/// Keys pressed one after another; letters, or names: "<down>", "<enter>", "<esc>", "<tab>".
[[nodiscard]] Turn press_all(State state, const Picture& picture, const std::vector<std::string>& keys,
                             Size size = {80, 24});

}  // namespace lockkeeper::cli::top
