#include "cli/nearest.hpp"

#include <algorithm>

namespace lockkeeper::cli {
namespace {

// Optimal string alignment distance, row by row.
std::size_t distance(std::string_view from, std::string_view to) {
  std::vector<std::vector<std::size_t>> table(from.size() + 1, std::vector<std::size_t>(to.size() + 1));
  for (std::size_t row = 0; row <= from.size(); ++row) table[row][0] = row;
  for (std::size_t column = 0; column <= to.size(); ++column) table[0][column] = column;
  for (std::size_t row = 1; row <= from.size(); ++row) {
    for (std::size_t column = 1; column <= to.size(); ++column) {
      const std::size_t replaced = table[row - 1][column - 1] + (from[row - 1] == to[column - 1] ? 0 : 1);
      table[row][column] = std::min({replaced, table[row - 1][column] + 1, table[row][column - 1] + 1});
      const bool swapped = row > 1 && column > 1 && from[row - 1] == to[column - 2] && from[row - 2] == to[column - 1];
      if (swapped) table[row][column] = std::min(table[row][column], table[row - 2][column - 2] + 1);
    }
  }
  return table[from.size()][to.size()];
}

}  // namespace

std::string nearest(std::string_view given, const std::vector<std::string>& known) {
  constexpr std::size_t longest = 64;  // nothing we know is as long: do not spend time on it
  if (given.size() > longest) return "";
  std::string best;
  std::size_t fewest = std::max<std::size_t>(given.size() / 3, 1) + 1;
  for (const auto& word : known) {
    const std::size_t steps = distance(given, word);
    if (steps >= fewest) continue;
    fewest = steps;
    best = word;
  }
  return best;
}

}  // namespace lockkeeper::cli
