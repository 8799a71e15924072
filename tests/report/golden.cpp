#include "report/golden.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace lockkeeper::test {

void expect_golden(const std::string& name, const std::string& actual) {
  const auto path = std::filesystem::path(LOCKKEEPER_SOURCE_DIR) / "tests/report/golden" / (name + ".txt");
  const char* update = std::getenv("LOCKKEEPER_UPDATE_GOLDEN");
  if (update != nullptr && std::string_view(update) == "1") {
    std::ofstream file(path, std::ios::binary);
    file << actual;
    ASSERT_TRUE(file.flush()) << path;
    return;
  }
  std::ifstream file(path, std::ios::binary);
  ASSERT_TRUE(file) << path << " is missing: run with LOCKKEEPER_UPDATE_GOLDEN=1";
  const std::string expected{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  EXPECT_EQ(actual, expected) << path;
}

}  // namespace lockkeeper::test
