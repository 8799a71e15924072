// A command line, understood.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cli/advise_request.hpp"
#include "cli/app_log_option.hpp"
#include "cli/demo_request.hpp"
#include "cli/history_request.hpp"
#include "cli/test_request.hpp"
#include "cli/words.hpp"
#include "diagnose/conductor.hpp"

namespace lockkeeper::cli {

/// What most commands have in common.
struct Common {
  diagnose::Limits limits;
  diagnose::Duration timeout = std::chrono::seconds(10);
  bool json = false;
  Colour colour = Colour::automatic;
  std::string limit_arguments;  ///< The limits that are not the defaults, as arguments.
};

/// Of what is judged: how it is shown, and which exit status it gives.
struct Judging {
  Common common;
  std::optional<model::Severity> fail_on = model::Severity::warning;  ///< Empty: never.
  bool allow_incomplete = false;
};

struct DoctorRequest : Judging {
  std::vector<std::string> urls;  ///< Empty: one server, the environment's.
  diagnose::Duration watch{};     ///< Zero: one look.
  std::vector<AppLogArgument> app_logs;
  diagnose::Duration interval = std::chrono::seconds(1);
};

struct KillRequest {
  Common common;
  std::string url;
  diagnose::ActionRequest action;
  std::vector<AppLogArgument> app_logs;
};

/// `lockkeeper top`: the server in a terminal.
struct TopRequest {
  Common common;
  std::string url;
  diagnose::Duration interval = std::chrono::seconds(1);
  bool colour = true;
  bool read_only = false;
  diagnose::ActionRequest action;  ///< What all actions have in common; no audit file: nothing may be done.
};

struct DumpRequest {
  std::string url;  ///< Of a recorder's console.
  diagnose::Duration timeout = std::chrono::seconds(15);
};

struct ReplayRequest : Judging {
  std::string file;  ///< "-": standard input.
};

/// `lockkeeper run`: a configuration file, or a URL and a few options beside it.
struct RunRequest {
  Common common;
  std::string config;  ///< A file; empty: the URL.
  std::string url;
  std::vector<std::string> listen;
  std::vector<std::string> console;  ///< Of a mysql:// URL alone: elsewhere it is on the addresses of `listen`.
  std::string pool_mode;             ///< As in the configuration; empty: its default.
  std::string auth;
  std::string io;
  std::optional<unsigned> workers;
  std::optional<unsigned> pool_size;
  bool record = true;
  bool look = true;               ///< At the server of the URL, as the doctor does.
  bool check = false;             ///< Only read the configuration.
  bool proxy = true;              ///< Stand in front of the URL's server. Else it is only looked at.
  std::vector<std::string> http;  ///< Where the dashboard, the API and the metrics are; as in the configuration.
  bool http_actions = false;
  std::vector<AppLogArgument> app_logs;
  std::string history;          ///< The file; empty: the configuration's, or none.
  std::filesystem::path audit;  ///< Empty: there is no place for it, so nothing may be done.
};

struct VersionRequest {
  bool json = false;
};

/// What to do, or, where `exit_status` is set, what to print instead.
struct Request {
  std::optional<int> exit_status;
  std::string output{};  ///< Help or version, for standard output; with status 2 an error, for standard error.
  std::optional<DoctorRequest> doctor{};
  std::optional<KillRequest> kill{};
  std::optional<TopRequest> top{};
  std::optional<RunRequest> run{};
  std::optional<DumpRequest> dump{};
  std::optional<ReplayRequest> replay{};
  std::optional<HistoryRequest> history{};
  std::optional<TestRequest> test{};
  std::optional<AdviseRequest> advise{};
  std::optional<VersionRequest> version{};
  std::optional<DemoRequest> demo{};
};

/// Reads a command line. Pure but for the environment's HOME and XDG_STATE_HOME (where audit and history
/// are) and the clock, from which times of the history are counted.
[[nodiscard]] Request parse_request(int argc, const char* const* argv);

}  // namespace lockkeeper::cli
