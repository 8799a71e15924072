#include "library/data_engine.hpp"

namespace lockkeeper::testing {

std::vector<DriverCase> data_cases() { return sqlite_cases(); }
std::vector<DriverCase> incident_cases() { return sqlite_cases(); }

}  // namespace lockkeeper::testing
