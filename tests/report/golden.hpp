// Texts kept in tests/report/golden and compared to the letter. After a change that is meant:
//   LOCKKEEPER_UPDATE_GOLDEN=1 ctest --preset dev -R '^report$' && git diff tests/report/golden
#pragma once

#include <string>

namespace lockkeeper::test {

/// Compares with golden/NAME.txt, or writes that file when LOCKKEEPER_UPDATE_GOLDEN is set to 1.
void expect_golden(const std::string& name, const std::string& actual);

}  // namespace lockkeeper::test
