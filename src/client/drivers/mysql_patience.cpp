#include "client/drivers/mysql_patience.hpp"

#include <algorithm>
#include <chrono>

namespace lockkeeper::client::mysql {
namespace {

using Clock = std::chrono::steady_clock;

// How long a killed statement may take to stop: a second connection, and the end of an uninterruptible step.
constexpr std::chrono::seconds grace{1};

// A kill can overtake its statement, and the server then forgets it; so it is repeated during the grace.
constexpr std::chrono::milliseconds kill_interval{200};

}  // namespace

bool Patience::wait(MYSQL* session, int events) {
  for (;;) {
    // Rows that keep coming must not keep the deadline away; but an answer that is there already is better than a kill.
    const bool is_late = Clock::now() >= deadline_;
    if (wait_for_events(session, events, deadline_) && (!is_late || !looked_late_)) {
      looked_late_ = is_late;
      return true;
    }
    if (is_grace_ && Clock::now() >= last_moment_) return false;
    stop();
  }
}

bool Patience::has_time() {
  const Deadline now = Clock::now();
  if (now < deadline_) return true;
  if (is_grace_ && now >= last_moment_) return false;
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
  if (!is_grace_) last_moment_ = now + grace;
  is_grace_ = true;
  has_stopped_ = true;
  deadline_ = std::min(now + kill_interval, last_moment_);
  looked_late_ = false;
  // If the server does not take the request, it does not stop the statement either, and the grace runs out.
  static_cast<void>(killer_.kill(last_moment_));
}

Deadline Patience::for_cleaning_up() const {
  return std::max(is_grace_ ? last_moment_ : deadline_, Clock::now() + grace);
}

}  // namespace lockkeeper::client::mysql
