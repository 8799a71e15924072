// What is done by itself about findings: who decides it, and by what. Pure: the deed is somebody else's.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "diagnose/board.hpp"
#include "model/finding.hpp"

namespace lockkeeper::diagnose {

struct Policy {
  std::string name;
  bool enabled = false;  ///< Else a dry run.
  model::RuleId rule;
  std::vector<std::string> servers;  ///< Empty: all.
  model::Action action = model::Action::terminate;
  Duration min_age{};  ///< In its state: of an idle transaction, since its last statement.
  bool only_if_blocking = false;
  std::int64_t max_rollback_rows = 0;
  std::size_t max_per_hour = 0;
  std::vector<std::string> exclude_applications;  ///< "backup*": a star at the end stands for any more letters.
  std::vector<std::string> exclude_users;
  bool include_superusers = false;
};

/// What a policy makes of one session of a finding.
struct Decision {
  const Policy* policy = nullptr;
  const model::Finding* finding = nullptr;
  const model::Session* session = nullptr;  ///< Of the finding's subjects.
  bool act = false;                         ///< Else it is left alone, because:
  std::string reason;                       ///< Of an act: why it is done.
};

/// Whether `text` is the pattern, or begins with what stands before the pattern's star.
[[nodiscard]] bool matches(std::string_view pattern, std::string_view text) noexcept;

/// Decides, and remembers what it needs to: what was decided already, and how much was done within the hour. Bounded;
/// belongs to one thread.
class PolicyDesk {
 public:
  static constexpr std::size_t most_remembered = 10'000;  ///< Decisions; then the oldest are told again.

  /// New decisions about the view's findings: one for each policy, session, its transaction and the reason. Pointers
  /// are into `policies` and `view`. What it decides to do counts as done, against the limit an hour. `now` is of a
  /// clock that only goes forward.
  [[nodiscard]] std::vector<Decision> decide(const std::vector<Policy>& policies, const View& view,
                                             std::chrono::steady_clock::time_point now);

 private:
  using Key = std::tuple<std::string, std::string, model::SessionId, model::WallTime, std::string>;
  [[nodiscard]] std::string why_not(const Policy& policy, const View& view, const model::Session& session,
                                    std::chrono::steady_clock::time_point now);
  [[nodiscard]] bool is_new(Key key);

  std::set<Key> told_;
  std::deque<Key> order_;
  std::map<std::string, std::deque<std::chrono::steady_clock::time_point>> done_;  // By policy.
};

}  // namespace lockkeeper::diagnose
