#include "wire/recording_relay.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

namespace lockkeeper::testing {
namespace {

constexpr int tick_ms = 5;  // How soon the end is seen where no bytes flow.

bool readable(int socket) {
  pollfd watched{socket, POLLIN, 0};
  return ::poll(&watched, 1, tick_ms) > 0;
}

}  // namespace

RecordingRelay::RecordingRelay(std::uint16_t server_port) : server_port_(server_port) {
  thread_ = std::thread([this] { serve(); });
}

RecordingRelay::~RecordingRelay() {
  stopping_ = true;
  thread_.join();
}

std::vector<RecordingRelay::Piece> RecordingRelay::pieces() {
  const std::lock_guard guard(mutex_);
  return pieces_;
}

void RecordingRelay::serve() {
  while (!stopping_) {
    if (!readable(listener_.descriptor())) continue;
    const int client = listener_.accept();
    const int server = try_connect_to_loopback(server_port_);
    if (server >= 0) relay(client, server);
    ::close(client);
    ::close(server);
  }
}

void RecordingRelay::relay(int client, int server) {
  while (!stopping_) {
    std::array<pollfd, 2> watched{{{client, POLLIN, 0}, {server, POLLIN, 0}}};
    if (::poll(watched.data(), watched.size(), tick_ms) <= 0) continue;
    if (watched[0].revents != 0 && !pass_on(client, server, Side::frontend)) return;
    if (watched[1].revents != 0 && !pass_on(server, client, Side::backend)) return;
  }
}

bool RecordingRelay::pass_on(int from, int to, Side side) {
  std::array<char, 16'384> piece{};
  const ssize_t count = ::recv(from, piece.data(), piece.size(), 0);
  if (count <= 0) return false;
  const auto size = static_cast<std::size_t>(count);
  {
    const std::lock_guard guard(mutex_);
    pieces_.push_back({side, std::string(piece.data(), size)});
  }
  return ::send(to, piece.data(), size, MSG_NOSIGNAL) == count;
}

}  // namespace lockkeeper::testing
