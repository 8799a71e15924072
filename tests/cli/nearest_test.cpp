#include "cli/nearest.hpp"

#include <gtest/gtest.h>

namespace lockkeeper::cli {
namespace {

const std::vector<std::string> options{"--min-idle", "--min-wait", "--max-age", "--for", "--json", "--yes"};

TEST(Nearest, FindsTheWordMeant) {
  EXPECT_EQ(nearest("--min-idel", options), "--min-idle") << "neighbours swapped";
  EXPECT_EQ(nearest("--minidle", options), "--min-idle") << "a letter left out";
  EXPECT_EQ(nearest("--min-idlee", options), "--min-idle") << "a letter too many";
  EXPECT_EQ(nearest("--mim-idle", options), "--min-idle") << "a letter replaced";
  EXPECT_EQ(nearest("--min-wai", options), "--min-wait");
  EXPECT_EQ(nearest("--jsn", options), "--json");
  EXPECT_EQ(nearest("doctr", {"doctor", "kill"}), "doctor");
  EXPECT_EQ(nearest("kll", {"doctor", "kill"}), "kill");
}

TEST(Nearest, ItselfIsNearest) { EXPECT_EQ(nearest("--max-age", options), "--max-age"); }

TEST(Nearest, SaysNothingWhereNothingIsNear) {
  EXPECT_EQ(nearest("--colour-of-the-sky", options), "");
  EXPECT_EQ(nearest("status", {"doctor", "kill"}), "");
  EXPECT_EQ(nearest("", options), "");
  EXPECT_EQ(nearest("--json", {}), "");
}

TEST(Nearest, SpendsNoTimeOnWordsLongerThanAnyKnown) {
  const std::string known(100, 'a');
  EXPECT_EQ(nearest(std::string(65, 'a'), {std::string(65, 'a')}), "");
  EXPECT_EQ(nearest(std::string(1'000'000, 'a'), {known}), "");
}

}  // namespace
}  // namespace lockkeeper::cli
