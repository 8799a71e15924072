#include "wire/recording_relay.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <stdexcept>

namespace lockkeeper::testing {
namespace {

constexpr int tick_ms = 5;  // How soon the end is seen where no bytes flow.

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

bool readable(int socket) {
  pollfd watched{socket, POLLIN, 0};
  return ::poll(&watched, 1, tick_ms) > 0;
}

}  // namespace

RecordingRelay::RecordingRelay(std::uint16_t server_port) : server_port_(server_port) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t length = sizeof address;
  if (listener_ < 0 || ::bind(listener_, std::bit_cast<sockaddr*>(&address), length) != 0 ||
      ::listen(listener_, 8) != 0 || ::getsockname(listener_, std::bit_cast<sockaddr*>(&address), &length) != 0) {
    throw std::runtime_error("the relay cannot listen on loopback");
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

RecordingRelay::~RecordingRelay() {
  stopping_ = true;
  thread_.join();
  ::close(listener_);
}

std::vector<RecordingRelay::Piece> RecordingRelay::pieces() {
  const std::lock_guard guard(mutex_);
  return pieces_;
}

void RecordingRelay::serve() {
  while (!stopping_) {
    if (!readable(listener_)) continue;
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = loopback(server_port_);
    if (::connect(server, std::bit_cast<sockaddr*>(&address), sizeof address) == 0) relay(client, server);
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
