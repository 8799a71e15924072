// The pages that are read: a finding, a session's transaction, help, and the box in which a deed is agreed to.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "cli/top/picture.hpp"
#include "cli/top/screen.hpp"
#include "cli/top/state.hpp"

namespace lockkeeper::cli::top {

[[nodiscard]] std::vector<Line> help_text(const State& state, std::size_t width);
[[nodiscard]] std::vector<Line> finding_text(const State& state, const Picture& picture, std::size_t width);
[[nodiscard]] std::vector<Line> transaction_text(const State& state, const Picture& picture, std::size_t width);

/// What the box says, and its title and the keys that it knows.
[[nodiscard]] std::vector<Line> box_text(const Deed& deed, std::size_t width);
[[nodiscard]] std::string box_title(const Deed& deed);
[[nodiscard]] std::string box_keys(const Deed& deed);

}  // namespace lockkeeper::cli::top
