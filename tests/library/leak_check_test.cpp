// The leak check itself, and the listener in a program of its own: tests/library/leaking_tests.cpp.
#include <lockkeeper/leak_check.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <lockkeeper/database.hpp>
#include <lockkeeper/leak_check_gtest.hpp>
#include <lockkeeper/unit_of_work.hpp>

#include "library/recorder.hpp"
#include "library/stub_driver.hpp"
#include "support/servers.hpp"

namespace lockkeeper::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr LeakCheckSettings impatient{.patience = 20ms};

std::string place_of(int line) { return "library/leak_check_test.cpp:" + std::to_string(line); }

class Leaks : public ::testing::Test {
 protected:
  /// As an early return does where the compiler has not warned.
  void abandon_a_transaction() {
    alignas(Transaction) std::byte room[sizeof(Transaction)];
    auto* tx = ::new (static_cast<void*>(room)) Transaction(db_.begin());
    tx->ref().execute("INSERT");
    std::destroy_at(tx);
  }

  EventRecorder events_;
  Database db_{std::make_shared<StubDriver>(), Target{}, {.name = "test", .maximum_size = 4}, events_};
};

TEST_F(Leaks, AreNoneWhereEverythingWasGivenBack) {
  const LeakCheck check(db_.pool(), impatient);
  db_.transact([](TransactionRef tx) { tx.execute("SELECT 1"); });
  {
    const Lease lease = db_.pool().acquire();
  }
  EXPECT_EQ(check.leaks(), "");
}

TEST_F(Leaks, AreNamedWithTheirPlace) {
  const LeakCheck check(db_.pool(), impatient);
  const UnitOfWork unit("POST /refund");
  const int line = __LINE__ + 1;
  Lease lease = db_.pool().acquire();
  lease.execute("SELECT 'secret' FROM history");
  const LeakReport report = check.report();
  EXPECT_THAT(report.text, AllOf(HasSubstr("pool \"test\": a lease was left behind"), HasSubstr(place_of(line)),
                                 HasSubstr("POST /refund"), HasSubstr("SELECT ? FROM history"),
                                 Not(HasSubstr("secret")), Not(HasSubstr("with its transaction"))));
  ASSERT_THAT(report.leases, SizeIs(1));
  EXPECT_EQ(report.leases[0].taken_at.line(), static_cast<unsigned>(line));
}

TEST_F(Leaks, OfTransactionsAreNamedWithTheirPlace) {
  const LeakCheck check(db_.pool(), impatient);
  const int line = __LINE__ + 1;
  Transaction tx = db_.begin();
  tx.ref().execute("SELECT 1");
  EXPECT_THAT(check.leaks(), AllOf(HasSubstr("with its transaction"), HasSubstr(place_of(line))));
  std::move(tx).rollback();
  EXPECT_EQ(check.leaks(), "");
}

TEST_F(Leaks, CountFromTheStartOn) {
  const Lease of_the_suite = db_.pool().acquire();
  LeakCheck check(db_.pool(), impatient);
  EXPECT_EQ(check.leaks(), "");
  const Lease of_the_test = db_.pool().acquire();
  EXPECT_THAT(check.report().leases, SizeIs(1));
  check.start();
  EXPECT_EQ(check.leaks(), "");
}

TEST_F(Leaks, AreWaitedForWhereThreadsAreEnding) {
  const LeakCheck check(db_.pool(), {.patience = default_patience});
  std::optional<Lease> lease = db_.pool().acquire();
  std::thread straggler([&] {
    wait_until([&] { return !db_.pool().leases().empty(); }, default_patience, "the lease is seen");
    lease.reset();
  });
  EXPECT_EQ(check.leaks(), "");
  straggler.join();
}

TEST_F(Leaks, IncludeTransactionsThatNobodyEnded) {
  const LeakCheck check(db_.pool(), impatient);
  const LeakCheck tolerant(db_.pool(), {.patience = 20ms, .abandoned = false});
  abandon_a_transaction();
  EXPECT_THAT(check.leaks(), HasSubstr("a transaction was left without commit or rollback"));
  EXPECT_EQ(check.report().abandoned_transactions, 1U);
  abandon_a_transaction();
  EXPECT_THAT(check.leaks(), HasSubstr("2 transactions were left"));
  EXPECT_EQ(tolerant.leaks(), "");
}

TEST_F(Leaks, IncludeLeasesGivenBackWithinATransaction) {
  const LeakCheck check(db_.pool(), impatient);
  {
    Lease lease = db_.pool().acquire();
    lease.execute("BEGIN");
  }
  wait_until([&] { return check.report().dirty_returns == 1; }, default_patience, "it is cleaned up");
  EXPECT_THAT(check.leaks(), HasSubstr("given back with a transaction open"));
}

TEST_F(Leaks, AreFailuresWithGoogleTest) {
  const LeakCheck check(db_.pool(), impatient);
  expect_no_leaks(check);
  Lease lease = db_.pool().acquire();
  EXPECT_NONFATAL_FAILURE(expect_no_leaks(check), "a lease was left behind");
  lease.give_back();
  expect_no_leaks(check);
  abandon_a_transaction();
  EXPECT_NONFATAL_FAILURE(expect_no_leaks(check), "left without commit or rollback");
}

std::vector<int> leaking_lines() {
  std::ifstream file(LOCKKEEPER_SOURCE_DIR "/tests/library/leaking_tests.cpp");
  std::vector<int> lines;
  std::string text;
  for (int line = 1; std::getline(file, text); ++line) {
    if (text.ends_with("// Leaks.")) lines.push_back(line);
  }
  return lines;
}

TEST(LeakListener, FailsTheTestsThatLeakAndNoOthers) {
  const CommandResult result =
      run_command({LOCKKEEPER_BINARY_DIR "/tests/library/leaking_tests"}, std::nullopt, default_patience);
  EXPECT_EQ(result.status, 1) << result.output;
  for (const char* clean : {"GivesBack", "IsCleanAfterALeak", "GivesBackInTearDown.Late"}) {
    EXPECT_THAT(result.output, ::testing::ContainsRegex("\\[       OK \\] [A-Za-z.]*" + std::string(clean)));
  }
  for (const char* leaky : {"KeepsALease", "KeepsATransaction"}) {
    EXPECT_THAT(result.output, ::testing::ContainsRegex("\\[  FAILED  \\] Leaky." + std::string(leaky)));
  }
  const std::vector<int> lines = leaking_lines();
  ASSERT_THAT(lines, SizeIs(2));
  for (const int line : lines) {
    const std::string place = "library/leaking_tests.cpp:" + std::to_string(line);
    EXPECT_THAT(result.output, HasSubstr(place + ": Failure"));
    EXPECT_THAT(result.output, HasSubstr("taken at " + place));
  }
  EXPECT_THAT(result.output, HasSubstr("2 FAILED TESTS"));
}

}  // namespace
}  // namespace lockkeeper::testing
