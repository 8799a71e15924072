#include "io/uring_loop.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "io/system_error.hpp"
#include "io/uring_socket.hpp"

namespace lockkeeper::io {
namespace {

class UringWatch final : public Watch {
 public:
  UringWatch(UringLoop& loop, UringWatchBody& body) : loop_(loop), body_(body) { loop.submit_watch(body); }
  ~UringWatch() override { loop_.abandon(body_); }

 private:
  UringLoop& loop_;
  UringWatchBody& body_;
};

__kernel_timespec time_between(TimePoint from, TimePoint until) noexcept {
  const auto wait = std::max(until - from, Clock::duration::zero());
  const auto seconds = std::chrono::floor<std::chrono::seconds>(wait);
  __kernel_timespec time{};
  time.tv_sec = seconds.count();
  time.tv_nsec = std::chrono::nanoseconds(wait - seconds).count();
  return time;
}

std::uint64_t user_data(UringBody& body, UringTag tag) noexcept {
  return reinterpret_cast<std::uintptr_t>(&body) | static_cast<std::uint64_t>(tag);
}

// After the entry has been prepared, which clears it.
void mark(io_uring_sqe& entry, UringBody& body, UringTag tag) noexcept {
  ++body.under_way;
  entry.user_data = user_data(body, tag);
}

}  // namespace

std::expected<std::unique_ptr<Loop>, IoError> UringLoop::open(const LoopOptions& options) {
  auto ring = UringRing::open(options.receive_buffer);
  if (!ring) return std::unexpected(std::move(ring.error()));
  auto loop = std::make_unique<UringLoop>(options, std::move(*ring));
  if (loop->posts_.descriptor() < 0) return std::unexpected(system_error(errno, "eventfd"));
  return loop;
}

UringLoop::UringLoop(const LoopOptions& options, std::unique_ptr<UringRing> ring)
    : LoopCore(options), ring_(std::move(ring)), bell_(watch(posts_.descriptor(), WatchFor::readable, *this)) {}

UringLoop::~UringLoop() {
  drop_held_sockets();
  bell_.reset();
  if (ring_->is_mine()) wait_for_abandoned();
  ring_.reset();
  while (abandoned_ != nullptr) bury(*abandoned_);
}

// What was cancelled comes back at the next question; the limit is for a kernel that does not keep its word.
void UringLoop::wait_for_abandoned() noexcept {
  for (int round = 0; abandoned_ != nullptr && round < 100; ++round) {
    io_uring_cqe* first = nullptr;
    __kernel_timespec time{0, 10'000'000};
    io_uring_submit_and_wait_timeout(ring_->native(), &first, 1, &time, nullptr);
    take_submitted_completions();
  }
}

std::unique_ptr<Socket> UringLoop::make_socket(StreamState state) {
  return std::make_unique<UringSocket>(*this, std::move(state));
}

std::unique_ptr<Watch> UringLoop::watch(int descriptor, WatchFor what, Watcher& watcher) {
  auto body = std::make_unique<UringWatchBody>();
  body->watcher = &watcher;
  body->descriptor = descriptor;
  body->readable = what == WatchFor::readable;
  return std::make_unique<UringWatch>(*this, *body.release());
}

// --- the turn ---

void UringLoop::flush(std::span<Stream* const> streams) {
  for (Stream* stream : streams) stream->flush();
}

void UringLoop::wait(TimePoint until) {
  settle_buffers();
  ring_->submit_early();
  io_uring* ring = ring_->native();
  if (is_awaited()) until = TimePoint::min();
  if (until == TimePoint::max()) {
    io_uring_submit_and_wait(ring, 1);
  } else if (until <= now()) {
    io_uring_submit_and_get_events(ring);
  } else {
    io_uring_cqe* first = nullptr;
    __kernel_timespec time = time_between(now(), until);
    io_uring_submit_and_wait_timeout(ring, &first, 1, &time, nullptr);
  }
  take_submitted_completions();
}

// Sends that succeed do not end the wait, and so are not told of before something else does: whoever waits for one to
// be over must not wait for that.
bool UringLoop::is_awaited() const noexcept {
  return std::ranges::any_of(
      sends_, [](const UringStreamBody* body) { return body->owner != nullptr && body->owner->is_awaited(); });
}

// Whether the sends are over is asked before completions are taken: what follows from those may submit more.
void UringLoop::take_submitted_completions() {
  const bool sends_are_over = ring_->all_submitted();
  take_completions();
  if (sends_are_over) settle_sends();
}

void UringLoop::settle_sends() {
  settling_.swap(sends_);
  for (UringStreamBody* body : settling_) {
    body->sending = false;
    --body->under_way;
    if (body->owner != nullptr) body->owner->sent(body->sent);
    if (body->abandoned && body->under_way == 0) bury(*body);
  }
  settling_.clear();
}

void UringLoop::settle_buffers() {
  if (lent_ != nobody) ring_->give_back(static_cast<unsigned>(std::exchange(lent_, nobody)));
  for (UringSocket* socket : filled_) socket->keep_filled();
  filled_.clear();
  ring_->publish();
  for (UringSocket* socket : std::exchange(starved_, {})) socket->receive_again();
}

void UringLoop::take_completions() {
  unsigned head = 0;
  unsigned count = 0;
  io_uring_cqe* completion = nullptr;
  io_uring_for_each_cqe(ring_->native(), head, completion) {
    complete(*completion);
    ++count;
  }
  io_uring_cq_advance(ring_->native(), count);
}

void UringLoop::complete(const io_uring_cqe& completion) {
  const auto tag = static_cast<UringTag>(completion.user_data & uring_tag_bits);
  if (tag == UringTag::none) return;
  auto* body = reinterpret_cast<UringBody*>(completion.user_data & ~uring_tag_bits);
  if (tag == UringTag::send_at_once) {
    static_cast<UringStreamBody*>(body)->sent = completion.res;
    return;
  }
  if ((completion.flags & IORING_CQE_F_MORE) == 0) --body->under_way;
  if (tag == UringTag::watch) {
    complete_watch(static_cast<UringWatchBody&>(*body), completion);
  } else {
    complete_stream(static_cast<UringStreamBody&>(*body), tag, completion);
  }
  if (body->abandoned && body->under_way == 0) bury(*body);
}

void UringLoop::complete_watch(UringWatchBody& body, const io_uring_cqe& completion) {
  if (body.abandoned) return;
  if ((completion.flags & IORING_CQE_F_MORE) == 0 && body.readable) submit_watch(body);
  body.watcher->ready();
}

void UringLoop::complete_stream(UringStreamBody& body, UringTag tag, const io_uring_cqe& completion) {
  if (tag == UringTag::receive) body.receiving = false;
  if (tag == UringTag::send) body.sending = false;
  if (body.owner == nullptr) {
    if ((completion.flags & IORING_CQE_F_BUFFER) != 0) ring_->give_back(completion.flags >> IORING_CQE_BUFFER_SHIFT);
    return;
  }
  switch (tag) {
    case UringTag::receive: return body.owner->received(completion.res, completion.flags);
    case UringTag::send: return body.owner->sent(completion.res);
    default:
      if (completion.res > 0) body.owner->hung_up();
      return;
  }
}

// --- operations ---

void UringLoop::submit_hang_up(UringStreamBody& body) {
  io_uring_sqe& entry = ring_->next();
  io_uring_prep_poll_add(&entry, body.descriptor, POLLRDHUP);
  mark(entry, body, UringTag::hang_up);
}

void UringLoop::submit_receive(UringStreamBody& body, bool later) {
  io_uring_sqe& entry = ring_->next();
  io_uring_prep_recv(&entry, body.descriptor, nullptr, 0, 0);
  entry.flags |= IOSQE_BUFFER_SELECT;
  entry.buf_group = UringRing::group;
  if (later) entry.ioprio |= IORING_RECVSEND_POLL_FIRST;
  mark(entry, body, UringTag::receive);
  body.receiving = true;
}

io_uring_sqe& UringLoop::prepare_send(UringStreamBody& body, OutQueue& out, unsigned more_flags) {
  io_uring_sqe& entry = ring_->next();
  Chunk& first = out.first();
  const std::size_t count = out.parts(first.parts);
  const unsigned flags = MSG_NOSIGNAL | MSG_WAITALL | more_flags;
  body.sending = true;
  body.sent = 0;
  for (const iovec& part : std::span(first.parts, count)) body.sent += static_cast<int>(part.iov_len);
  if (count == 1) {
    io_uring_prep_send(&entry, body.descriptor, first.parts[0].iov_base, first.parts[0].iov_len,
                       static_cast<int>(flags));
  } else {
    first.message = msghdr{};
    first.message.msg_iov = first.parts;
    first.message.msg_iovlen = count;
    io_uring_prep_sendmsg(&entry, body.descriptor, &first.message, flags);
  }
  return entry;
}

// What the kernel does not take at once it sends on by itself.
void UringLoop::submit_send(UringStreamBody& body, OutQueue& out) {
  mark(prepare_send(body, out, 0), body, UringTag::send);
}

// Only what goes wrong is told: no completion means that all was sent. MSG_WAITALL makes less than all an error.
void UringLoop::send_at_once(UringStreamBody& body, OutQueue& out) {
  io_uring_sqe& entry = prepare_send(body, out, MSG_DONTWAIT);
  mark(entry, body, UringTag::send_at_once);
  entry.flags |= IOSQE_CQE_SKIP_SUCCESS;
  sends_.push_back(&body);
}

void UringLoop::submit_watch(UringWatchBody& body) {
  io_uring_sqe& entry = ring_->next();
  if (body.readable) {
    io_uring_prep_poll_multishot(&entry, body.descriptor, POLLIN);
  } else {
    io_uring_prep_poll_add(&entry, body.descriptor, POLLOUT);
  }
  mark(entry, body, UringTag::watch);
}

void UringLoop::cancel_all(UringStreamBody& body) {
  io_uring_sqe& entry = ring_->next();
  io_uring_prep_cancel_fd(&entry, body.descriptor, IORING_ASYNC_CANCEL_ALL);
  entry.user_data = 0;
}

void UringLoop::cancel(UringWatchBody& body) {
  io_uring_sqe& entry = ring_->next();
  io_uring_prep_cancel64(&entry, user_data(body, UringTag::watch), 0);
  entry.user_data = 0;
}

void UringLoop::abandon(UringStreamBody& body) noexcept {
  body.owner = nullptr;
  begin_abandoned(body);
  if (body.under_way > 0) return cancel_all(body);
  bury(body);
}

void UringLoop::abandon(UringWatchBody& body) noexcept {
  begin_abandoned(body);
  if (body.under_way > 0) return cancel(body);
  bury(body);
}

void UringLoop::begin_abandoned(UringBody& body) noexcept {
  body.abandoned = true;
  body.next = abandoned_;
  if (abandoned_ != nullptr) abandoned_->previous = &body;
  abandoned_ = &body;
}

void UringLoop::bury(UringBody& body) noexcept {
  (body.previous == nullptr ? abandoned_ : body.previous->next) = body.next;
  if (body.next != nullptr) body.next->previous = body.previous;
  if (auto* stream = dynamic_cast<UringStreamBody*>(&body)) {
    stream->out.clear(chunks());
    ::close(stream->descriptor);
  }
  delete &body;
}

// --- buffers ---

Bytes UringLoop::lend(unsigned id, std::size_t count) noexcept {
  if (lent_ != nobody) ring_->give_back(static_cast<unsigned>(lent_));
  lent_ = static_cast<int>(id);
  return ring_->buffer(id, count);
}

void UringLoop::forget_filled(UringSocket& socket) noexcept { std::erase(filled_, &socket); }
void UringLoop::forget_starved(UringSocket& socket) noexcept { std::erase(starved_, &socket); }

}  // namespace lockkeeper::io
