// The conductor of one server: look, judge, remember what was seen when; act on what was found.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "collect/collector.hpp"
#include "model/app_log.hpp"
#include "model/diagnosis.hpp"
#include "model/recording.hpp"
#include "rules/gap_book.hpp"
#include "rules/limits.hpp"
#include "rules/pool_memory.hpp"
#include "rules/window.hpp"

namespace lockkeeper::diagnose {

using Limits = rules::Limits;
using Duration = model::Duration;

/// What to act on, how, and under whose name.
struct ActionRequest {
  model::Action action = model::Action::terminate;  ///< terminate or cancel
  std::optional<model::FindingId> finding;          ///< Either this: found again in a fresh look, ...
  std::optional<model::SessionId> session;          ///< ... or this, ...
  /// ... or what an earlier look found, of which a fresh one alone would not know (it takes a baseline, or a recorder):
  /// its sessions that are still as they were then. With `session`, that one of them alone.
  std::shared_ptr<const model::Finding> found;
  /// What somebody agreed to after a dry run: these sessions alone, and none that sleeps in another transaction than it
  /// did then; to be cancelled, none that runs another statement. nullopt: whoever is found.
  std::optional<std::vector<model::Session>> agreed = {};
  bool dry_run = true;
  bool include_superusers = false;
  bool only_while_blocking = false;  ///< Also where the finding itself does not ask for it.
  std::int64_t max_rollback_rows =
      1'000'000;  ///< Who has more to undo is left alone: it would hold its locks for minutes.
  Duration timeout = std::chrono::seconds(10);  ///< For each look and for each target.
  std::filesystem::path audit;
  std::string actor;
  std::function<bool()> interrupted = [] { return false; };  ///< Asked between targets: true stops before the next.
  collect::RollbackProgress on_rollback = {};                ///< Told while an ended session rolls back.
};

/// What a recorder knows now; nullopt if it did not answer in time. Asked on the conductor's thread.
using RecordingSource = std::function<std::optional<model::Recording>(Duration timeout)>;

/// What the applications' logs tell now; nullptr: nothing. Asked on the conductor's thread, just before a look.
using AppLogSource = std::function<std::shared_ptr<const model::AppLog>()>;

/// What the rules say about a recording, and about the server's snapshot of the same moment if there is one: a replay.
[[nodiscard]] model::Diagnosis judge_recording(const model::Recording& recording,
                                               const std::optional<model::Snapshot>& snapshot, const Limits& limits);

/// What a tick judged. A part is nullptr where there is none: no such source, or it did not answer.
struct Observed {
  std::shared_ptr<const model::Recording> recording;
  std::shared_ptr<const model::Snapshot> snapshot;  ///< As the server told it, without what the recorder adds.
  std::shared_ptr<const model::Snapshot> judged;    ///< What the rules saw: both together. Never nullptr after a look.
};

/// Belongs to one thread.
class Conductor {
 public:
  /// With a recorder, each look is judged together with its recording. Either may be left out (nullptr, empty), not
  /// both: a recorder alone knows its clients, and says what it cannot see. So it does while the server cannot be
  /// looked at, which is then tried again after 1, 2, 4 ... and at most 60 seconds.
  Conductor(std::unique_ptr<collect::Collector> collector, Limits limits, RecordingSource recorder = {});

  /// One look, judged together with the looks before it. Never throws for what the server does: see `failure`.
  [[nodiscard]] model::Diagnosis tick(Duration timeout);

  /// Of the last tick that judged anything.
  [[nodiscard]] const Observed& observed() const noexcept { return observed_; }

  /// What the ticks have taught about gaps in transactions.
  [[nodiscard]] const rules::GapBook& gaps() const noexcept { return gaps_; }
  /// Judges the applications' logs with each look from now on; a glance is a whole look then.
  void read_app_logs(AppLogSource source) { app_logs_ = std::move(source); }

  /// What an earlier run had learnt (`gaps().states()`), before the first tick.
  void restore_gaps(std::vector<model::GapShapeState> states) { gaps_.restore(std::move(states)); }
  /// Somebody is ending this session: its gap will not have completed.
  void censor_gap(const model::SessionId& session) { gaps_.censor(session); }

  /// A look at the sessions alone that stand out, cheap for the server: it feeds the growth that the next tick judges,
  /// and notes since when there is what sessions alone give away. Returns the last tick's diagnosis, with this look
  /// counted. A failure is left to the next tick to report.
  [[nodiscard]] model::Diagnosis glance(Duration timeout);

  /// Takes a fresh look, finds the finding or session in it, and acts on its sessions that are still as they were.
  /// Clients of a recorder are not closed here, but by its console.
  [[nodiscard]] model::ActionReport act(const ActionRequest& request);

 private:
  [[nodiscard]] std::shared_ptr<const model::Recording> record(Duration timeout) const;
  [[nodiscard]] std::expected<model::Snapshot, model::LookFailure> look_at_server(Duration timeout);
  [[nodiscard]] std::optional<model::LookFailure> look(Duration timeout);
  [[nodiscard]] model::Snapshot joined(const std::optional<model::LookFailure>& failure) const;
  [[nodiscard]] model::Diagnosis judge(const model::Snapshot& snapshot);
  [[nodiscard]] std::optional<model::LookFailure> choose(const ActionRequest& request,
                                                         const model::Diagnosis& diagnosis,
                                                         model::ActionReport& report) const;
  void carry_out(const ActionRequest& request, model::ActionReport& report);
  [[nodiscard]] model::ActionResult act_on(const ActionRequest& request, const model::Guard& guard);
  void follow_up(const ActionRequest& request, model::ActionReport& report);

  std::unique_ptr<collect::Collector> collector_;
  Limits limits_;
  RecordingSource recorder_;
  AppLogSource app_logs_;
  std::shared_ptr<const model::AppLog> app_log_;  // as read before the last look
  rules::PoolMemory pools_;                       // of looks with app_logs_
  rules::Window window_;
  rules::GapBook gaps_;
  std::map<model::FindingId, model::WallTime> first_seen_;  // of findings that are there now
  Observed observed_;
  std::optional<model::LookFailure> failure_;  // of the last look at the server
  int failures_ = 0;                           // looks at the server in a row
  std::int64_t failed_looks_ = 0;
  std::chrono::steady_clock::time_point try_again_{};
  model::Diagnosis last_;
};

}  // namespace lockkeeper::diagnose
