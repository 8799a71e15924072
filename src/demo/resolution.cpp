#include "demo/resolution.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "demo/judgement.hpp"
#include "report/text.hpp"

namespace lockkeeper::demo {
namespace {

using model::ActionOutcome;

const model::Session& the_one(const model::Finding& finding, const Truth& truth) {
  const auto found = std::ranges::find(finding.subjects, *truth.end_only,
                                       [](const model::Session& session) { return session.id.pid; });
  return found == finding.subjects.end() ? finding.subjects.front() : *found;
}

std::set<std::int64_t> to_end(const Truth& truth) {
  return truth.end_only ? std::set<std::int64_t>{*truth.end_only} : truth.sessions;
}

std::string command_of(const Story& story, const std::string& url, const model::Finding& finding, const Truth& truth) {
  if (!truth.end_only) return report::kill_command(story.options(), url, finding, model::Action::terminate);
  return fmt::format("{} kill {} --session {} --yes", story.options().program, report::shell_word(url),
                     to_string(the_one(finding, truth).id));
}

diagnose::ActionRequest request_of(const Surroundings& surroundings, const model::Finding& finding,
                                   const Truth& truth) {
  diagnose::ActionRequest request;
  if (truth.end_only) {
    request.session = the_one(finding, truth).id;
  } else {
    request.finding = finding.id;
  }
  request.dry_run = false;
  request.audit = surroundings.folder / "audit.jsonl";
  request.actor = surroundings.viewer;
  request.interrupted = surroundings.interrupted;
  return request;
}

std::set<std::int64_t> ended_by(const model::ActionReport& report) {
  std::set<std::int64_t> ended;
  for (const model::Target& target : report.targets) {
    if (target.result.outcome == ActionOutcome::done) ended.insert(target.session.id.pid);
  }
  return ended;
}

void ask(const Surroundings& surroundings, const Truth& truth) {
  const std::size_t count = to_end(truth).size();
  const std::string what = count == 1 ? "this session" : fmt::format("these {} sessions", count);
  const Answer answer = surroundings.ask(fmt::format("Press Enter to end {}, or q to leave: ", what));
  if (surroundings.interrupted()) throw Interrupted();
  if (answer == Answer::leave) throw Left();
}

}  // namespace

Resolution resolve(Stage& stage, const std::string& url, const model::Finding& finding, const Truth& truth, bool asks) {
  Story& story = stage.story();
  const Surroundings& surroundings = stage.surroundings();
  story.command(command_of(story, url, finding, truth));
  if (asks) ask(surroundings, truth);
  model::ActionReport report;
  // Each look may meet a program just between two naps; then its session is not as it was seen, and is left alone.
  const auto acted = [&] {
    report = stage.conductor().act(request_of(surroundings, finding, truth));
    return ended_by(report) == to_end(truth);
  };
  const bool done =
      comes_true(acted, in(std::chrono::seconds(20)), surroundings.interrupted, std::chrono::milliseconds(100));
  story.block(report::to_text(report, story.options()));
  Resolution resolution{static_cast<std::int64_t>(ended_by(report).size())};
  if (report.failure) resolution.problem = report.failure->message;
  if (resolution.problem.empty() && !done)
    resolution.problem =
        fmt::format("sessions {} were to be ended, and {} were", fmt::join(to_end(truth), ", "),
                    ended_by(report).empty() ? "none" : fmt::format("{}", fmt::join(ended_by(report), ", ")));
  return resolution;
}

}  // namespace lockkeeper::demo
