#include "support/loopback.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <string>
#include <system_error>

namespace lockkeeper::testing {
namespace {

int new_socket() noexcept { return ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0); }

sockaddr_in loopback(std::uint16_t port) noexcept {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

// Leaves errno as it was.
void give_up(int socket) noexcept {
  const int error = errno;
  if (socket >= 0) ::close(socket);
  errno = error;
}

}  // namespace

int try_connect_to_loopback(std::uint16_t port) noexcept {
  const int connected = new_socket();
  sockaddr_in address = loopback(port);
  if (connected >= 0 && ::connect(connected, std::bit_cast<sockaddr*>(&address), sizeof address) == 0) return connected;
  give_up(connected);
  return -1;
}

int connect_to_loopback(std::uint16_t port) {
  const int connected = try_connect_to_loopback(port);
  if (connected >= 0) return connected;
  const int error = errno;
  throw std::system_error(error, std::generic_category(), "cannot connect to port " + std::to_string(port));
}

LoopbackListener::LoopbackListener(int backlog) : descriptor_(new_socket()) {
  sockaddr_in address = loopback(0);
  auto* general = std::bit_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  if (descriptor_ < 0 || ::bind(descriptor_, general, size) != 0 || ::listen(descriptor_, backlog) != 0 ||
      ::getsockname(descriptor_, general, &size) != 0) {
    give_up(descriptor_);
    throw std::system_error(errno, std::generic_category(), "cannot listen on loopback");
  }
  port_ = ntohs(address.sin_port);
}

LoopbackListener::~LoopbackListener() { ::close(descriptor_); }

int LoopbackListener::accept() const noexcept { return ::accept4(descriptor_, nullptr, nullptr, SOCK_CLOEXEC); }

void LoopbackListener::shut() const noexcept { ::shutdown(descriptor_, SHUT_RDWR); }

}  // namespace lockkeeper::testing
