#include <algorithm>
#include <iterator>

#include "library/data_engine.hpp"

namespace lockkeeper::testing {

std::vector<DriverCase> data_cases() {
  // The oldest and the newest: what lies between adds time and no differences.
  std::vector<DriverCase> cases = postgres_cases();
  if (cases.size() > 2) cases.erase(cases.begin() + 1, cases.end() - 1);
  std::ranges::move(mysql_cases(), std::back_inserter(cases));
  return cases;
}

}  // namespace lockkeeper::testing
