#include "support/plain_socket.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>

#include "support/loopback.hpp"

namespace lockkeeper::testing {

PlainSocket::PlainSocket(std::uint16_t port) : socket_(connect_to_loopback(port)) {}

PlainSocket::~PlainSocket() {
  if (socket_ >= 0) ::close(socket_);
}

void PlainSocket::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

bool PlainSocket::receive(std::chrono::steady_clock::time_point deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  pollfd wanted{socket_, POLLIN, 0};
  if (left.count() <= 0 || ::poll(&wanted, 1, static_cast<int>(left.count())) == 0)
    throw std::runtime_error("nothing more came in time; so far: " + received_);
  std::array<char, 16 * 1024> buffer{};
  const ssize_t got = ::recv(socket_, buffer.data(), buffer.size(), 0);
  if (got > 0) received_.append(buffer.data(), static_cast<std::size_t>(got));
  return got > 0;
}

const std::string& PlainSocket::read(std::size_t bytes, std::chrono::milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (received_.size() < bytes) {
    if (!receive(deadline)) throw std::runtime_error("the connection ended; so far: " + received_);
  }
  return received_;
}

const std::string& PlainSocket::read_to_end(std::chrono::milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (receive(deadline)) {
  }
  return received_;
}

void PlainSocket::reset() {
  const linger cut{1, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &cut, sizeof cut);
  ::close(socket_);
  socket_ = -1;
}

}  // namespace lockkeeper::testing
