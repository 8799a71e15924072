// The definition of a history: every case of history_cases runs history_contract_test.cpp and history_trim_test.cpp.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "store/history.hpp"

namespace lockkeeper::testing {

/// One store, empty at first, gone with this object.
class StoreUnderTest {
 public:
  StoreUnderTest() = default;
  StoreUnderTest(const StoreUnderTest&) = delete;
  StoreUnderTest& operator=(const StoreUnderTest&) = delete;
  virtual ~StoreUnderTest() = default;

  /// The same store, however often it is called; throws where it cannot be opened.
  [[nodiscard]] virtual std::unique_ptr<store::History> open() = 0;
};

struct StoreCase {
  std::string label;
  std::function<std::unique_ptr<StoreUnderTest>()> make;
  bool is_shared = true;  ///< What one object has written, another one sees.

  friend void PrintTo(const StoreCase& tested, std::ostream* stream) { *stream << tested.label; }
};

/// Of the program that the tests are linked into.
[[nodiscard]] std::vector<StoreCase> store_cases();

class HistoryContract : public ::testing::TestWithParam<StoreCase> {
 protected:
  void append(const model::HistoryBatch& batch);
  [[nodiscard]] model::HistoryWindow read(const model::HistoryQuery& query);
  [[nodiscard]] model::HistoryWindow read_all();
  store::Trimmed trim(model::WallTime now, const store::Retention& retention = {});

  std::unique_ptr<StoreUnderTest> tested_ = GetParam().make();
  std::unique_ptr<store::History> history_ = tested_->open();
};

[[nodiscard]] inline Deadline soon() { return std::chrono::steady_clock::now() + std::chrono::seconds(30); }

/// 2026-11-22 05:00:00 UTC and so many seconds.
[[nodiscard]] model::WallTime at_second(double seconds);
/// Everything that at_second makes.
[[nodiscard]] model::HistoryQuery everything();

[[nodiscard]] model::ConnectionSample sample_at(double seconds, std::int64_t clients,
                                                const std::string& server = "main");
[[nodiscard]] model::HistoryFinding finding_seen(double first, double last, const std::string& id = "idle-1");
[[nodiscard]] model::HistoryAction action_at(double seconds, const std::string& server = "main");
[[nodiscard]] model::HistoryTransaction transaction_between(double started, double ended,
                                                            const std::string& server = "main");
[[nodiscard]] model::HistoryShape shape_of(const std::string& key, const std::string& state, double updated,
                                           const std::string& server = "main");

}  // namespace lockkeeper::testing
