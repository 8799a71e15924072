// libmariadb's calls, none of which may wait for ever: each is begun, suspended while it would block, and continued.
#pragma once

#include <mysql.h>

#include <lockkeeper/connection.hpp>

namespace lockkeeper::client::mysql {

/// Waits for a suspended call's socket: who, and for how long, is the business of those who derive from it.
class Waiter {
 public:
  Waiter() = default;
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;
  virtual ~Waiter() = default;

  /// Waits for MYSQL_WAIT_READ or MYSQL_WAIT_WRITE. False when the call is to be given up.
  [[nodiscard]] virtual bool wait(MYSQL* session, int events) = 0;
};

class UntilDeadline : public Waiter {
 public:
  explicit UntilDeadline(Deadline deadline) : deadline_(deadline) {}
  [[nodiscard]] bool wait(MYSQL* session, int events) override;

 private:
  Deadline deadline_;
};

/// Whether a call suspended for these events could go on now. Never waits.
[[nodiscard]] bool is_ready(MYSQL* session, int events);
[[nodiscard]] bool wait_for_events(MYSQL* session, int events, Deadline deadline);

/// Empties this thread's queue of OpenSSL's errors. OpenSSL takes what anybody has left there for an error of the next
/// operation, and libmariadb does not empty it: one failed TLS connection would break the next one on this thread.
void forget_tls_errors() noexcept;
/// The same where the session has TLS.
void forget_tls_errors(MYSQL* session) noexcept;

/// Shuts the socket down, so that nothing on it can block any more.
void cut_socket(MYSQL* session) noexcept;

/// Ends a suspended call whose answer nobody will wait for: its reads and writes fail from here on, and so does the
/// session. The call must come to its end, because its memory hangs on a stack of its own.
template <class Continue>
void give_up(MYSQL* session, int events, const Continue& go_on) {
  cut_socket(session);
  while (events != 0) events = go_on(events | MYSQL_WAIT_TIMEOUT);
}

/// Runs one call to its end. `start()` and `go_on(events)` are its *_start and *_cont: the events it waits for, 0 at
/// the end. False where the waiter gave up; the session is unusable then.
template <class Start, class Continue>
[[nodiscard]] bool call(MYSQL* session, Waiter& waiter, const Start& start, const Continue& go_on) {
  forget_tls_errors(session);
  int events = start();
  while (events != 0) {
    if (!waiter.wait(session, events)) {
      give_up(session, events, go_on);
      return false;
    }
    forget_tls_errors(session);
    events = go_on(events);
  }
  return true;
}

}  // namespace lockkeeper::client::mysql
