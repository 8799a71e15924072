// Tests that leak, for the test of the listener that fails them. Run by leak_check_test.cpp, which finds the
// lines by their comments.
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <vector>

#include <lockkeeper/database.hpp>
#include <lockkeeper/leak_check_gtest.hpp>

#include "library/stub_driver.hpp"

namespace lockkeeper::testing {
namespace {

Database& suite_database() {
  static Database db(std::make_shared<StubDriver>(), Target{}, {.name = "suite", .maximum_size = 9});
  return db;
}

std::vector<Lease>& kept() {
  static std::vector<Lease> leases;
  return leases;
}

TEST(Leaky, GivesBack) { const Lease lease = suite_database().pool().acquire(); }

TEST(Leaky, KeepsALease) {
  Lease lease = suite_database().pool().acquire();  // Leaks.
  kept().push_back(std::move(lease));
}

TEST(Leaky, KeepsATransaction) {
  // As a bare connection with BEGIN, which is what other libraries give.
  Lease lease = suite_database().pool().acquire();  // Leaks.
  lease.execute("BEGIN");
  kept().push_back(std::move(lease));
}

TEST(Leaky, IsCleanAfterALeak) {
  suite_database().transact([](TransactionRef tx) { tx.execute("SELECT 1"); });
}

class GivesBackInTearDown : public ::testing::Test {
 protected:
  void SetUp() override { lease_ = suite_database().pool().acquire(); }
  void TearDown() override { lease_.give_back(); }
  Lease lease_;
};

TEST_F(GivesBackInTearDown, Late) { EXPECT_TRUE(lease_); }

}  // namespace
}  // namespace lockkeeper::testing

int main(int argc, char** argv) {
  using namespace lockkeeper;
  ::testing::InitGoogleTest(&argc, argv);
  auto& listeners = ::testing::UnitTest::GetInstance()->listeners();
  listeners.Append(
      new LeakCheckListener(lockkeeper::testing::suite_database().pool(), {.patience = std::chrono::milliseconds(20)}));
  const int status = RUN_ALL_TESTS();
  lockkeeper::testing::kept().clear();
  return status;
}
