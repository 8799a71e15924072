#include "io/stream.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <tuple>
#include <utility>

#include "base/assert.hpp"
#include "io/system_error.hpp"

namespace lockkeeper::io {

StreamState::StreamState(StreamState&& other) noexcept
    : descriptor(std::exchange(other.descriptor, -1)),
      send_error(other.send_error),
      tcp(other.tcp),
      peer_gone(other.peer_gone),
      sending_ended(other.sending_ended),
      fin_sent(other.fin_sent),
      endpoints(std::move(other.endpoints)),
      received(other.received),
      sent(other.sent),
      ended(std::move(other.ended)),
      tls(std::move(other.tls)),
      kept(std::move(other.kept)) {}

StreamState::~StreamState() {
  if (descriptor >= 0) ::close(descriptor);
}

Stream::Stream(LoopCore& core, StreamState state) : core_(&core), state_(std::move(state)) {
  if (state_.tls) state_.tls->set_sink(*this);
  if (state_.sending_ended && !state_.fin_sent) flush_later();
}

Stream::~Stream() = default;

void Stream::leave_lists() noexcept {
  if (core_ == nullptr) return;
  if (flush_listed_) core_->forget_flush(*this);
  if (again_listed_) core_->forget_again(*this);
  out_.clear(core_->chunks());
}

StreamState Stream::take_state() {
  LK_ASSERT(core_ == nullptr);
  return std::move(state_);
}

void Stream::wake(Wakeup* wakeup) noexcept {
  wakeup_ = wakeup;
  const bool kept = (!state_.kept.empty() && !kept_given_) || (state_.tls && state_.tls->has_input());
  if (state_.ended || state_.peer_gone || kept || may_have_news()) signal();
}

Bytes Stream::receive() {
  if (state_.tls) return receive_plain();
  if (state_.ended) return {};
  const Bytes bytes = next_raw();
  state_.received += bytes.size();
  return bytes;
}

void Stream::give_back(Bytes bytes) {
  if (bytes.empty() || state_.tls) return;
  std::vector<std::byte> back(bytes.begin(), bytes.end());  // First: they may be what `kept` holds.
  if (!std::exchange(kept_given_, false)) back.insert(back.end(), state_.kept.begin(), state_.kept.end());
  state_.kept = std::move(back);
  state_.received -= bytes.size();
  signal();
}

Bytes Stream::next_raw() {
  drop_given();
  if (state_.kept.empty()) return receive_raw();
  kept_given_ = true;
  return state_.kept;
}

void Stream::drop_given() noexcept {
  if (std::exchange(kept_given_, false)) std::vector<std::byte>().swap(state_.kept);
}

void Stream::send(Bytes bytes) {
  if (bytes.empty() || state_.sending_ended || state_.send_error != 0 || state_.descriptor < 0) return;
  if (!state_.tls) {
    state_.sent += bytes.size();
    return queue(bytes);
  }
  state_.sent += bytes.size();
  std::ignore = tls_lives(state_.tls->write(bytes));
}

void Stream::queue(Bytes bytes) {
  if (state_.send_error != 0 || state_.descriptor < 0) return;
  out_.append(core_->chunks(), bytes);
  flush_later();
}

void Stream::flush_later() {
  if (flush_listed_) return;
  core_->flush_later(*this);
  flush_listed_ = true;
}

std::size_t Stream::unsent() const noexcept {
  if (state_.send_error != 0) return 0;
  const std::size_t bytes = out_.size() + (state_.tls ? state_.tls->waiting_bytes() : 0);
  if (bytes > 0) unsent_seen_ = true;
  return bytes;
}

void Stream::end_sending() {
  if (state_.sending_ended || state_.descriptor < 0) return;
  state_.sending_ended = true;
  if (state_.tls) state_.tls->close_notify();
  flush_later();
}

void Stream::flush() {
  flush_listed_ = false;
  if (state_.descriptor >= 0) send_queued();
}

void Stream::after_sending() noexcept {
  const bool tls_waits = state_.tls && state_.tls->waiting_bytes() > 0;
  if (state_.sending_ended && !state_.fin_sent && !tls_waits) {
    state_.fin_sent = true;
    ::shutdown(state_.descriptor, SHUT_WR);
  }
  if (!tls_waits && std::exchange(unsent_seen_, false)) signal();
}

Stream::Sending Stream::send_now(ssize_t answer) noexcept {
  for (;;) {
    if (answer >= 0) {
      out_.consume(core_->chunks(), static_cast<std::size_t>(answer));
    } else if (answer == -EAGAIN || answer == -EWOULDBLOCK) {
      return Sending::blocked;
    } else if (answer != -EINTR) {
      sending_failed(static_cast<int>(-answer));
      return Sending::failed;
    }
    if (out_.empty()) return Sending::all;
    answer = send_parts();
  }
}

ssize_t Stream::send_parts() noexcept {
  iovec parts[Chunk::most_parts];
  const std::size_t count = out_.parts(parts);
  ssize_t sent = 0;
  if (count == 1) {
    sent = ::send(state_.descriptor, parts[0].iov_base, parts[0].iov_len, MSG_NOSIGNAL | MSG_DONTWAIT);
  } else {
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = count;
    sent = ::sendmsg(state_.descriptor, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  }
  return sent < 0 ? -errno : sent;
}

// What had come before is still to be received: a server's last words explain why it hung up.
void Stream::sending_failed(int error) noexcept {
  state_.send_error = error;
  state_.peer_gone = true;
  out_.clear(core_->chunks());
  unsent_seen_ = false;
  signal();
}

void Stream::peer_left() noexcept {
  if (state_.peer_gone) return;
  state_.peer_gone = true;
  signal();
}

void Stream::transport_ended(int error) {
  // The socket tells an error once, and the sending side may have heard it.
  if (error == 0) error = state_.send_error;
  IoError end = error == 0
                    ? IoError{Reason::closed, "the peer has ended the connection (" + state_.endpoints.remote + ")"}
                    : system_error(error, state_.endpoints.remote);
  if (state_.tls) {
    state_.tls->transport_ended(std::move(end));
  } else {
    this->end(std::move(end));
  }
}

void Stream::end(IoError error) noexcept {
  if (state_.ended) return;
  state_.ended = std::move(error);
  signal();
}

void Stream::reset() {
  if (state_.descriptor < 0) return;
  const linger cut{1, 0};
  ::setsockopt(state_.descriptor, SOL_SOCKET, SO_LINGER, &cut, sizeof cut);
  std::vector<std::byte>().swap(state_.kept);
  kept_given_ = false;
  close();  // First: a send under way takes its bytes along.
  if (core_ != nullptr) out_.clear(core_->chunks());
  end({Reason::reset, "connection cut by this side (" + state_.endpoints.remote + ")"});
}

void Stream::arrived() {
  if (state_.tls && !state_.tls->established()) go_on_with_handshake();
  signal();
}

bool Stream::share_used() {
  if (share_turn_ != core_->turn()) {
    share_turn_ = core_->turn();
    share_ = 0;
  }
  if (++share_ <= receives_a_turn) return false;
  if (!again_listed_) {
    core_->receive_again(*this);
    again_listed_ = true;
  }
  return true;
}

void Stream::has_new_share() noexcept {
  again_listed_ = false;
  signal();
}

}  // namespace lockkeeper::io
