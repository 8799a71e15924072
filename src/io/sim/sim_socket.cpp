#include "io/sim/sim_socket.hpp"

#include <algorithm>
#include <utility>

namespace lockkeeper::io::sim {

SimSocket::SimSocket(SimLoop& loop, std::shared_ptr<SimPipe> in, std::shared_ptr<SimPipe> out, Endpoints endpoints)
    : loop_(&loop), in_(std::move(in)), out_(std::move(out)), endpoints_(std::move(endpoints)) {
  in_->reader = this;
  out_->writer = this;
}

// As the kernel does it: with bytes unread it is a cut, else an end.
SimSocket::~SimSocket() {
  wakeup_ = nullptr;
  if (flush_listed_) loop_->forget(*this);
  if (!in_->pieces.empty()) {
    break_connection("");
  } else if (!broken_here() && out_->end_at == TimePoint::max()) {
    out_->end_at = std::max(out_->last, loop_->now());
    loop_->arrives(out_, out_->end_at);
  }
  in_->reader = nullptr;
  out_->writer = nullptr;
}

void SimSocket::wake(Wakeup* wakeup) noexcept {
  wakeup_ = wakeup;
  if (ended_ || peer_gone() || (!in_->pieces.empty() && in_->pieces.front().at <= loop_->now())) signal();
}

void SimSocket::signal() noexcept {
  if (wakeup_ != nullptr) wakeup_->signal();
}

void SimSocket::give_back(Bytes bytes) {
  std::vector<std::byte> back(bytes.begin(), bytes.end());
  back.insert(back.end(), back_.begin(), back_.end());
  back_ = std::move(back);
  received_ -= bytes.size();
  signal();
}

Bytes SimSocket::receive() {
  given_.clear();
  if (ended_) return {};
  if (!back_.empty()) {
    given_.swap(back_);
    received_ += given_.size();
  } else if (in_->broken) {
    ended_ = IoError{Reason::reset, "connection reset by the peer (" + endpoints_.remote + ")"};
  } else if (!in_->pieces.empty() && in_->pieces.front().at <= loop_->now()) {
    given_ = std::move(in_->pieces.front().bytes);
    in_->pieces.pop_front();
    in_->under_way -= given_.size();
    received_ += given_.size();
    if (in_->writer != nullptr) in_->writer->flush_later();
  } else if (in_->pieces.empty() && in_->end_at <= loop_->now()) {
    ended_ = IoError{Reason::closed, "the peer has ended the connection (" + endpoints_.remote + ")"};
  }
  return given_;
}

void SimSocket::send(Bytes bytes) {
  if (closed() || bytes.empty()) return;
  sent_ += bytes.size();
  unsent_.insert(unsent_.end(), bytes.begin(), bytes.end());
  flush_later();
}

bool SimSocket::peer_gone() const noexcept { return ended_ || in_->broken || in_->end_at <= loop_->now(); }

void SimSocket::end_sending() {
  if (closed()) return;
  fin_wanted_ = true;
  flush_later();
}

void SimSocket::reset() {
  if (!broken_here()) break_connection("connection cut by this side");
}

void SimSocket::start_tls(const TlsContext& /*context*/, const std::string& /*host*/) {
  out_->tls = true;
  if (!tls_established()) return;
  signal();
  if (in_->writer != nullptr) in_->writer->signal();
}

void SimSocket::flush_later() {
  if (flush_listed_) return;
  flush_listed_ = true;
  loop_->flush_later(*this);
}

void SimSocket::flush() {
  flush_listed_ = false;
  const bool waited = unsent() > 0;
  while (unsent() > 0 && !broken_here() && out_->under_way < loop_->network.window) {
    if (loop_->random().chance(loop_->network.reset)) return break_connection("connection reset by the network");
    std::size_t count = std::min({unsent(), loop_->network.window - out_->under_way, std::size_t{16 * 1024}});
    if (loop_->random().chance(loop_->network.cut)) count = 1 + loop_->random().below(count);
    hand_over(count);
  }
  if (unsent() > 0 || broken_here()) return;
  if (fin_wanted_ && out_->end_at == TimePoint::max()) {
    out_->end_at = std::max(out_->last, loop_->now());
    loop_->arrives(out_, out_->end_at);
  }
  if (waited) signal();
}

void SimSocket::hand_over(std::size_t count) {
  const SimNetwork& network = loop_->network;
  Random& random = loop_->random();
  const auto chosen = [&random](std::chrono::microseconds longest) {
    return std::chrono::microseconds(random.below(static_cast<std::uint64_t>(longest.count()) + 1));
  };
  TimePoint at = loop_->now() + chosen(network.longest_delay);
  if (random.chance(network.stall)) at += chosen(network.longest_stall);
  out_->last = std::max(out_->last, at);
  const Bytes piece = Bytes(unsent_).subspan(handed_over_, count);
  out_->pieces.push_back({out_->last, {piece.begin(), piece.end()}});
  out_->under_way += count;
  handed_over_ += count;
  if (handed_over_ == unsent_.size()) drop_unsent();
  loop_->arrives(out_, out_->last);
}

void SimSocket::drop_unsent() noexcept {
  unsent_.clear();
  handed_over_ = 0;
}

void SimSocket::break_connection(const char* why) {
  drop_unsent();
  in_->broken = out_->broken = true;
  in_->pieces.clear();
  out_->pieces.clear();
  ended_ = IoError{Reason::reset, why + (" (" + endpoints_.remote + ")")};
  signal();
  if (in_->writer != nullptr) in_->writer->signal();
}

}  // namespace lockkeeper::io::sim
