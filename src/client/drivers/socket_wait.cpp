#include "client/drivers/socket_wait.hpp"

#include <poll.h>

#include <cerrno>
#include <chrono>

namespace lockkeeper::client {
namespace {

// One poll is never longer than this, so that a far deadline fits into poll's int.
constexpr std::chrono::milliseconds longest_poll{3'600'000};

short events_of(Interest interest) {
  switch (interest) {
    case Interest::read: return POLLIN;
    case Interest::write: return POLLOUT;
    case Interest::read_or_write: return POLLIN | POLLOUT;
  }
  return POLLIN;
}

// Rounded up: waking before the deadline would only mean a second, shorter wait.
int milliseconds_until(Deadline deadline) {
  const auto now = std::chrono::steady_clock::now();
  if (deadline <= now) return 0;
  if (deadline - now >= longest_poll) return static_cast<int>(longest_poll.count());
  return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(deadline - now).count());
}

}  // namespace

bool wait_for_socket(int socket, Interest interest, Deadline deadline) {
  pollfd watched{socket, events_of(interest), 0};
  for (;;) {
    const int ready = ::poll(&watched, 1, milliseconds_until(deadline));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return true;  // The caller's next read reports what is wrong.
    if (std::chrono::steady_clock::now() >= deadline) return false;
  }
}

bool has_input(int socket) { return wait_for_socket(socket, Interest::read, Deadline::min()); }

}  // namespace lockkeeper::client
