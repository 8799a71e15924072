// "Did you mean ...?"
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lockkeeper::cli {

/// The known word that takes the fewest insertions, deletions, replacements and swaps of neighbours to reach from
/// `given`; empty when even that takes more than a third of its letters.
[[nodiscard]] std::string nearest(std::string_view given, const std::vector<std::string>& known);

}  // namespace lockkeeper::cli
