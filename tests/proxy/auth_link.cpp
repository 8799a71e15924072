#include "proxy/auth_link.hpp"

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

void wait_for(int handle, short events) {
  pollfd waiting{handle, events, 0};
  const auto patience = std::chrono::milliseconds(default_patience).count();
  check(::poll(&waiting, 1, static_cast<int>(patience)) == 1, "nothing comes");
}

}  // namespace

AuthLink AuthLink::connect(std::uint16_t port) { return AuthLink(connect_to_loopback(port)); }

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

AuthLink AuthListener::accept() {
  wait_for(listener_.descriptor(), POLLIN);
  const int accepted = listener_.accept();
  check(accepted >= 0, "cannot accept");
  return AuthLink(accepted);
}

}  // namespace lockkeeper::testing
