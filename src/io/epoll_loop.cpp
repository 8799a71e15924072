#include "io/epoll_loop.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "io/epoll_socket.hpp"
#include "io/system_error.hpp"

namespace lockkeeper::io {
namespace {

// Events of one system call; what is left comes with the next.
constexpr int most_events = 256;

class EpollWatch final : public Watch, public EpollTarget {
 public:
  EpollWatch(EpollLoop& loop, int descriptor, WatchFor what, Watcher& watcher)
      : loop_(loop), descriptor_(descriptor), watcher_(watcher) {
    loop.add(descriptor, (what == WatchFor::readable ? EPOLLIN : EPOLLOUT) | EPOLLET, *this);
  }
  ~EpollWatch() override { loop_.remove(descriptor_); }
  void event(std::uint32_t /*events*/) noexcept override { watcher_.ready(); }

 private:
  EpollLoop& loop_;
  int descriptor_;
  Watcher& watcher_;
};

// Rounded up: waking just before a timer is due would ask the kernel again for nothing.
int milliseconds_until(TimePoint until, TimePoint now) noexcept {
  if (until == TimePoint::max()) return -1;
  if (until <= now) return 0;
  const auto rounded = std::chrono::ceil<std::chrono::milliseconds>(until - now).count();
  return static_cast<int>(std::min<std::int64_t>(rounded, 3'600'000));
}

}  // namespace

std::expected<std::unique_ptr<Loop>, IoError> EpollLoop::open(const LoopOptions& options) {
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  if (epoll < 0) return std::unexpected(system_error(errno, "epoll"));
  auto loop = std::make_unique<EpollLoop>(options, epoll);
  if (loop->posts_.descriptor() < 0) return std::unexpected(system_error(errno, "eventfd"));
  return loop;
}

EpollLoop::EpollLoop(const LoopOptions& options, int epoll)
    : LoopCore(options),
      epoll_(epoll),
      receive_buffer_(std::make_unique_for_overwrite<std::byte[]>(options.receive_buffer)) {
  epoll_event bell{};
  bell.events = EPOLLIN | EPOLLET;  // data.ptr == nullptr: the bell.
  ::epoll_ctl(epoll_, EPOLL_CTL_ADD, posts_.descriptor(), &bell);
}

void EpollLoop::begin_run() { without_signal_.emplace(); }

void EpollLoop::end_run() { without_signal_.reset(); }

EpollLoop::~EpollLoop() {
  drop_held_sockets();
  ::close(epoll_);
}

std::unique_ptr<Socket> EpollLoop::make_socket(StreamState state) {
  return std::make_unique<EpollSocket>(*this, std::move(state));
}

std::unique_ptr<Watch> EpollLoop::watch(int descriptor, WatchFor what, Watcher& watcher) {
  return std::make_unique<EpollWatch>(*this, descriptor, what, watcher);
}

void EpollLoop::add(int descriptor, std::uint32_t events, EpollTarget& target) noexcept {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &target;
  ::epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event);
}

void EpollLoop::change(int descriptor, std::uint32_t events, EpollTarget& target) noexcept {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &target;
  ::epoll_ctl(epoll_, EPOLL_CTL_MOD, descriptor, &event);
}

void EpollLoop::remove(int descriptor) noexcept { ::epoll_ctl(epoll_, EPOLL_CTL_DEL, descriptor, nullptr); }

void EpollLoop::flush(std::span<Stream* const> streams) {
  if (streams.size() > 1 && !batch_) {
    batch_ = SendBatch::open();
    batched_.reserve(SendBatch::room);
  }
  for (Stream* stream : streams) {
    auto& socket = static_cast<EpollSocket&>(*stream);
    const Bytes bytes = streams.size() > 1 && *batch_ ? socket.to_flush() : Bytes();
    if (bytes.empty()) {
      socket.flush();
      continue;
    }
    batched_.push_back({&socket, bytes});
    if (batched_.size() == SendBatch::room) send_batched();
  }
  send_batched();
}

void EpollLoop::send_batched() {
  if (batched_.size() < 2) {
    for (const Batched& each : batched_) each.socket->flush();
  } else {
    for (const Batched& each : batched_) (*batch_)->add(each.socket->descriptor(), each.bytes);
    const std::span<const ssize_t> answers = (*batch_)->send();
    for (std::size_t at = 0; at < batched_.size(); ++at) batched_[at].socket->flushed(answers[at]);
    if ((*batch_)->refused()) batch_->reset();
  }
  batched_.clear();
}

// The bell is edge-triggered: its counter may stay, whoever rings makes a new edge.
void EpollLoop::wait(TimePoint until) {
  epoll_event events[most_events];
  const int count = ::epoll_wait(epoll_, events, most_events, milliseconds_until(until, now()));
  for (int i = 0; i < count; ++i) {
    if (events[i].data.ptr != nullptr) static_cast<EpollTarget*>(events[i].data.ptr)->event(events[i].events);
  }
}

}  // namespace lockkeeper::io
