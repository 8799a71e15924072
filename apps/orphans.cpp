#include "orphans.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "model/guard.hpp"

namespace lockkeeper {
namespace {

// A crowd that goes at once; beyond that their statements end by themselves.
constexpr std::size_t most_waiting = 256;
constexpr std::chrono::seconds patience{5};
constexpr std::chrono::milliseconds between_looks{100};

// Still this client's, and still at work: its number may be somebody else's by now.
const model::Session* find(const model::Snapshot& snapshot, const proxy::Orphan& orphan) {
  const auto found = std::ranges::find_if(snapshot.sessions, [&](const model::Session& session) {
    return session.id.pid == orphan.connection_id && session.client == orphan.client_of_server &&
           session.state == model::SessionState::active;
  });
  return found == snapshot.sessions.end() ? nullptr : &*found;
}

}  // namespace

Orphans::Orphans(std::unique_ptr<collect::Collector> collector, Log log)
    : collector_(std::move(collector)), log_(std::move(log)), thread_([this] { run(); }) {}

Orphans::~Orphans() {
  {
    const std::lock_guard guard(mutex_);
    stopped_ = true;
    waiting_.clear();
  }
  changed_.notify_all();
  thread_.join();
}

void Orphans::add(const proxy::Orphan& orphan) {
  const std::lock_guard guard(mutex_);
  if (stopped_) return;
  if (waiting_.size() >= most_waiting) {
    return log_(true, fmt::format("session {} of user \"{}\", whose client has gone, may go on at the server until its "
                                  "statement ends: {} such sessions are to be ended before it",
                                  orphan.connection_id, orphan.user, waiting_.size()));
  }
  waiting_.push_back(orphan);
  changed_.notify_all();
}

void Orphans::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopped_ || !waiting_.empty(); });
    if (stopped_) return;
    const proxy::Orphan orphan = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    end(orphan);
    lock.lock();
  }
}

// A look may be a moment behind: InnoDB's views are of up to 0.1 s ago. Who seems to have moved on is looked at again.
void Orphans::end(const proxy::Orphan& orphan) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  const std::string who =
      fmt::format("session {} of user \"{}\", whose client has gone,", orphan.connection_id, orphan.user);
  do {
    const auto snapshot = collector_->look(deadline);
    if (!snapshot)
      return log_(true, fmt::format("{} may go on at the server until its statement ends: {}. {}", who,
                                    snapshot.error().message, snapshot.error().advice));
    const model::Session* session = find(*snapshot, orphan);
    if (session == nullptr) return;  // It has ended by itself.
    const model::ActionResult result = collector_->terminate(guard_for(*session, false), deadline, nullptr);
    if (result.outcome == model::ActionOutcome::done)
      return log_(false, fmt::format("{} was ended at the server", who));
    if (result.outcome != model::ActionOutcome::moved_on)
      return log_(true, fmt::format("{} was not ended at the server: {}", who, result.reason));
  } while (wait_a_little() && std::chrono::steady_clock::now() < deadline);
  log_(true,
       fmt::format("{} may go on at the server: it was at something else each time that it was to be ended", who));
}

// False: we are ending.
bool Orphans::wait_a_little() {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, between_looks, [this] { return stopped_; });
}

}  // namespace lockkeeper
