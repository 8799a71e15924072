#include "support/gate.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace lockkeeper::testing {
namespace {

// Closing sends RST instead of FIN, and forgets what was not sent.
void reset(int& socket) noexcept {
  if (socket < 0) return;
  const linger at_once{1, 0};
  ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  ::close(std::exchange(socket, -1));
}

// Small pieces must leave as packets of their own.
void send_at_once(int socket) noexcept {
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

constexpr int tick_ms = 5;                       // How soon a switch is seen where no bytes flow.
constexpr std::size_t most_queued = 256 * 1024;  // Then the sender is slowed down, as by a real network.

short interest(bool reading, bool writing) {
  return static_cast<short>((reading ? POLLIN : 0) | (writing ? POLLOUT : 0));
}

}  // namespace

Gate::Gate(std::uint16_t server_port) : server_port_(server_port) {
  thread_ = std::thread([this] { serve(); });
}

Gate::~Gate() {
  stopping_ = true;
  thread_.join();
  for (const auto& pair : pairs_) cut(*pair);
}

void Gate::judge(std::function<Verdict(std::string_view)> judge) {
  const std::lock_guard guard(mutex_);
  judge_ = std::move(judge);
  if (!judge_) held_ = 0;
}

void Gate::serve() {
  while (!stopping_) {
    const bool stalled = stalling_;
    const bool waits = delay_ms_ != 0 || held_ > 0;  // Then the queue's head may not be due: the tick looks.
    std::vector<pollfd> watched{{listener_.descriptor(), POLLIN, 0}};
    for (const auto& pair : pairs_) {
      const bool from_client = !stalled && !pair->up.source_ended && pair->up.queued < most_queued;
      const bool from_server = !stalled && !pair->down.source_ended && pair->down.queued < most_queued;
      watched.push_back({pair->client, interest(from_client, !stalled && !waits && pair->down.queued > 0), 0});
      watched.push_back({pair->server, interest(from_server, !stalled && !waits && pair->up.queued > 0), 0});
    }
    if (::poll(watched.data(), watched.size(), tick_ms) < 0) continue;
    apply_switches(reset_client_.exchange(false), reset_server_.exchange(false), half_close_client_.exchange(false),
                   half_close_server_.exchange(false));
    const bool cut_now = cut_.exchange(false);
    std::vector<std::unique_ptr<Pair>> kept;
    for (std::size_t i = 0; i < pairs_.size(); ++i) {
      Pair& pair = *pairs_[i];
      const bool goes_on =
          !cut_now && (stalling_ || serve_pair(pair, watched[1 + 2 * i].revents, watched[2 + 2 * i].revents));
      if (goes_on) {
        kept.push_back(std::move(pairs_[i]));
      } else {
        cut(pair);
      }
    }
    pairs_ = std::move(kept);
    if (watched[0].revents != 0) accept_one();
    open_ = static_cast<int>(std::ranges::count_if(pairs_, [](const auto& pair) { return pair->server >= 0; }));
  }
}

void Gate::apply_switches(bool reset_client, bool reset_server, bool half_client, bool half_server) {
  for (const auto& pair : pairs_) {
    if (half_client && pair->client >= 0) ::shutdown(pair->client, SHUT_WR);
    if (half_server && pair->server >= 0) ::shutdown(pair->server, SHUT_WR);
    pair->down.ended = pair->down.ended || half_client || reset_client;
    pair->up.ended = pair->up.ended || half_server || reset_server;
    if (reset_client) reset(pair->client);
    if (reset_server) reset(pair->server);
  }
}

void Gate::accept_one() {
  auto pair = std::make_unique<Pair>();
  pair->client = listener_.accept();
  if (pair->client < 0) return;
  if (!refusing_) pair->server = try_connect_to_loopback(server_port_);
  if (pair->server < 0) return cut(*pair);
  send_at_once(pair->client);
  send_at_once(pair->server);
  pairs_.push_back(std::move(pair));
}

bool Gate::serve_pair(Pair& pair, short client_events, short server_events) {
  // A socket that was reset by a switch is -1, and poll reports nothing for it.
  const short readable = POLLIN | POLLHUP | POLLERR;
  if ((client_events & readable) != 0 && pair.client >= 0 && !receive(pair, true)) return false;
  if ((server_events & readable) != 0 && pair.server >= 0 && !receive(pair, false)) return false;
  if (!flush(pair.up, pair.server) || !flush(pair.down, pair.client)) return false;
  const bool over = pair.up.source_ended && pair.down.source_ended && pair.up.queued == 0 && pair.down.queued == 0;
  if (!over) return true;
  // Both ends came in order: so does ours.
  if (pair.client >= 0) ::close(std::exchange(pair.client, -1));
  if (pair.server >= 0) ::close(std::exchange(pair.server, -1));
  return false;
}

bool Gate::receive(Pair& pair, bool from_client) {
  Way& way = from_client ? pair.up : pair.down;
  if (way.source_ended) return false;  // Only an error is reported after the end.
  std::array<char, 65536> buffer;
  const ssize_t received = ::recv(from_client ? pair.client : pair.server, buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (received < 0) return errno == EAGAIN || errno == EINTR;
  if (received > 0) return take(pair, from_client, {buffer.data(), static_cast<std::size_t>(received)});
  way.source_ended = true;
  const int other = from_client ? pair.server : pair.client;
  return other >= 0;  // A pair with one side already reset ends with the other.
}

bool Gate::take(Pair& pair, bool from_client, std::string_view bytes) {
  if (!from_client) return take_answer(pair, bytes);
  Verdict verdict = Verdict::forward;
  {
    const std::lock_guard guard(mutex_);
    if (judge_) verdict = judge_(bytes);
  }
  if (verdict == Verdict::hold) ++held_;
  if (verdict == Verdict::cut_now || verdict == Verdict::cut_reply) ++cuts_;
  if (verdict == Verdict::cut_now) return false;
  pair.cut_at_answer = pair.cut_at_answer || verdict == Verdict::cut_reply;
  put(pair.up, bytes, verdict == Verdict::hold);
  return true;
}

bool Gate::take_answer(Pair& pair, std::string_view bytes) {
  if (pair.cut_at_answer) return false;
  const std::int64_t left = answer_left_;
  if (left < 0) {
    put(pair.down, bytes);
    return true;
  }
  const auto some = std::min(bytes.size(), static_cast<std::size_t>(left));
  put(pair.down, bytes.substr(0, some));
  answer_left_ = left - static_cast<std::int64_t>(some);
  if (some == bytes.size()) return true;
  answer_left_ = -1;
  ++cuts_;
  reset(pair.server);
  pair.down.source_ended = pair.up.source_ended = true;
  return true;
}

void Gate::put(Way& way, std::string_view bytes, bool held) {
  if (way.ended) return;
  way.queue.push_back({Clock::now() + std::chrono::milliseconds(delay_ms_), std::string(bytes), held});
  way.queued += bytes.size();
}

bool Gate::flush(Way& way, int& socket) {
  const std::size_t pace = pace_;
  while (!way.queue.empty() && way.queue.front().due <= Clock::now()) {
    if (way.queue.front().held && held_ > 0) return true;
    if (socket < 0 || way.ended) {
      way.queue.clear();
      way.queued = 0;
      break;
    }
    std::string& bytes = way.queue.front().bytes;
    const std::size_t some = pace == 0 ? bytes.size() : std::min(pace, bytes.size());
    const ssize_t sent = ::send(socket, bytes.data(), some, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) return errno == EAGAIN || errno == EINTR;
    way.queued -= static_cast<std::size_t>(sent);
    bytes.erase(0, static_cast<std::size_t>(sent));
    if (bytes.empty()) way.queue.pop_front();
    if (pace != 0) return true;  // The rest in the next turn.
  }
  if (way.source_ended && way.queued == 0 && !way.ended && socket >= 0) {
    ::shutdown(socket, SHUT_WR);
    way.ended = true;
  }
  return true;
}

void Gate::cut(Pair& pair) noexcept {
  reset(pair.client);
  reset(pair.server);
}

}  // namespace lockkeeper::testing
