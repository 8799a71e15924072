#include "io/uring_socket.hpp"

#include <cerrno>
#include <utility>

#include "io/uring_loop.hpp"

namespace lockkeeper::io {

UringSocket::UringSocket(UringLoop& loop, StreamState state) : Stream(loop, std::move(state)), body_(nullptr) {
  if (state_.descriptor < 0) return;
  body_ = new UringStreamBody(*this, state_.descriptor);
  loop.submit_hang_up(*body_);
}

UringSocket::~UringSocket() {
  if (core_ == nullptr) return;
  close();
  leave_lists();
}

UringLoop& UringSocket::loop() const noexcept { return static_cast<UringLoop&>(*core_); }

void UringSocket::close() noexcept {
  if (body_ == nullptr) return;
  if (filled_ != nothing) loop().give_back(static_cast<unsigned>(std::exchange(filled_, nothing)));
  if (std::exchange(filled_listed_, false)) loop().forget_filled(*this);
  if (std::exchange(starved_, false)) loop().forget_starved(*this);
  if (body_->sending) body_->out.swap(out_);
  state_.descriptor = -1;
  loop().abandon(*std::exchange(body_, nullptr));
}

// --- receiving ---

Bytes UringSocket::receive_raw() {
  if (body_ == nullptr) return {};
  if (filled_ != nothing) {
    const auto buffer = static_cast<unsigned>(std::exchange(filled_, nothing));
    return loop().lend(buffer, filled_count_);
  }
  if (!transport_over_ && !body_->receiving && !starved_) arm();
  return {};
}

void UringSocket::arm() {
  if (leaving_) return;
  loop().submit_receive(*body_, !std::exchange(more_, false));
}

void UringSocket::receive_again() {
  if (std::exchange(starved_, false) && !leaving_) loop().submit_receive(*body_, false);
}

bool UringSocket::may_have_news() const noexcept {
  if (body_ == nullptr || transport_over_) return false;
  return filled_ != nothing || (!body_->receiving && !starved_);
}

void UringSocket::received(int result, std::uint32_t flags) {
  if (result > 0) {
    filled_ = static_cast<int>(flags >> IORING_CQE_BUFFER_SHIFT);
    filled_count_ = static_cast<std::uint32_t>(result);
    more_ = (flags & IORING_CQE_F_SOCK_NONEMPTY) != 0;
    if (!filled_listed_) loop().note_filled(*this);
    filled_listed_ = true;
    if (!leaving_) arrived();
    return;
  }
  if ((flags & IORING_CQE_F_BUFFER) != 0) loop().give_back(flags >> IORING_CQE_BUFFER_SHIFT);
  if (result == -ECANCELED && leaving_) return;
  if (result == -ENOBUFS || result == -EINTR || result == -EAGAIN || result == -ECANCELED) {
    starved_ = true;
    return loop().note_starved(*this);
  }
  transport_over_ = true;
  peer_left();
  transport_ended(-result);
  arrived();
}

void UringSocket::keep_filled() {
  filled_listed_ = false;
  if (filled_ == nothing) return;
  drop_given();
  const auto buffer = static_cast<unsigned>(std::exchange(filled_, nothing));
  const Bytes bytes = loop().buffer(buffer, filled_count_);
  state_.kept.insert(state_.kept.end(), bytes.begin(), bytes.end());
  loop().give_back(buffer);
}

// --- sending ---

void UringSocket::send_queued() {
  if (body_->sending) return;
  if (out_.empty()) return after_sending();
  loop().send_at_once(*body_, out_);
}

// Those that ended early, because the kernel had no room, come here too: from now on it is waited for.
void UringSocket::sent(int result) {
  if (result < 0 && result != -EINTR && result != -EAGAIN) return sending_failed(-result);
  if (result > 0) out_.consume(core_->chunks(), static_cast<std::size_t>(result));
  if (out_.empty()) return after_sending();
  loop().submit_send(*body_, out_);
}

// --- moving to another loop ---

void UringSocket::begin_to_leave() {
  leaving_ = true;
  keep_filled();
  if (body_ != nullptr && body_->under_way > 0) loop().cancel_all(*body_);
}

bool UringSocket::has_left() noexcept {
  if (core_ == nullptr) return true;
  if (body_ != nullptr && body_->under_way > 0) return false;
  keep_filled();
  drop_given();
  if (body_ != nullptr) {
    if (std::exchange(starved_, false)) loop().forget_starved(*this);
    loop().forget_filled(*this);
    delete std::exchange(body_, nullptr);
  }
  leave_lists();
  core_ = nullptr;
  return true;
}

}  // namespace lockkeeper::io
