// For tests: says what a test has left of a pool's leases and transactions, and where each began.
//
//   LeakCheck check(db.pool());          // from here on
//   ...
//   EXPECT_EQ(check.leaks(), "");        // with GoogleTest rather: <lockkeeper/leak_check_gtest.hpp>
//
// A leak hides well in tests: each passes alone, and the pool runs dry when fifty have run. What leaks has to fail the
// test that leaked.
#pragma once

#include <chrono>
#include <cstdint>
#include <source_location>
#include <string>
#include <vector>

#include <lockkeeper/pool.hpp>

namespace lockkeeper {

struct LeakCheckSettings {
  /// How long leases may take to come back: threads that are just ending.
  std::chrono::milliseconds patience{1'000};
  /// Whether transactions count that somebody left without an end, which the library then rolled back (an early
  /// return): nothing is lost by them here, and in production the commit is missing.
  bool abandoned = true;
};

/// What a check has found.
struct LeakReport {
  std::string text;  ///< For a human, one or more lines; empty where nothing was left.
  /// The leases that are still held, oldest first.
  std::vector<LeaseRecord> leases;
  std::uint64_t abandoned_transactions = 0;  ///< Rolled back, because nobody had ended them.
  std::uint64_t dirty_returns = 0;           ///< Leases given back with a transaction open.
};

/// Leases that are held when it begins are not its business: a suite's own, for example. Thread-safe but for start.
class LeakCheck {
 public:
  /// The pool must outlive it.
  explicit LeakCheck(Pool& pool, LeakCheckSettings settings = {});

  /// Begins again, from now on.
  void start();

  /// What was taken since the start and not given back within the patience. Ask it when the test is over.
  [[nodiscard]] LeakReport report() const;
  /// The report's text.
  [[nodiscard]] std::string leaks() const { return report().text; }

 private:
  [[nodiscard]] std::vector<LeaseRecord> left() const;
  [[nodiscard]] std::vector<LeaseRecord> wait_for_stragglers() const;

  Pool& pool_;
  LeakCheckSettings settings_;
  std::vector<std::uint64_t> before_;  // Ids, sorted.
  std::uint64_t abandoned_before_ = 0;
  std::uint64_t dirty_before_ = 0;
};

}  // namespace lockkeeper
