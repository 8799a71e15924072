#include "support/impostor.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace lockkeeper::testing {

Impostor::Impostor(Manner manner, std::string greeting) : manner_(manner), greeting_(std::move(greeting)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener_, generic, length) != 0 || ::listen(listener_, 16) != 0 ||
      ::getsockname(listener_, generic, &length) != 0) {
    throw std::system_error(errno, std::generic_category(), "no loopback listener");
  }
  port_ = ntohs(address.sin_port);
  if (manner_ != Manner::stays_silent) thread_ = std::thread([this] { serve(); });
}

// Shutting a listener down ends its accept.
Impostor::~Impostor() {
  ::shutdown(listener_, SHUT_RDWR);
  if (thread_.joinable()) thread_.join();
  ::close(listener_);
}

void Impostor::serve() {
  for (;;) {
    const int client = ::accept(listener_, nullptr, nullptr);
    if (client < 0) return;
    std::array<char, 1024> ignored{};
    if (manner_ == Manner::answers) static_cast<void>(::recv(client, ignored.data(), ignored.size(), 0));
    static_cast<void>(::send(client, greeting_.data(), greeting_.size(), MSG_NOSIGNAL));
    if (manner_ == Manner::greets_at_once) static_cast<void>(::recv(client, ignored.data(), ignored.size(), 0));
    ::close(client);
  }
}

}  // namespace lockkeeper::testing
