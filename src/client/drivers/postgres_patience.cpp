#include "client/drivers/postgres_patience.hpp"

#include <algorithm>
#include <chrono>

#include "client/drivers/postgres_canceller.hpp"
#include "client/drivers/socket_wait.hpp"

namespace lockkeeper::client {
namespace {

// A cancel request can overtake its statement, and the server then forgets it; so it is repeated during the grace.
constexpr std::chrono::milliseconds cancel_interval{200};

}  // namespace

void Patience::renew(Deadline deadline) {
  deadline_ = deadline;
  is_grace_ = false;
  looked_late_ = false;
}

bool Patience::wait_for_result() {
  while (!is_lost() && PQisBusy(connection_) != 0) {
    if (!wait()) return false;
  }
  return true;
}

bool Patience::has_result() {
  while (!is_lost() && PQisBusy(connection_) != 0) {
    if (!has_input(PQsocket(connection_))) return false;
    read_what_has_come();
  }
  return true;
}

// Rows that keep coming must not keep the deadline away; but an answer that is there already is better than a cancel.
bool Patience::wait() {
  const bool more_to_write = PQflush(connection_) == 1;
  const Interest interest = more_to_write ? Interest::read_or_write : Interest::read;
  const bool is_late = std::chrono::steady_clock::now() >= deadline_;
  if (wait_for_socket(PQsocket(connection_), interest, deadline_)) {
    // A kernel that still takes a part of what we send says nothing of the server.
    if (!more_to_write || has_input(PQsocket(connection_))) grace_.heard(std::chrono::steady_clock::now());
    read_what_has_come();
    if (!is_late || !looked_late_) {
      looked_late_ = is_late;
      return true;
    }
  }
  if (is_grace_ && std::chrono::steady_clock::now() >= grace_.last_moment()) return false;
  // If the server does not take the request, it does not answer the statement either, and the grace runs out.
  static_cast<void>(cancel());
  return true;
}

bool Patience::cancel() {
  const Deadline now = std::chrono::steady_clock::now();
  if (!is_grace_) grace_.begin(now);
  is_grace_ = true;
  deadline_ = std::min(now + cancel_interval, grace_.last_moment());
  looked_late_ = false;
  if (!has_cancelled_ || now - asked_at_ >= cancel_interval) request_cancel();
  return was_taken_;
}

// Lost here is told by PQgetResult, with the server's last words if there were any.
void Patience::read_what_has_come() { static_cast<void>(PQconsumeInput(connection_)); }

void Patience::request_cancel() {
  const PgCancel request(PQgetCancel(connection_));
  was_taken_ = request && send_cancel(request.get(), grace_.last_moment());
  has_cancelled_ = true;
  asked_at_ = std::chrono::steady_clock::now();
}

}  // namespace lockkeeper::client
