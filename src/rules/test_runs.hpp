// Which test ran when and in which process, by the marks of a suite's reporters.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/leak_gate.hpp"

namespace lockkeeper::rules {

/// A stretch of a test. A reporter may interrupt a test, for what others will use too (a fixture of the whole session):
/// it has several then.
struct TestRun {
  std::string test;
  std::int64_t process = 0;
  model::WallTime began;
  std::optional<model::WallTime> ended;  ///< Empty: nobody has told, and no other began after it.
  /// When another test began after its end in the same process, and which; empty: it was the last.
  std::optional<model::WallTime> next_began;
  std::string next_test;
  /// Of those of its process that began no later than this one, the last end.
  model::WallTime last_end{};
};

class TestRuns {
 public:
  explicit TestRuns(const std::vector<model::TestMark>& marks);

  /// What ran at that moment in the first of these processes in which any test ever ran; in any process where none is
  /// of them. The one that began last is first; tests that it is a part of are left out. Valid as long as this object.
  [[nodiscard]] std::vector<const TestRun*> at(model::WallTime moment,
                                               const std::vector<std::int64_t>& processes) const;

  /// Different names.
  [[nodiscard]] std::int64_t tests() const;

 private:
  std::map<std::int64_t, std::vector<TestRun>> runs_;  // by process, and then by time of beginning
};

}  // namespace lockkeeper::rules
