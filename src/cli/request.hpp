// A command line, understood.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "diagnose/conductor.hpp"

namespace lockkeeper::cli {

enum class Colour { automatic, always, never };

/// What doctor and kill have in common.
struct Common {
  diagnose::Limits limits;
  diagnose::Duration timeout = std::chrono::seconds(10);
  bool json = false;
  Colour colour = Colour::automatic;
  std::string limit_arguments;  ///< The limits that are not the defaults, as arguments.
};

struct DoctorRequest {
  Common common;
  std::vector<std::string> urls;  ///< Empty: one server, the environment's.
  diagnose::Duration watch{};     ///< Zero: one look.
  diagnose::Duration interval = std::chrono::seconds(1);
  std::optional<model::Severity> fail_on = model::Severity::warning;  ///< Empty: never.
  bool allow_incomplete = false;
};

struct KillRequest {
  Common common;
  std::string url;
  diagnose::ActionRequest action;
};

/// `lockkeeper run`: a configuration file, or a URL and a few options beside it.
struct RunRequest {
  Common common;
  std::string config;  ///< A file; empty: the URL.
  std::string url;
  std::vector<std::string> listen;
  std::string pool_mode;  ///< As in the configuration; empty: its default.
  std::string auth;
  std::string io;
  std::optional<unsigned> workers;
  std::optional<unsigned> pool_size;
  bool record = true;
  bool check = false;  ///< Only read the configuration.
};

/// What to do, or, where `exit_status` is set, what to print instead.
struct Request {
  std::optional<int> exit_status;
  std::string output;  ///< Help or version, for standard output; with status 2 an error, for standard error.
  std::optional<DoctorRequest> doctor;
  std::optional<KillRequest> kill;
  std::optional<RunRequest> run;
};

/// Reads a command line. Pure but for the environment's HOME and XDG_STATE_HOME (where the audit goes).
[[nodiscard]] Request parse_request(int argc, const char* const* argv);

}  // namespace lockkeeper::cli
