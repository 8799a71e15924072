#include "io/sim/sim_loop.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "io/sim/sim_listener.hpp"
#include "io/sim/sim_socket.hpp"

namespace lockkeeper::io::sim {
namespace {

// As on the real loops.
constexpr int passes_in_one_turn = 4;

}  // namespace

SimLoop::SimLoop(std::uint64_t seed, const SimNetwork& first_network) : network(first_network), random_(seed) {}

SimLoop::~SimLoop() {
  closing_.clear();
  posted_.clear();
}

void SimLoop::run() {
  while (!std::exchange(stopping_, false)) {
    turn();
    if (stopping_ || has_work()) continue;
    const TimePoint next = next_event();
    if (next == TimePoint::max()) return;
    now_ = std::max(now_, next);
  }
}

bool SimLoop::run_until_idle(TimePoint limit) {
  for (;;) {
    turn();
    if (has_work()) continue;
    const TimePoint next = next_event();
    if (next == TimePoint::max()) return true;
    if (next > limit) return false;
    now_ = std::max(now_, next);
  }
}

void SimLoop::turn() {
  for (std::size_t left = posted_.size(); left > 0; --left) {
    const auto work = std::move(posted_.front());
    posted_.pop_front();
    work();
  }
  while (!arrivals_.empty() && arrivals_.top().at <= now_) {
    SimSocket* reader = arrivals_.top().pipe->reader;
    arrivals_.pop();
    if (reader != nullptr) reader->signal();
  }
  timers_.fire(now_);
  for (int pass = 0; pass < passes_in_one_turn; ++pass) {
    ready_.resume_all();
    for (SimSocket* socket : std::exchange(flush_, {})) socket->flush();
    if (ready_.empty()) break;
  }
  closing_.sweep();
}

TimePoint SimLoop::next_event() const noexcept {
  return arrivals_.empty() ? timers_.next() : std::min(arrivals_.top().at, timers_.next());
}

void SimLoop::arrives(const std::shared_ptr<SimPipe>& pipe, TimePoint at) {
  arrivals_.push({at, ++arrival_number_, pipe});
}

std::string SimLoop::next_name() { return "sim:" + std::to_string(++names_); }

std::pair<std::unique_ptr<Socket>, std::unique_ptr<Socket>> SimLoop::make_pair() {
  const auto there = std::make_shared<SimPipe>();
  const auto back = std::make_shared<SimPipe>();
  const std::string left = next_name();
  const std::string right = next_name();
  return {std::make_unique<SimSocket>(*this, back, there, Endpoints{left, right, true}),
          std::make_unique<SimSocket>(*this, there, back, Endpoints{right, left, true})};
}

std::expected<std::unique_ptr<Listener>, IoError> SimLoop::listen(const Address& address, Wakeup& wakeup,
                                                                  bool /*reuse_port*/) {
  const std::string name = to_string(address);
  if (listeners_.contains(name)) {
    return std::unexpected(IoError{Reason::other, "cannot listen on " + name + ": it is in use"});
  }
  auto listener = std::make_unique<SimListener>(*this, wakeup, address.port);
  listeners_[name] = listener.get();
  return listener;
}

void SimLoop::forget(SimListener& listener) noexcept {
  std::erase_if(listeners_, [&listener](const auto& entry) { return entry.second == &listener; });
}

std::unique_ptr<Connecting> SimLoop::connect(const Address& address, TimePoint /*deadline*/, Wakeup& wakeup) {
  const auto found = listeners_.find(to_string(address));
  wakeup.signal();
  if (found == listeners_.end()) {
    return std::make_unique<SimConnecting>(
        std::unexpected(IoError{Reason::refused, "connection refused (" + to_string(address) + ")"}));
  }
  auto [near, far] = make_pair();
  found->second->arrive(std::move(far));
  return std::make_unique<SimConnecting>(std::move(near));
}

void SimLoop::close_when_sent(std::unique_ptr<Socket> socket, TimePoint deadline) {
  socket->wake(nullptr);
  closing_.add(*this, std::move(socket), deadline);
}

void SimLoop::detach(std::unique_ptr<Socket> socket, std::function<void(std::unique_ptr<Socket>)> then) {
  LK_ASSERT(socket->unsent() == 0);
  auto shared = std::make_shared<std::unique_ptr<Socket>>(std::move(socket));
  post([shared, then = std::move(then)] { then(std::move(*shared)); });
}

// Its peer stays where it was; both loops must be run by one thread.
std::unique_ptr<Socket> SimLoop::adopt(std::unique_ptr<Socket> detached) {
  auto* socket = dynamic_cast<SimSocket*>(detached.get());
  LK_ASSERT(socket != nullptr);
  socket->move_to(*this);
  return detached;
}

}  // namespace lockkeeper::io::sim
