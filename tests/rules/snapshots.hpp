// Snapshots for tests, said in a line each. Every age counts back from one fixed time, `look_time`.
//
//   Scene scene;
//   scene.add(client(101).named("shop").idle_in_transaction(30s).ran("UPDATE stock SET left = left - 1").wrote());
//   scene.add(client(102).active(5s)).wait(102, 101, 5s);
//   const auto findings = scene.judge(rules::root_blocker);
#pragma once

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "model/finding.hpp"
#include "model/recording.hpp"
#include "model/snapshot.hpp"
#include "rules/gap_book.hpp"
#include "rules/pool_memory.hpp"
#include "rules/rule.hpp"

namespace lockkeeper::test {

/// The server's time of the look: 2026-11-22T05:10:00Z.
[[nodiscard]] model::WallTime look_time();

/// The id that every session of this pid has in these tests.
[[nodiscard]] model::SessionId id_of(std::int64_t pid);

/// The text as the collector would keep it: fingerprint, kind, no literals.
[[nodiscard]] model::Statement statement(std::string_view text);

/// One session under construction. Durations are ages at `look_time`.
class Draft {
 public:
  explicit Draft(std::int64_t pid);

  Draft& named(std::string application);
  Draft& of(std::string user);
  Draft& in(std::string database);
  Draft& kind(model::SessionKind kind);
  Draft& superuser();

  /// Opened at `open`, by default just before it fell silent.
  Draft& idle_in_transaction(model::Duration silent, std::optional<model::Duration> open = std::nullopt);
  Draft& aborted(model::Duration silent, std::optional<model::Duration> open = std::nullopt);
  Draft& active(model::Duration running);
  Draft& idle(model::Duration silent);
  Draft& hidden();

  Draft& open(model::Duration age);
  Draft& ran(std::string_view text);
  Draft& wrote(std::int64_t xid_age = 10);
  Draft& sees(std::int64_t xmin_age);
  Draft& holds(std::string mode, std::string target, std::string kind = "relation");

  [[nodiscard]] const model::Session& session() const { return session_; }

 private:
  Draft& state(model::SessionState state, model::Duration age);

  model::Session session_;
};

/// A client of application "shop", user "alice", database "shop".
[[nodiscard]] Draft client(std::int64_t pid);

/// One look under construction, and what the rules say about it.
class Scene {
 public:
  model::Snapshot snapshot;
  rules::Limits limits;
  std::optional<model::Recording> recording;  ///< recordings.hpp makes its clients and facts.
  std::optional<rules::GapBook> gaps;         ///< gap_cases.hpp makes it; without one the rules know nothing learnt.
  std::optional<model::AppLog> app_log;       ///< logged_pool_test.cpp makes it.
  rules::PoolMemory pools;                    ///< Of earlier looks; this one is added by judge().
  bool recorder_alone = false;                ///< The rules see no snapshot but what the recording gives.

  /// 100 connections, 3 of them for superusers.
  Scene();

  Scene& add(const Draft& draft);
  Scene& add_idle_clients(std::int64_t count, std::int64_t first_pid = 9000);

  /// `waiter` waits for a row lock that `holder` (a pid, or a prepared transaction's gid) has, since `age`.
  Scene& wait(std::int64_t waiter, const std::vector<model::Holder>& holders, model::Duration age);
  Scene& wait(std::int64_t waiter, std::int64_t holder, model::Duration age);

  /// `waiter` is the next in the queue behind another waiter.
  Scene& queue(std::int64_t waiter, std::int64_t behind, model::Duration age);

  Scene& prepare(std::string gid, model::Duration age, std::int64_t xid_age = 1000, std::string owner = "bob");

  /// What the rule, or all rules, find at one look.
  [[nodiscard]] std::vector<model::Finding> judge(rules::Rule rule) const;
  [[nodiscard]] std::vector<model::Finding> judge_all() const;

  /// What the rules look at: the snapshot, joined with the recording where there is one.
  [[nodiscard]] model::Snapshot seen() const;

  /// As `judge`, with the looks before this one; this look must be in the window.
  [[nodiscard]] std::vector<model::Finding> judge(rules::Rule rule, const rules::Window& window) const;
};

/// The evidence of that name; fails the test by throwing where it is missing or of another type.
template <class T>
[[nodiscard]] T evidence(const model::Finding& finding, std::string_view name) {
  for (const auto& item : finding.evidence.items) {
    if (item.name == name) return std::get<T>(item.value);
  }
  throw std::out_of_range(std::string(name));
}

[[nodiscard]] bool has_evidence(const model::Finding& finding, std::string_view name);
[[nodiscard]] std::vector<model::Action> actions(const model::Finding& finding);
[[nodiscard]] std::vector<std::int64_t> subject_pids(const model::Finding& finding);

}  // namespace lockkeeper::test
