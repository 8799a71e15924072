// For GoogleTest: fails every test that leaves a lease or transaction behind, at the line that took it.
//
//   int main(int argc, char** argv) {
//     ::testing::InitGoogleTest(&argc, argv);
//     auto& listeners = ::testing::UnitTest::GetInstance()->listeners();
//     listeners.Append(new lockkeeper::LeakCheckListener(suite_database().pool()));     // GoogleTest owns it
//     return RUN_ALL_TESTS();
//   }
//
// For a pool that outlives the tests. One that belongs to a fixture is checked in its TearDown: expect_no_leaks(check).
#pragma once

#include <gtest/gtest.h>

#include <lockkeeper/leak_check.hpp>

namespace lockkeeper {

/// Adds the report's failures to the test that is running. Not fatal.
inline void expect_no_leaks(const LeakCheck& check) {
  const LeakReport report = check.report();
  if (report.text.empty()) return;
  if (report.leases.empty()) {
    ADD_FAILURE() << report.text;
    return;
  }
  // The oldest is where to look first; the text names them all.
  const std::source_location& place = report.leases.front().taken_at;
  ADD_FAILURE_AT(place.file_name(), static_cast<int>(place.line())) << report.text;
}

/// Checks one pool around each test: after the test, its fixture and TearDown are over.
class LeakCheckListener : public ::testing::EmptyTestEventListener {
 public:
  /// The pool must outlive RUN_ALL_TESTS.
  explicit LeakCheckListener(Pool& pool, LeakCheckSettings settings = {}) : check_(pool, settings) {}

  void OnTestStart(const ::testing::TestInfo& /*test*/) override { check_.start(); }
  void OnTestEnd(const ::testing::TestInfo& /*test*/) override { expect_no_leaks(check_); }

 private:
  LeakCheck check_;
};

}  // namespace lockkeeper
