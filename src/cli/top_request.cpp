#include "cli/top_request.hpp"

#include <CLI/CLI.hpp>
#include <utility>

#include "cli/common_options.hpp"
#include "cli/state_file.hpp"

namespace lockkeeper::cli {
namespace {

using namespace std::chrono_literals;

// More often than this nobody reads, and the server has to answer.
constexpr auto least_interval = 100ms;

constexpr const char* top_footer = R"(
Shows sessions sorted by what matters, findings with the mistake behind them, who waits for whom, and what a transaction
ran. k ends a session or what a finding names: it shows what would happen, and asks. ? explains all keys, q quits.
Examples:
  lockkeeper top postgresql://postgres@db.example/shop
  lockkeeper top mysql://root@db.example                      MySQL and MariaDB alike
  lockkeeper top service=shop --read-only --interval 5s
  lockkeeper top postgresql://postgres@db.example/shop --min-idle 2s --include-superusers
  PGHOST=db.example PGUSER=monitor lockkeeper top             as psql would connect
)";

}  // namespace

void add_top(CLI::App& command, TopArguments& arguments) {
  TopRequest& request = arguments.request;
  command.footer(top_footer);
  command.add_option(
      "URL", request.url,
      "The server: a postgresql://, mysql:// or mariadb:// URL, or \"host=... dbname=...\"; without one, "
      "PG* variables");
  add_duration(command, "--interval", request.interval, "Time from look to look; + and - change it", true);
  command.add_flag("--read-only", request.read_only, "Nothing can be ended from here");
  command.add_flag_callback(
      "--no-color", [&request] { request.colour = false; }, "No colours; so does NO_COLOR in the environment");
  // Nobody is to look for it in vain.
  command.add_flag("--json", arguments.json)->group("");
  add_acting(command, request.action);
  add_limits(command, request.common);
}

std::expected<TopRequest, std::string> understand(TopArguments arguments) {
  TopRequest& request = arguments.request;
  if (arguments.json)
    return std::unexpected("top draws on a terminal; for programs there is `lockkeeper doctor --json`");
  if (request.interval < least_interval) return std::unexpected("--interval must be 100ms or longer");
  if (request.action.audit.empty()) request.action.audit = state_file("audit.jsonl");
  request.common.limit_arguments = limit_arguments(request.common.limits);
  request.action.timeout = request.common.timeout;
  return std::move(request);
}

}  // namespace lockkeeper::cli
