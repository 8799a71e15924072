// The command line: words to requests, results to text or JSON and an exit status.
#pragma once

#include <expected>
#include <filesystem>
#include <functional>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/app_log_option.hpp"
#include "diagnose/conductor.hpp"
#include "model/history.hpp"
#include "model/leak_gate.hpp"
#include "model/pool_advice.hpp"
#include "report/build_facts.hpp"

namespace lockkeeper::cli {

/// Exit statuses, the same for all commands.
enum Status : int {
  nothing_found = 0,  ///< Nothing at or above --fail-on; or the action did all it said.
  found = 1,          ///< Findings; or the action could not be done on every target.
  usage = 2,          ///< The command line, or how it says to connect, is wrong.
  not_observed = 3,   ///< The database could not be (fully) observed, or the result not be written.
};

struct DemoRequest;
struct RunRequest;
struct TestRequest;

/// What became of a suite that ran under the leak gate.
struct TestedSuite {
  int status = 0;  ///< Of its command, as a shell tells it: 128 + signal, 127 where there is no such program.
  model::GateReport report;
};

/// Why a suite could not be run, and the exit status that tells it.
struct SuiteFailure {
  int status = 3;
  std::string message;
};

/// What the command line needs from outside: made by main, replaced by tests.
struct World {
  std::ostream& out;
  std::ostream& error;
  bool out_is_terminal = false;
  bool error_is_terminal = false;
  /// A conductor for the server of that URL (empty: the environment's); it connects at its first look.
  std::function<std::unique_ptr<diagnose::Conductor>(std::string url, const diagnose::Limits& limits)> open;
  /// All that the recorder of that console remembers, as JSON lines (report/recording_json.hpp).
  std::function<std::expected<std::string, model::LookFailure>(const std::string& url, diagnose::Duration timeout)>
      read_recorder;
  /// Runs the daemon until it is told to end; returns the exit status.
  std::function<int(const RunRequest& request)> daemon;
  /// What the history in that file answers. Code `unknown_database`: there is none; `configuration`: it is not ours.
  std::function<std::expected<model::HistoryWindow, model::LookFailure>(
      const std::filesystem::path& file, const model::HistoryQuery& query, diagnose::Duration timeout)>
      history;
  /// What these logs hold, and what is written to them later; else what is wrong. Several servers may be told the same.
  std::function<std::expected<diagnose::AppLogSource, std::string>(const std::vector<AppLogArgument>& files,
                                                                   bool is_shared, diagnose::Duration timeout)>
      app_logs = {};
  /// Runs the suite to its end behind a recorder.
  std::function<std::expected<TestedSuite, SuiteFailure>(const TestRequest& request,
                                                         const std::vector<model::LeakKey>& known)>
      test = {};
  /// The pools that what was recorded asks for.
  std::function<model::PoolAdvice(const model::Recording& recording, const std::optional<model::Snapshot>& snapshot,
                                  const model::AdviceWish& wish)>
      advise = {};
  /// Plays the demonstration to its end, and tells it; returns the exit status.
  std::function<int(const DemoRequest& request)> demo = {};
  report::BuildFacts build = {};
};

/// Runs one command; returns its exit status. Throws nothing.
[[nodiscard]] int run(int argc, const char* const* argv, World& world);

}  // namespace lockkeeper::cli
