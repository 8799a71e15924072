#include "io/loop_core.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "io/connect_attempt.hpp"
#include "io/port_listener.hpp"
#include "io/stream.hpp"

namespace lockkeeper::io {
namespace {

constexpr std::chrono::seconds trim_every{1};
// Tasks that wait only for one another or for their own sends go on at once, this many times before the kernel is
// asked.
constexpr int passes_in_one_turn = 4;

}  // namespace

LoopCore::LoopCore(const LoopOptions& options)
    : options_(options), now_(Clock::now()), next_trim_(now_ + trim_every), resolver_(*this) {}

LoopCore::~LoopCore() = default;

void LoopCore::drop_held_sockets() {
  closing_.clear();
  detaching_.clear();
  posts_.discard();
}

void LoopCore::run() {
  // Also where work that was posted throws.
  struct Run {
    LoopCore& core;
    explicit Run(LoopCore& running) : core(running) { core.begin_run(); }
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;
    ~Run() { core.end_run(); }
  };
  const Run run(*this);
  now_ = Clock::now();
  do {
    turn_over();
    if (posts_.take_stop()) break;
    wait(next_event());
    now_ = Clock::now();
  } while (true);
}

void LoopCore::turn_over() {
  ++turn_;
  posts_.work();
  if (!again_.empty()) {
    // Only signals here: nobody can ask, and so be listed again, before a task runs.
    for (Stream* stream : again_) stream->has_new_share();
    again_.clear();
  }
  if (!detaching_.empty()) look_at_detached();
  timers_.fire(now_);
  for (int pass = 0; pass < passes_in_one_turn; ++pass) {
    ready_.resume_all();
    flush_all();
    if (ready_.empty()) break;
  }
  closing_.sweep();
  if (now_ >= next_trim_ && chunks_.has_surplus()) {
    chunks_.trim();
    next_trim_ = now_ + trim_every;
  }
}

void LoopCore::flush_all() {
  flushing_.swap(flush_);
  std::erase(flushing_, nullptr);
  flush(flushing_);
  flushing_.clear();
}

TimePoint LoopCore::next_event() noexcept {
  if (!ready_.empty() || !posts_.empty() || !again_.empty() || posts_.stop_wanted()) return TimePoint::min();
  const TimePoint trim = chunks_.has_surplus() ? std::max(next_trim_, now_) : TimePoint::max();
  return std::min(timers_.next(), trim);
}

std::span<std::byte> LoopCore::plain_buffer() {
  constexpr std::size_t longest_record = 16 * 1024;  // What TLS allows.
  if (!plain_) plain_ = std::make_unique_for_overwrite<std::byte[]>(longest_record);
  return {plain_.get(), longest_record};
}

// Few sockets are in these lists, and fewer are destroyed while they are.
void LoopCore::forget_flush(Stream& stream) noexcept { std::ranges::replace(flush_, &stream, nullptr); }

void LoopCore::forget_again(Stream& stream) noexcept { std::erase(again_, &stream); }

std::expected<std::unique_ptr<Listener>, IoError> LoopCore::listen(const Address& address, Wakeup& wakeup,
                                                                   bool reuse_port) {
  return PortListener::open(*this, address, wakeup, reuse_port);
}

std::unique_ptr<Connecting> LoopCore::connect(const Address& address, TimePoint deadline, Wakeup& wakeup) {
  return std::make_unique<ConnectAttempt>(*this, address, deadline, wakeup);
}

void LoopCore::close_when_sent(std::unique_ptr<Socket> socket, TimePoint deadline) {
  socket->wake(nullptr);
  closing_.add(*this, std::move(socket), deadline);
}

void LoopCore::detach(std::unique_ptr<Socket> socket, std::function<void(std::unique_ptr<Socket>)> then) {
  auto* stream = dynamic_cast<Stream*>(socket.get());
  LK_ASSERT(stream != nullptr && stream->unsent() == 0);
  stream->begin_to_leave();
  detaching_.push_back({std::move(socket), std::move(then)});
  post([] {});  // So that the next turn, which hands it over, comes at once.
}

void LoopCore::look_at_detached() {
  std::vector<Detaching> left;
  std::erase_if(detaching_, [&left](Detaching& entry) {
    if (!static_cast<Stream&>(*entry.socket).has_left()) return false;
    left.push_back(std::move(entry));
    return true;
  });
  for (Detaching& entry : left) entry.then(std::move(entry.socket));
}

std::unique_ptr<Socket> LoopCore::adopt(std::unique_ptr<Socket> detached) {
  auto* stream = dynamic_cast<Stream*>(detached.get());
  LK_ASSERT(stream != nullptr);
  return make_socket(stream->take_state());
}

}  // namespace lockkeeper::io
