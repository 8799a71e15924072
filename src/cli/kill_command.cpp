#include <algorithm>
#include <array>
#include <ostream>
#include <string>

#include "cli/commands.hpp"
#include "cli/interrupt.hpp"
#include "report/json.hpp"
#include "report/text.hpp"

namespace lockkeeper::cli {
namespace {

// To have moved on is as good as done; to be skipped because it may not be touched is not.
bool settled(const model::Target& target) {
  using enum model::ActionOutcome;
  const auto outcome = target.result.outcome;
  return outcome == would_act || outcome == done || outcome == moved_on;
}

int status_of(const model::ActionReport& report) {
  constexpr std::array ours{"no_such_finding", "no_such_session", "no_such_remedy", "audit"};
  if (report.failure)
    return std::ranges::count(ours, report.failure->code) > 0 ? Status::found : status_of_failure(*report.failure);
  return std::ranges::all_of(report.targets, settled) ? Status::nothing_found : Status::found;
}

}  // namespace

int kill(const KillRequest& request, World& world) {
  const Interrupt interrupt;
  diagnose::ActionRequest action = request.action;
  action.interrupted = Interrupt::requested;
  bool told = false;
  if (world.error_is_terminal)
    action.on_rollback = [&](const model::Rollback& rollback) {
      world.error << "\r\x1b[K" << report::to_text(rollback) << std::flush;
      told = true;
    };
  const auto app_logs = open_app_logs(request.app_logs, false, request.common.timeout, world);
  if (!app_logs) return app_logs.error();
  const auto conductor = world.open(request.url, request.common.limits);
  if (*app_logs) conductor->read_app_logs(*app_logs);
  const model::ActionReport report = conductor->act(action);
  if (told) world.error << "\r\x1b[K" << std::flush;
  report::Options options;
  options.arguments = request.common.limit_arguments;
  if (request.common.json) {
    world.out << report::to_json(report, options) << '\n';
  } else {
    options.colour = colours(request.common.colour, world.out_is_terminal);
    world.out << report::to_text(report, options) << std::flush;
    options.colour = colours(request.common.colour, world.error_is_terminal);
    if (report.failure) world.error << report::to_text(*report.failure, options);
  }
  return delivered(world, status_of(report));
}

}  // namespace lockkeeper::cli
