// std::ranges::stable_sort without the temporary buffer that libstdc++ 12 itself has deprecated: clang 19 refuses it.
#pragma once

#include <algorithm>
#include <functional>
#include <iterator>
#include <ranges>

namespace lockkeeper::base {

/// Equal elements keep their order. By insertion: for the tens or hundreds of elements that findings are made of.
template <std::ranges::random_access_range Range, class Less = std::ranges::less, class Projection = std::identity>
void stable_sort(Range&& range, Less less = {}, Projection projection = {}) {
  const auto first = std::ranges::begin(range);
  const auto size = std::ranges::distance(range);
  const auto before = [&](const auto& left, const auto& right) {
    return std::invoke(less, std::invoke(projection, left), std::invoke(projection, right));
  };
  for (auto place = first; place != first + size; ++place) {
    std::rotate(std::upper_bound(first, place, *place, before), place, place + 1);
  }
}

}  // namespace lockkeeper::base
