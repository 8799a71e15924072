#include "client/drivers/mysql_patience.hpp"

#include <algorithm>
#include <chrono>

namespace lockkeeper::client::mysql {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds for_cleaning{1};

// A kill can overtake its statement, and the server then forgets it; so it is repeated during the grace.
constexpr std::chrono::milliseconds kill_interval{200};

}  // namespace

bool Patience::wait(MYSQL* session, int events) {
  for (;;) {
    // Rows that keep coming must not keep the deadline away; but an answer that is there already is better than a kill.
    const bool is_late = Clock::now() >= deadline_;
    if (wait_for_events(session, events, deadline_) && (!is_late || !looked_late_)) {
      looked_late_ = is_late;
      // A kernel that still takes a part of what we send says nothing of the server.
      if ((events & MYSQL_WAIT_READ) != 0) grace_.heard(Clock::now());
      return true;
    }
    if (is_grace_ && Clock::now() >= grace_.last_moment()) return false;
    stop();
  }
}

bool Patience::has_time() {
  const Deadline now = Clock::now();
  if (now < deadline_) return true;
  if (is_grace_ && now >= grace_.last_moment()) return false;
  grace_.heard(now);
  stop();
  return true;
}

void Patience::renew(Deadline deadline) {
  deadline_ = deadline;
  is_grace_ = false;
  looked_late_ = false;
}

void Patience::stop() {
  const Deadline now = Clock::now();
  if (!is_grace_) grace_.begin(now);
  is_grace_ = true;
  has_stopped_ = true;
  deadline_ = std::min(now + kill_interval, grace_.last_moment());
  looked_late_ = false;
  // If the server does not take the request, it does not stop the statement either, and the grace runs out.
  static_cast<void>(killer_.kill(grace_.last_moment()));
}

Deadline Patience::for_cleaning_up() const {
  return std::max(is_grace_ ? grace_.last_moment() : deadline_, Clock::now() + for_cleaning);
}

}  // namespace lockkeeper::client::mysql
