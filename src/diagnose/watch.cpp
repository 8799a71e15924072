#include "diagnose/watch.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace lockkeeper::diagnose {
namespace {

// A restart takes seconds, and nobody is to be woken for one look that failed.
constexpr std::chrono::seconds critical_after{10};

// Of what is only looked at. Whoever waits for a server to come back does not want to wait a minute more.
constexpr std::chrono::seconds longest_pause{15};

std::chrono::seconds pause_after(int failures) {
  constexpr int doublings = 3;
  return failures > doublings ? longest_pause : std::chrono::seconds(1 << (failures - 1));
}

model::WallTime wall_now() { return std::chrono::floor<Duration>(std::chrono::system_clock::now()); }

}  // namespace

model::Finding server_unreachable(const std::string& server, const model::LookFailure& failure, model::WallTime since,
                                  model::WallTime now) {
  model::Finding finding;
  finding.rule = model::RuleId("server-unreachable");
  finding.id = model::make_finding_id(finding.rule, {server});
  finding.confidence = model::Confidence::certain;
  finding.count = 1;
  // Our own clock, which may have been set back meanwhile.
  const Duration lasting = std::max(now - since, Duration::zero());
  finding.severity = lasting >= critical_after ? model::Severity::critical : model::Severity::warning;
  finding.title = fmt::format("server {} cannot be looked at for {}", server, model::to_human(lasting));
  finding.evidence.items = {{"code", failure.code}, {"message", failure.message}, {"unreachable_for", lasting}};
  finding.explanation = fmt::format(
      "The look failed: {}. Whatever is found of this server now is what the recorder knows, or was seen before. It is "
      "tried again by itself.",
      failure.message);
  finding.likely_mistake =
      "The server is down or out of connections, the network between is cut, or the role that looks may not log in.";
  finding.fix = failure.advice;
  finding.first_seen = since;
  finding.last_seen = now;
  return finding;
}

Watch::Watch(std::string name, std::unique_ptr<Conductor> conductor, Board& board, WatchSettings settings, Hooks hooks)
    : name_(std::move(name)),
      conductor_(std::move(conductor)),
      board_(board),
      timeout_(settings.timeout),
      hooks_(std::move(hooks)),
      interval_(settings.interval),
      thread_([this] { run(); }) {}

Watch::~Watch() {
  stop();
  thread_.join();
}

void Watch::stop() noexcept {
  {
    const base::Guard guard(mutex_);
    stopped_ = true;
  }
  stopping_.notify_all();
}

void Watch::hurry(std::chrono::milliseconds interval) {
  {
    const base::Guard guard(mutex_);
    interval_ = interval;
    hurried_ = true;
  }
  stopping_.notify_all();
}

std::chrono::milliseconds Watch::interval() {
  const base::Guard guard(mutex_);
  return interval_;
}

bool Watch::wait_until(std::chrono::steady_clock::time_point time) {
  base::Guard guard(mutex_);
  while (!stopped_ && !hurried_) {
    if (stopping_.wait_until(guard, time) == std::cv_status::timeout) break;
  }
  hurried_ = false;
  return !stopped_;
}

// A look that took longer than the interval is followed by the next at once, not by those that were missed.
void Watch::run() {
  auto next = std::chrono::steady_clock::now();
  while (wait_until(next)) {
    const auto begun = std::chrono::steady_clock::now();
    look();
    const auto now = std::chrono::steady_clock::now();
    // Looks at an even pace, unless somebody asked for one before its time.
    const auto due = std::min(next, begun);
    next = failures_ > 0 ? now + pause_after(failures_) : std::max(due + interval(), now);
  }
  if (hooks_.at_end) hooks_.at_end(*conductor_);
}

void Watch::look() {
  if (hooks_.before_look) hooks_.before_look(*conductor_);
  model::Diagnosis diagnosis = conductor_->tick(timeout_);
  const model::WallTime now = wall_now();
  if (diagnosis.failure) {
    if (!unreachable_since_) unreachable_since_ = now;
    diagnosis.findings.insert(diagnosis.findings.begin(),
                              server_unreachable(name_, *diagnosis.failure, *unreachable_since_, now));
  } else {
    unreachable_since_.reset();
  }
  // With a recorder there is something to look at all the same; its conductor spares the server by itself.
  const bool saw_nothing = diagnosis.failure && conductor_->observed().recording == nullptr;
  failures_ = saw_nothing ? failures_ + 1 : 0;
  const auto view = make_view(name_, *conductor_, std::move(diagnosis), now);
  board_.publish(view);
  if (hooks_.after_look) hooks_.after_look(*view, *conductor_);
}

}  // namespace lockkeeper::diagnose
