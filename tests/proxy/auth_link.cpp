#include "proxy/auth_link.hpp"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>

#include "support/servers.hpp"

namespace lockkeeper::testing {
namespace {

namespace pg = wire::postgres;

void check(bool worked, const char* what) {
  if (!worked) throw std::runtime_error(what);
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

sockaddr* general(sockaddr_in& address) { return static_cast<sockaddr*>(static_cast<void*>(&address)); }

void wait_for(int handle, short events) {
  pollfd waiting{handle, events, 0};
  const auto patience = std::chrono::milliseconds(default_patience).count();
  check(::poll(&waiting, 1, static_cast<int>(patience)) == 1, "nothing comes");
}

}  // namespace

AuthLink AuthLink::connect(std::uint16_t port) {
  AuthLink link(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  auto address = loopback(port);
  check(::connect(link.handle_, general(address), sizeof address) == 0, "cannot connect");
  return link;
}

AuthLink::~AuthLink() {
  if (handle_ >= 0) ::close(handle_);
}

void AuthLink::wait(short events) const { wait_for(handle_, events); }

void AuthLink::send(std::string_view bytes) {
  while (!bytes.empty()) {
    wait(POLLOUT);
    const auto sent = ::send(handle_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    check(sent > 0, "cannot send");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::string AuthLink::take(std::size_t size) {
  while (buffer_.size() < size) {
    wait(POLLIN);
    std::array<char, 4096> piece{};
    const auto received = ::recv(handle_, piece.data(), piece.size(), 0);
    check(received > 0, "the other side has gone");
    buffer_.append(piece.data(), static_cast<std::size_t>(received));
  }
  std::string bytes = buffer_.substr(0, size);
  buffer_.erase(0, size);
  return bytes;
}

AuthLink::Frame AuthLink::message() {
  const auto header = pg::read_header(take(pg::header_size));
  check(header && *header, "no message");
  return {(*header)->type, take((*header)->body)};
}

std::string AuthLink::startup() {
  const std::string length = take(4);
  const auto size = pg::startup_size(length);
  check(size && *size, "no start-up packet");
  return length + take(**size - 4);
}

AuthListener::AuthListener() : handle_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  auto address = loopback(0);
  socklen_t size = sizeof address;
  check(::bind(handle_, general(address), size) == 0 && ::listen(handle_, 8) == 0, "cannot listen");
  check(::getsockname(handle_, general(address), &size) == 0, "no port");
  port_ = ntohs(address.sin_port);
}

AuthListener::~AuthListener() { ::close(handle_); }

AuthLink AuthListener::accept() {
  wait_for(handle_, POLLIN);
  const int accepted = ::accept4(handle_, nullptr, nullptr, SOCK_CLOEXEC);
  check(accepted >= 0, "cannot accept");
  return AuthLink(accepted);
}

}  // namespace lockkeeper::testing
