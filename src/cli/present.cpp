#include <algorithm>
#include <ostream>

#include "cli/commands.hpp"
#include "report/json.hpp"
#include "report/text.hpp"

namespace lockkeeper::cli {
namespace {

int status_of(const model::Diagnosis& diagnosis, const Judging& request) {
  if (diagnosis.failure) return status_of_failure(*diagnosis.failure);
  const bool found = request.fail_on && std::ranges::any_of(diagnosis.findings, [&](const auto& finding) {
                       return finding.severity >= *request.fail_on;
                     });
  if (found) return Status::found;
  // What could not be seen may be what is stuck: its absence is not claimed by a 0.
  const bool absence_unknown = request.fail_on && !diagnosis.complete() && !request.allow_incomplete;
  return absence_unknown ? Status::not_observed : Status::nothing_found;
}

}  // namespace

int present(const model::Diagnosis& diagnosis, const Judging& request, World& world) {
  report::Options options;
  options.arguments = request.common.limit_arguments;
  if (request.common.json) {
    world.out << report::to_json(diagnosis, options) << '\n';
    return status_of(diagnosis, request);
  }
  options.colour = colours(request.common.colour, world.out_is_terminal);
  if (diagnosis.looks > 0) world.out << report::to_text(diagnosis, options) << std::flush;
  if (diagnosis.failure) {
    options.colour = colours(request.common.colour, world.error_is_terminal);
    world.error << report::to_text(*diagnosis.failure, options);
  }
  return status_of(diagnosis, request);
}

}  // namespace lockkeeper::cli
