// The lists: sessions, findings, who waits for whom, shapes.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "cli/top/picture.hpp"
#include "cli/top/screen.hpp"
#include "cli/top/state.hpp"

namespace lockkeeper::cli::top {

/// A list as it fits: some of its entries around the cursor.
struct ListPage {
  std::vector<Line> heading;  ///< At most one line.
  std::vector<Line> lines;
  std::string where;  ///< "1-16 of 37"; empty: all of it is shown.
};

/// How many lines an entry of that tab takes.
[[nodiscard]] std::size_t lines_of_entry(Tab tab) noexcept;
[[nodiscard]] bool has_heading(Tab tab) noexcept;

/// `rows`: lines that there are for entries.
[[nodiscard]] ListPage list_page(const State& state, const Picture& picture, std::size_t width, std::size_t rows);

}  // namespace lockkeeper::cli::top
