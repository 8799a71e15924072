#include "wire/raw_connection.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>

#include "support/loopback.hpp"

namespace lockkeeper::testing {

RawConnection::RawConnection(std::uint16_t port) : socket_(connect_to_loopback(port)) {}

RawConnection::~RawConnection() { ::close(socket_); }

void RawConnection::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) throw std::runtime_error("the server does not take what is sent");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

bool RawConnection::read_more(std::chrono::milliseconds patience) {
  pollfd watched{socket_, POLLIN, 0};
  if (::poll(&watched, 1, static_cast<int>(patience.count())) <= 0) throw std::runtime_error("the server is silent");
  std::array<char, 16'384> piece{};
  const ssize_t count = ::recv(socket_, piece.data(), piece.size(), 0);
  if (count <= 0) return false;
  bytes_.append(piece.data(), static_cast<std::size_t>(count));
  return true;
}

Message RawConnection::receive() {
  for (;;) {
    const std::string bytes = finder_.next(bytes_);
    if (bytes.size() == 1) return parse_message("B EncryptionAnswer answer=" + bytes);
    if (!bytes.empty()) {
      const auto message = describe_message(Side::backend, bytes);
      if (!message) throw std::runtime_error("no layout fits a message of type " + bytes.substr(0, 1));
      return *message;
    }
    if (!read_more(default_patience)) throw std::runtime_error("the server has ended the connection");
  }
}

bool RawConnection::ended() {
  while (bytes_.empty()) {
    if (!read_more(default_patience)) return true;
  }
  return false;
}

}  // namespace lockkeeper::testing
