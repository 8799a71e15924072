// The acting half of the conductor: choose, guard, record, act, follow up.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <thread>

#include "diagnose/audit.hpp"
#include "diagnose/conductor.hpp"
#include "rules/blocking.hpp"

namespace lockkeeper::diagnose {
namespace {

using model::ActionOutcome;
using model::ActionResult;

// Waiters go on within milliseconds of a release, one after another, on a server that is kept from its work later; who
// has not by then waits for something else.
constexpr auto follow_up_time = std::chrono::seconds(3);
constexpr auto follow_up_interval = std::chrono::milliseconds(50);

bool can_signal(const model::Finding& finding, model::Action action) {
  return std::ranges::any_of(finding.remedies, [&](const model::Remedy& remedy) { return remedy.action == action; });
}

// What may not be seen is not called gone.
std::string or_not_seen(const std::vector<model::Missing>& missing) {
  std::string text;
  for (const auto& gap : missing)
    text += fmt::format(" Or it is among what was not seen: {} ({}).", gap.what, gap.cure);
  return text;
}

model::LookFailure no_such_session(const model::SessionId& id, const model::Snapshot& snapshot) {
  const bool hidden = std::ranges::any_of(snapshot.sessions, [&](const model::Session& session) {
    return session.id.pid == id.pid && session.state == model::SessionState::hidden;
  });
  if (hidden) {
    return {"no_such_session",
            fmt::format("whether session {} is {} may not be seen by our role", id.pid, to_string(id)),
            "Nothing is ended that cannot be told from another." + or_not_seen(snapshot.missing)};
  }
  return {
      "no_such_session", fmt::format("there is no session {} now", to_string(id)),
      "It has ended, or its pid now belongs to another. `lockkeeper doctor --json` lists pid and started_at of what "
      "it finds."};
}

// A start that was left out is the server's own, where that is what tells ids apart. A pid comes again.
std::optional<model::SessionId> whole_id(const model::SessionId& given, const model::Server& server) {
  if (given.started_at != model::WallTime{}) return given;
  if (server.engine() == model::Engine::postgres || !server.started_at) return std::nullopt;
  return model::SessionId{given.pid, *server.started_at};
}

model::LookFailure start_is_needed(const model::SessionId& given, const model::Snapshot& snapshot) {
  const auto now = std::ranges::find_if(snapshot.sessions,
                                        [&](const model::Session& session) { return session.id.pid == given.pid; });
  return {"no_such_session", fmt::format("which session is meant by {} is not certain: pids come again", given.pid),
          now == snapshot.sessions.end() ? "There is none now. Name it as PID@START."
                                         : fmt::format("Name it with its start; now it is {}.", to_string(now->id))};
}

model::LookFailure no_such_finding(const model::FindingId& id, const model::Diagnosis& diagnosis) {
  std::vector<std::string> there;
  for (const auto& finding : diagnosis.findings) there.push_back(finding.id.value());
  return {
      "no_such_finding", fmt::format("there is no finding {} now", id.value()),
      there.empty()
          ? fmt::format("Nothing is found now: the trouble may have ended by itself.{} Findings depend on the limits: "
                        "give the same --min-idle and so on as before.",
                        or_not_seen(diagnosis.missing))
          : fmt::format("Found now: {}.{} Findings depend on the limits: give the same --min-idle and so on as before.",
                        fmt::join(there, ", "), or_not_seen(diagnosis.missing))};
}

// Whether a session is still in the state, and the transaction, in which it was found. MySQL tells times of states by
// whole seconds.
bool is_still_so(const model::Session& now, const model::Session& found) {
  constexpr std::chrono::seconds blur{2};
  const auto begun = [](const model::Session& session) {
    return session.transaction ? std::optional(session.transaction->started_at) : std::nullopt;
  };
  if (now.state != found.state || begun(now) != begun(found)) return false;
  if (!now.state_changed_at || !found.state_changed_at) return now.state_changed_at == found.state_changed_at;
  return *now.state_changed_at <= *found.state_changed_at + blur;
}

// Whether an action on a session now is the one that was agreed to.
bool is_as_agreed(const model::Session& now, const model::Session& then, model::Action action) {
  if (then.idle_in_transaction()) return is_still_so(now, then);
  if (action != model::Action::cancel) return true;
  constexpr std::chrono::seconds blur{2};  // MySQL, as above
  return now.statement_started_at && then.statement_started_at &&
         *now.statement_started_at <= *then.statement_started_at + blur;
}

// Why a session that was chosen is left alone all the same; empty: it is not.
std::string not_agreed(const model::Session& session, const ActionRequest& request) {
  if (!request.agreed) return "";
  const auto then = std::ranges::find(*request.agreed, session.id, &model::Session::id);
  if (then == request.agreed->end()) return "it was not there when this was agreed to";
  return is_as_agreed(session, *then, request.action) ? "" : "it moved on since this was agreed to";
}

// The sessions of an earlier finding that are as they were; of the others is told that they moved on.
std::vector<model::Session> still_there(const ActionRequest& request, const model::Snapshot& now,
                                        model::ActionReport& report) {
  std::vector<model::Session> chosen;
  for (const model::Session& subject : request.found->subjects) {
    if (request.session && subject.id != *request.session) continue;
    const model::Session* session = now.find(subject.id);
    if (session != nullptr && is_still_so(*session, subject)) {
      chosen.push_back(*session);
    } else {
      report.targets.push_back({subject,
                                {ActionOutcome::moved_on,
                                 session == nullptr ? "it moved on: it has gone" : "it moved on since it was found"}});
    }
  }
  return chosen;
}

model::LookFailure not_by_signal(const model::Finding& finding, model::Action action) {
  std::string advice = finding.fix;
  for (const auto& remedy : finding.remedies) {
    if (!remedy.statement.empty()) advice += fmt::format(" By hand: {} ({})", remedy.statement, remedy.predicted);
  }
  return {"no_such_remedy", fmt::format("{} cannot be resolved with {}", finding.id.value(), to_string(action)),
          advice};
}

// Why a session may not be touched at all; empty if it may.
std::string untouchable(const model::Session& session, const ActionRequest& request) {
  using enum model::SessionKind;
  if (session.state == model::SessionState::hidden) return "our role may not see what it does; grant it that first";
  if (session.kind == replication) return "it is a replication session: never touched";
  if (session.kind == autovacuum) return "it is an autovacuum worker: never touched";
  if (session.kind == background) return "it is a process of the server itself: never touched";
  if (session.superuser && !request.include_superusers)
    return "its user is a superuser: give --include-superusers to include it";
  if (session.state == model::SessionState::other) return "it is in a state that cannot be guarded";
  const auto rows = session.transaction ? session.transaction->rows_modified : std::nullopt;
  if (request.action == model::Action::terminate && rows && *rows > request.max_rollback_rows) {
    return fmt::format(
        "it has {} rows to roll back, about {} with its locks held: give --max-rollback-rows {} to end it "
        "all the same",
        *rows, model::to_human(model::estimated_rollback(*rows)), *rows);
  }
  if (request.action == model::Action::cancel && session.state != model::SessionState::active) {
    return "it runs no statement: cancelling does nothing to a sleeping transaction";
  }
  return "";
}

std::vector<model::Holder> would_go(const model::ActionReport& report) {
  std::vector<model::Holder> holders;
  for (const auto& target : report.targets) {
    if (target.result.outcome == ActionOutcome::would_act) holders.emplace_back(target.session.id);
  }
  return holders;
}

}  // namespace

std::optional<model::LookFailure> Conductor::choose(const ActionRequest& request, const model::Diagnosis& diagnosis,
                                                    model::ActionReport& report) const {
  if (collector_ == nullptr ||
      (request.action != model::Action::terminate && request.action != model::Action::cancel)) {
    return model::LookFailure{"no_such_remedy",
                              fmt::format("{} is not done to sessions here", to_string(request.action)),
                              "A recorder's client is closed by its console: KILL_CLIENT id. Sessions are ended with "
                              "the server's own URL."};
  }
  std::vector<model::Session> chosen;
  if (request.found != nullptr) {
    report.finding = *request.found;
    if (!can_signal(*request.found, request.action)) return not_by_signal(*request.found, request.action);
    chosen = still_there(request, *observed_.judged, report);
  } else if (request.finding) {
    const auto found = std::ranges::find(diagnosis.findings, *request.finding, &model::Finding::id);
    if (found == diagnosis.findings.end()) return no_such_finding(*request.finding, diagnosis);
    report.finding = *found;
    if (!can_signal(*found, request.action)) return not_by_signal(*found, request.action);
    chosen = found->subjects;
  } else {
    const auto id = whole_id(*request.session, observed_.judged->server);
    if (!id) return start_is_needed(*request.session, *observed_.judged);
    const model::Session* session = observed_.judged->find(*id);
    if (session == nullptr) return no_such_session(*id, *observed_.judged);
    chosen.push_back(*session);
  }
  for (auto& session : chosen) {
    if (std::string moved = not_agreed(session, request); !moved.empty()) {
      report.targets.push_back({std::move(session), {ActionOutcome::moved_on, std::move(moved)}});
      continue;
    }
    const std::string why_not = untouchable(session, request);
    report.targets.push_back(
        {std::move(session), {why_not.empty() ? ActionOutcome::would_act : ActionOutcome::skipped, why_not}});
  }
  report.predicted_freed = rules::Blocking(*observed_.judged).freed_by(would_go(report));
  return std::nullopt;
}

ActionResult Conductor::act_on(const ActionRequest& request, const model::Guard& guard) {
  const auto deadline = std::chrono::steady_clock::now() + request.timeout;
  return request.action == model::Action::cancel ? collector_->cancel(guard, deadline)
                                                 : collector_->terminate(guard, deadline, request.on_rollback);
}

void Conductor::carry_out(const ActionRequest& request, model::ActionReport& report) {
  auto audit = Audit::open(request.audit);
  if (!audit) {
    report.failure = {"audit", "the audit file cannot be written, so nothing was done: " + audit.error(),
                      "Name another with --audit FILE."};
    return;
  }
  report.audit = request.audit.string();
  const model::Finding* finding = report.finding ? &*report.finding : nullptr;
  const AuditContext context{request.actor, observed_.judged->observer_role, observed_.judged->server.name,
                             request.action, finding};
  for (auto& target : report.targets) {
    if (target.result.outcome != ActionOutcome::would_act) continue;
    if (report.failure || request.interrupted()) {
      target.result = {ActionOutcome::skipped,
                       report.failure ? "stopped: the audit could not be written" : "stopped: interrupted"};
      continue;
    }
    if (const auto recorded = audit->append(context, target.session, nullptr); !recorded) {
      report.failure = {"audit", "the audit could not be written, so no more was done: " + recorded.error(),
                        "Make room, or name another file with --audit FILE."};
      target.result = {ActionOutcome::skipped, "stopped: the audit could not be written"};
      continue;
    }
    target.result =
        act_on(request, model::guard_for(target.session, request.only_while_blocking ||
                                                             (finding != nullptr && finding->only_while_blocking)));
    // However it went on: what ends now did not end by itself.
    const bool signalled = target.result.outcome == ActionOutcome::done ||
                           target.result.outcome == ActionOutcome::still_there ||
                           target.result.outcome == ActionOutcome::unknown;
    if (signalled && request.action == model::Action::terminate) gaps_.censor(target.session.id);
    if (const auto recorded = audit->append(context, target.session, &target.result); !recorded) {
      report.failure = {"audit", "an action's outcome could not be recorded: " + recorded.error(),
                        "The report here is complete; keep it."};
    }
  }
}

// Who is still there and waits for nothing has gone on. Waiters of one row go on one after another, each as the one
// before it commits: those still waiting may well wait for one of the others by now.
void Conductor::follow_up(const ActionRequest& request, model::ActionReport& report) {
  const auto give_up = std::chrono::steady_clock::now() + follow_up_time;
  while (true) {
    if (tick(request.timeout).failure) return;
    report.went_on.clear();
    report.still_waiting.clear();
    for (const auto& session : report.predicted_freed) {
      if (observed_.judged->find(session) == nullptr)
        continue;  // it has ended, by itself or because its client gave up
      const bool waits = std::ranges::count(observed_.judged->waits, session, &model::Wait::waiter) > 0;
      (waits ? report.still_waiting : report.went_on).push_back(session);
    }
    if (report.still_waiting.empty() || std::chrono::steady_clock::now() >= give_up) return;
    std::this_thread::sleep_for(follow_up_interval);  // tidy: waits between looks, at most follow_up_time in all
  }
}

model::ActionReport Conductor::act(const ActionRequest& request) {
  const model::Diagnosis diagnosis = tick(request.timeout);
  model::ActionReport report;
  report.url = diagnosis.url;
  report.observed_at = diagnosis.observed_at;
  report.server = diagnosis.server;
  report.action = request.action;
  report.dry_run = request.dry_run;
  report.failure = diagnosis.failure;
  if (!report.failure) report.failure = choose(request, diagnosis, report);
  if (report.failure || request.dry_run) return report;
  carry_out(request, report);
  follow_up(request, report);
  return report;
}

}  // namespace lockkeeper::diagnose
