#include "deeds.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "diagnose/audit.hpp"
#include "diagnose/conductor.hpp"
#include "log.hpp"

namespace lockkeeper {
namespace {

// A policy that finds more at once than it may do in an hour says so of a few; the others come with the next looks.
constexpr std::size_t most_waiting = 1'000;

model::ActionReport failed(const diagnose::ActionRequest& request, model::LookFailure failure) {
  model::ActionReport report;
  report.observed_at = std::chrono::floor<model::Duration>(std::chrono::system_clock::now());
  report.action = request.action;
  report.dry_run = request.dry_run;
  report.failure = std::move(failure);
  return report;
}

std::vector<model::SessionId> sessions_of(const diagnose::ActionRequest& request) {
  std::vector<model::SessionId> sessions;
  if (request.agreed) {
    for (const model::Session& session : *request.agreed) sessions.push_back(session.id);
    return sessions;
  }
  if (request.session) return {*request.session};
  if (request.found == nullptr) return sessions;
  for (const model::Session& subject : request.found->subjects) sessions.push_back(subject.id);
  return sessions;
}

void log_deed(const std::string& actor, const std::string& server, const model::ActionReport& report) {
  if (report.failure)
    log_line(LogLevel::warning,
             fmt::format("{} on {}: {}. {}", actor, server, report.failure->message, report.failure->advice));
  for (const model::Target& target : report.targets) {
    const bool cancel = report.action == model::Action::cancel;
    log_line(LogLevel::info, fmt::format("{} on {}: {} session {} of application \"{}\", user \"{}\"{}{}", actor,
                                         server, outcome_name(target.result.outcome, cancel),
                                         to_string(target.session.id), target.session.application, target.session.user,
                                         target.result.reason.empty() ? "" : ": ", target.result.reason));
  }
}

}  // namespace

Deeds::Deeds(const Collectors& collectors, const diagnose::Board& board, rules::Limits limits,
             std::filesystem::path audit, Hooks hooks)
    : collectors_(collectors),
      board_(board),
      limits_(limits),
      audit_(std::move(audit)),
      hooks_(std::move(hooks)),
      thread_([this] { run(); }) {}

Deeds::~Deeds() {
  {
    const std::lock_guard guard(mutex_);
    stopped_ = true;
    waiting_.clear();
  }
  changed_.notify_all();
  thread_.join();
}

void Deeds::know(std::string server, std::string url) {
  const std::lock_guard guard(mutex_);
  urls_[std::move(server)] = std::move(url);
}

void Deeds::set_policies(std::vector<diagnose::Policy> policies) {
  const std::lock_guard guard(mutex_);
  policies_ = std::move(policies);
}

std::string Deeds::url_of(const std::string& server) const {
  const std::lock_guard guard(mutex_);
  const auto found = urls_.find(server);
  return found == urls_.end() ? std::string() : found->second;
}

void Deeds::look(const diagnose::View& view) {
  const std::lock_guard guard(mutex_);
  if (stopped_ || policies_.empty() || !urls_.contains(view.name)) return;
  for (const diagnose::Decision& decision : desk_.decide(policies_, view, std::chrono::steady_clock::now())) {
    if (waiting_.size() >= most_waiting) {
      log_line(LogLevel::warning,
               fmt::format("policy {} on {}: {} decisions wait to be carried out, others are dropped",
                           decision.policy->name, view.name, waiting_.size()));
      break;
    }
    Deed deed{.server = view.name,
              .policy = *decision.policy,
              .finding = std::make_shared<const model::Finding>(*decision.finding),
              .session = *decision.session,
              .act = decision.act,
              .reason = decision.reason,
              .seen = {},
              .role = view.observed.snapshot->observer_role};
    deed.seen.url = view.diagnosis.url;
    deed.seen.observed_at = view.diagnosis.observed_at;
    deed.seen.server = view.diagnosis.server;
    waiting_.push_back(std::move(deed));
  }
  changed_.notify_all();
}

void Deeds::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopped_ || !waiting_.empty(); });
    if (stopped_) return;
    const Deed deed = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    carry_out(deed);
    lock.lock();
  }
}

void Deeds::carry_out(const Deed& deed) {
  const std::string actor = "policy " + deed.policy.name;
  const model::ActionReport report = deed.act && deed.policy.enabled ? act_for(deed) : only_tell(deed);
  log_deed(actor, deed.server, report);
  hooks_.after(deed.server, actor, report);
}

model::ActionReport Deeds::act_for(const Deed& deed) {
  diagnose::ActionRequest request;
  request.action = deed.policy.action;
  request.found = deed.finding;
  request.session = deed.session.id;
  request.dry_run = false;
  request.include_superusers = deed.policy.include_superusers;
  request.only_while_blocking = deed.policy.only_if_blocking;
  request.max_rollback_rows = deed.policy.max_rollback_rows;
  request.audit = audit_;
  request.actor = "policy " + deed.policy.name;
  return act(deed.server, std::move(request));
}

// What is not done is recorded too, with the reason: that is how one learns what a policy would do.
model::ActionReport Deeds::only_tell(const Deed& deed) const {
  model::ActionReport report = deed.seen;
  report.action = deed.policy.action;
  report.dry_run = true;
  report.finding = *deed.finding;
  report.targets.push_back(
      {deed.session,
       {deed.act ? model::ActionOutcome::would_act : model::ActionOutcome::skipped,
        deed.act ? fmt::format("a dry run: enabled is not set in [policies.{}]", deed.policy.name) : deed.reason}});
  auto audit = diagnose::Audit::open(audit_);
  if (!audit) {
    report.failure = {"audit", "the audit file cannot be written: " + audit.error(), "Name another with --audit FILE."};
    return report;
  }
  const diagnose::AuditContext context{"policy " + deed.policy.name, deed.role,
                                       deed.seen.server ? deed.seen.server->name : deed.server, deed.policy.action,
                                       deed.finding.get()};
  if (const auto recorded = audit->append(context, deed.session, &report.targets.front().result); !recorded)
    report.failure = {"audit", "the audit could not be written: " + recorded.error(), "Make room."};
  return report;
}

model::ActionReport Deeds::act(const std::string& server, diagnose::ActionRequest request) {
  const std::string url = url_of(server);
  if (url.empty())
    return failed(request, {"no_such_remedy", fmt::format("nobody has told how to log in to {}", server),
                            "Give the server's URL, or a section [servers.NAME] with it."});
  if (request.audit.empty()) request.audit = audit_;
  if (request.audit.empty() && !request.dry_run)
    return failed(request, {"audit", "neither HOME nor XDG_STATE_HOME is set: there is no place for the audit",
                            "Start lockkeeper run with --audit FILE."});
  if (request.finding && request.found == nullptr) {
    const auto view = board_.view(server);
    const auto& findings = view->diagnosis.findings;
    const auto found = std::ranges::find(findings, *request.finding, &model::Finding::id);
    if (found != findings.end()) request.found = std::make_shared<const model::Finding>(*found);
  }
  if (!request.dry_run) hooks_.before(server, sessions_of(request));
  diagnose::Conductor conductor(collectors_.open(url), limits_);
  return conductor.act(request);
}

}  // namespace lockkeeper
