#include "cli/top/hand.hpp"

#include <chrono>
#include <exception>
#include <utility>

#include "report/text.hpp"

namespace lockkeeper::cli::top {
namespace {

model::ActionReport failed(const diagnose::ActionRequest& request, const std::exception& problem) {
  model::ActionReport report;
  report.observed_at = std::chrono::floor<model::Duration>(std::chrono::system_clock::now());
  report.action = request.action;
  report.dry_run = request.dry_run;
  report.failure = {"internal", problem.what(), "This is a bug in Lockkeeper, or a lack of memory."};
  return report;
}

}  // namespace

Hand::Hand(Open open) : open_(std::move(open)), thread_([this] { run(); }) {}

Hand::~Hand() {
  {
    const base::Guard guard(mutex_);
    stopped_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Hand::start(diagnose::ActionRequest request) {
  {
    const base::Guard guard(mutex_);
    waiting_ = std::move(request);
    done_.reset();
    ++started_;
  }
  changed_.notify_all();
}

std::optional<model::ActionReport> Hand::take() {
  const base::Guard guard(mutex_);
  return std::exchange(done_, std::nullopt);
}

std::string Hand::progress() const {
  const base::Guard guard(mutex_);
  return progress_;
}

bool Hand::is_acting() const {
  const base::Guard guard(mutex_);
  return acts_ || (waiting_ && !waiting_->dry_run);
}

bool Hand::finish() {
  base::Guard guard(mutex_);
  stopped_ = true;
  changed_.notify_all();
  while (acts_) changed_.wait(guard);
  return !plans_;
}

void Hand::run() {
  base::Guard guard(mutex_);
  while (true) {
    while (!stopped_ && !waiting_) changed_.wait(guard);
    if (stopped_) return;
    diagnose::ActionRequest request = *std::exchange(waiting_, std::nullopt);
    const std::uint64_t number = started_;
    acts_ = !request.dry_run;
    plans_ = request.dry_run;
    guard.unlock();
    request.interrupted = [this] {
      const base::Guard inner(mutex_);
      return stopped_;
    };
    request.on_rollback = [this](const model::Rollback& rollback) {
      const base::Guard inner(mutex_);
      progress_ = report::to_text(rollback);
    };
    model::ActionReport report;
    try {
      report = open_()->act(request);
    } catch (const std::exception& problem) {
      report = failed(request, problem);
    }
    guard.lock();
    progress_.clear();
    acts_ = plans_ = false;
    changed_.notify_all();
    if (number == started_) done_ = std::move(report);
  }
}

}  // namespace lockkeeper::cli::top
