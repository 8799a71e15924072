#include <algorithm>
#include <iterator>

#include "library/data_engine.hpp"

namespace lockkeeper::testing {

// What differs between MariaDB and MySQL ends in the driver, whose contract is tested on both; so are the incidents.
std::vector<DriverCase> data_cases() {
  std::vector<DriverCase> cases = incident_cases();
  std::erase_if(cases, [](const DriverCase& each) { return each.label.starts_with("mysql"); });
  return cases;
}

std::vector<DriverCase> incident_cases() {
  // The oldest and the newest: what lies between adds time and no differences.
  std::vector<DriverCase> cases = postgres_cases();
  if (cases.size() > 2) cases.erase(cases.begin() + 1, cases.end() - 1);
  std::ranges::move(mysql_cases(), std::back_inserter(cases));
  return cases;
}

}  // namespace lockkeeper::testing
