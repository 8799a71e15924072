#include "support/gate.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <stdexcept>
#include <utility>

namespace lockkeeper::testing {
namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

// Closing sends RST instead of FIN, and forgets what was not sent.
void reset(int socket) noexcept {
  const linger at_once{1, 0};
  ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  ::close(socket);
}

bool send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

constexpr int tick_ms = 5;  // How soon a switch is seen where no bytes flow.

}  // namespace

Gate::Gate(std::uint16_t server_port) : server_port_(server_port) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t length = sizeof address;
  if (listener_ < 0 || ::bind(listener_, std::bit_cast<sockaddr*>(&address), length) != 0 ||
      ::listen(listener_, 128) != 0 || ::getsockname(listener_, std::bit_cast<sockaddr*>(&address), &length) != 0) {
    throw std::runtime_error("the gate cannot listen on loopback");
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

Gate::~Gate() {
  stopping_ = true;
  thread_.join();
  for (const auto& pair : pairs_) cut(*pair);
  ::close(listener_);
}

void Gate::judge(std::function<Verdict(std::string_view)> judge) {
  const std::lock_guard guard(mutex_);
  judge_ = std::move(judge);
}

void Gate::serve() {
  while (!stopping_) {
    std::vector<pollfd> watched{{listener_, POLLIN, 0}};
    const auto interest = static_cast<short>(stalling_ ? 0 : POLLIN);
    for (const auto& pair : pairs_) {
      watched.push_back({pair->client, interest, 0});
      watched.push_back({pair->server, interest, 0});
    }
    if (::poll(watched.data(), watched.size(), tick_ms) < 0) continue;
    const bool cut_now = cut_.exchange(false);
    std::vector<std::unique_ptr<Pair>> kept;
    for (std::size_t i = 0; i < pairs_.size(); ++i) {
      Pair& pair = *pairs_[i];
      const bool from_client = watched[1 + 2 * i].revents != 0;
      const bool from_server = watched[2 + 2 * i].revents != 0;
      const bool goes_on =
          !cut_now &&
          (stalling_ || ((!from_client || forward_from_client(pair)) && (!from_server || forward_from_server(pair))));
      if (goes_on) {
        kept.push_back(std::move(pairs_[i]));
      } else {
        cut(pair);
      }
    }
    pairs_ = std::move(kept);
    if (watched[0].revents != 0) accept_one();
  }
}

void Gate::accept_one() {
  auto pair = std::make_unique<Pair>();
  pair->client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (pair->client < 0) return;
  pair->server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(server_port_);
  if (refusing_ || ::connect(pair->server, std::bit_cast<sockaddr*>(&address), sizeof address) != 0) return cut(*pair);
  pairs_.push_back(std::move(pair));
}

bool Gate::forward_from_client(Pair& pair) {
  std::array<char, 65536> buffer;
  const ssize_t received = ::recv(pair.client, buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (received <= 0) return false;
  const std::string_view bytes(buffer.data(), static_cast<std::size_t>(received));
  Verdict verdict = Verdict::forward;
  {
    const std::lock_guard guard(mutex_);
    if (judge_) verdict = judge_(bytes);
  }
  if (verdict != Verdict::forward) ++cuts_;
  if (verdict == Verdict::cut_now) return false;
  pair.cut_at_answer = pair.cut_at_answer || verdict == Verdict::cut_reply;
  return send_all(pair.server, bytes);
}

bool Gate::forward_from_server(Pair& pair) {
  std::array<char, 65536> buffer;
  const ssize_t received = ::recv(pair.server, buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (received <= 0 || pair.cut_at_answer) return false;
  return send_all(pair.client, {buffer.data(), static_cast<std::size_t>(received)});
}

void Gate::cut(Pair& pair) noexcept {
  if (pair.client >= 0) reset(std::exchange(pair.client, -1));
  if (pair.server >= 0) reset(std::exchange(pair.server, -1));
}

}  // namespace lockkeeper::testing
