#include "io/connect_attempt.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "io/stream.hpp"
#include "io/system_error.hpp"

namespace lockkeeper::io {
namespace {

// A Unix socket whose backlog is full refuses for the moment, and tells nobody when there is room.
constexpr std::chrono::milliseconds full_backlog_retry{10};

int error_of(int descriptor) noexcept {
  int error = 0;
  socklen_t size = sizeof error;
  return ::getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

}  // namespace

ConnectAttempt::ConnectAttempt(LoopCore& core, const Address& address, TimePoint deadline, Wakeup& wakeup)
    : core_(core), target_(to_string(address)), deadline_(deadline), wakeup_(wakeup), timer_(core, wakeup) {
  timer_.set(deadline);
  if (!address.path.empty()) {
    const auto unix_socket = unix_address(address.path);
    if (unix_socket) {
      addresses_ = {*unix_socket};
    } else {
      finish(std::unexpected(unix_socket.error()));
    }
  } else {
    addresses_ = numeric_addresses(address.host, address.port);
    if (addresses_.empty()) ask_for_name(address);
  }
  advance();
}

ConnectAttempt::~ConnectAttempt() {
  if (question_) question_->wakeup = nullptr;
  stop_watching();
}

void ConnectAttempt::ask_for_name(const Address& address) {
  if (address.host.empty()) {
    return finish(std::unexpected(IoError{Reason::unreachable, "no host to connect to (" + target_ + ")"}));
  }
  question_ = std::make_shared<NameQuestion>(address.host, address.port, &wakeup_);
  if (core_.resolver().ask(question_)) return;
  finish(std::unexpected(IoError{Reason::resources, "too many host names wait for the name server (" + target_ + ")"}));
}

std::optional<ConnectAttempt::Result> ConnectAttempt::result() {
  if (given_) return std::nullopt;
  advance();
  given_ = result_.has_value();
  return std::exchange(result_, std::nullopt);
}

void ConnectAttempt::ready() noexcept {
  ready_ = true;
  wakeup_.signal();
}

void ConnectAttempt::advance() {
  while (!result_) {
    if (timer_.due(core_.now()) && core_.now() >= deadline_) {
      return finish(std::unexpected(IoError{Reason::deadline, "no connection in time (" + target_ + ")"}));
    }
    if (!has_addresses()) return;
    if (next_ == addresses_.size()) return finish(std::unexpected(std::move(*failure_)));
    switch (try_address()) {
      case Step::waits: return;
      case Step::next_address: ++next_; break;
      case Step::over: break;
    }
  }
}

// False: not yet, or there are none.
bool ConnectAttempt::has_addresses() {
  if (!question_) return true;
  if (!question_->answer) return false;
  auto answer = std::move(*question_->answer);
  question_.reset();
  if (answer && !answer->empty()) {
    addresses_ = std::move(*answer);
    return true;
  }
  finish(std::unexpected(answer ? IoError{Reason::unreachable, "the host has no address (" + target_ + ")"}
                                : std::move(answer.error())));
  return false;
}

ConnectAttempt::Step ConnectAttempt::try_address() {
  const SocketAddress& address = addresses_[next_];
  if (descriptor_ < 0) return begin(address);
  if (watch_) {
    if (!ready_) return Step::waits;
    return judge(error_of(descriptor_), address);
  }
  // No watch: the backlog was full a moment ago.
  return judge(::connect(descriptor_, address.get(), address.size) == 0 ? 0 : errno, address);
}

ConnectAttempt::Step ConnectAttempt::begin(const SocketAddress& address) {
  descriptor_ = ::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor_ < 0) return judge(errno, address);
  if (address.family() != AF_UNIX) set_tcp_options(descriptor_);
  return judge(::connect(descriptor_, address.get(), address.size) == 0 ? 0 : errno, address);
}

ConnectAttempt::Step ConnectAttempt::judge(int error, const SocketAddress& address) {
  if (error == 0) {
    watch_.reset();
    const int descriptor = std::exchange(descriptor_, -1);
    const bool tcp = address.family() != AF_UNIX;
    Endpoints endpoints = tcp ? endpoints_of(local_address(descriptor), address) : endpoints_of(address, address);
    finish(core_.make_socket(StreamState(descriptor, tcp, std::move(endpoints))));
    return Step::over;
  }
  if (error == EINPROGRESS || error == EINTR) {
    ready_ = false;
    watch_ = core_.watch(descriptor_, WatchFor::writable, *this);
    return Step::waits;
  }
  if (error == EAGAIN && address.family() == AF_UNIX) {
    timer_.set(std::min(deadline_, core_.now() + full_backlog_retry));
    return Step::waits;
  }
  stop_watching();
  failed(system_error(error, address.text()));
  return Step::next_address;
}

void ConnectAttempt::failed(IoError error) {
  if (failure_) error.message = failure_->message + "; " + error.message;
  // The first reason counts: what comes after it is often just the other version, that nobody listens on.
  if (failure_) error.reason = failure_->reason;
  failure_ = std::move(error);
}

void ConnectAttempt::finish(Result result) {
  stop_watching();
  timer_.clear();
  result_ = std::move(result);
  wakeup_.signal();
}

void ConnectAttempt::stop_watching() noexcept {
  watch_.reset();
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

}  // namespace lockkeeper::io
