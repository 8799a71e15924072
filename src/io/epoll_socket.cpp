#include "io/epoll_socket.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "io/epoll_loop.hpp"

namespace lockkeeper::io {
namespace {

constexpr std::uint32_t always = EPOLLIN | EPOLLRDHUP | EPOLLET;

}  // namespace

// TCP tells of room only after it had refused some, so being told costs nothing. A Unix socket tells whenever the peer
// has read, so it is asked only while there is something to send.
EpollSocket::EpollSocket(EpollLoop& loop, StreamState state) : Stream(loop, std::move(state)) {
  if (state_.descriptor >= 0) loop.add(state_.descriptor, always | (state_.tcp ? EPOLLOUT : 0U), *this);
}

EpollSocket::~EpollSocket() { leave_lists(); }  // Closing takes it out of epoll.

EpollLoop& EpollSocket::loop() const noexcept { return static_cast<EpollLoop&>(*core_); }

void EpollSocket::event(std::uint32_t events) noexcept {
  if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) {
    const bool news = !readable_;
    readable_ = true;
    peer_left();
    if (news) arrived();
  } else if ((events & EPOLLIN) != 0 && !readable_) {
    readable_ = true;
    arrived();
  }
  if ((events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) != 0 && std::exchange(blocked_, false)) send_queued();
}

Bytes EpollSocket::receive_raw() {
  if (!readable_ || transport_over_ || state_.descriptor < 0 || share_used()) return {};
  const auto buffer = loop().receive_buffer();
  ssize_t count = 0;
  do {
    count = ::recv(state_.descriptor, buffer.data(), buffer.size(), MSG_DONTWAIT);
  } while (count < 0 && errno == EINTR);
  if (count > 0) {
    // Less than there was room for: the kernel has no more, and tells when it has; an end that it told of already is
    // still to be received.
    const auto bytes = static_cast<std::size_t>(count);
    if (bytes < buffer.size() && !state_.peer_gone) readable_ = false;
    return Bytes(buffer).first(bytes);
  }
  readable_ = false;
  if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return {};
  transport_over_ = true;
  transport_ended(count == 0 ? 0 : errno);
  return {};
}

void EpollSocket::send_queued() {
  if (!blocked_) sent(send_now());
}

Bytes EpollSocket::to_flush() const noexcept {
  std::array<iovec, 2> parts;
  if (blocked_ || state_.descriptor < 0 || out_.parts(parts) != 1) return {};
  return {static_cast<const std::byte*>(parts[0].iov_base), parts[0].iov_len};
}

void EpollSocket::flushed(ssize_t answer) {
  flush_listed_ = false;
  sent(send_now(answer));
}

void EpollSocket::sent(Sending how) noexcept {
  switch (how) {
    case Sending::all:
      want_writable(false);
      after_sending();
      break;
    case Sending::blocked:
      blocked_ = true;
      want_writable(true);
      break;
    case Sending::failed: break;
  }
}

void EpollSocket::want_writable(bool on) noexcept {
  if (state_.tcp || on == write_wanted_) return;
  write_wanted_ = on;
  loop().change(state_.descriptor, always | (on ? EPOLLOUT : 0U), *this);
}

void EpollSocket::close() noexcept {
  if (state_.descriptor >= 0) ::close(std::exchange(state_.descriptor, -1));
}

void EpollSocket::begin_to_leave() {
  drop_given();
  if (state_.descriptor >= 0) loop().remove(state_.descriptor);
  leave_lists();
  core_ = nullptr;
}

}  // namespace lockkeeper::io
