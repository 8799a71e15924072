// What the screen looks like: state and picture in, lines out. Pure.
#pragma once

#include <cstddef>

#include "cli/top/picture.hpp"
#include "cli/top/screen.hpp"
#include "cli/top/state.hpp"
#include "model/time.hpp"

namespace lockkeeper::cli::top {

/// What the layout has to know beside what was seen.
struct Frame {
  Size size;
  model::WallTime now;  ///< Our clock: how old the look is.
};

/// A smaller terminal is asked to grow.
inline constexpr Size least_size{48, 12};

[[nodiscard]] Screen layout(const State& state, const Picture& picture, const Frame& frame);

/// How many rows of the list are shown: how far a page goes.
[[nodiscard]] std::size_t rows_of_list(const State& state, const Picture& picture, Size size);
/// How far the text that is shown can be scrolled.
[[nodiscard]] std::size_t last_scroll(const State& state, const Picture& picture, Size size);

/// The same of the box in which a deed is agreed to.
[[nodiscard]] std::size_t rows_of_box(Size size);
[[nodiscard]] std::size_t last_scroll_of_box(const State& state, Size size);

/// Whether agreeing would do anything.
[[nodiscard]] bool can_be_done(const Deed& deed);

}  // namespace lockkeeper::cli::top
