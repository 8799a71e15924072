#include "io/port_listener.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "io/stream.hpp"
#include "io/system_error.hpp"

namespace lockkeeper::io {
namespace {

// Connections that may queue in the kernel while the loop is busy; the kernel's own limit (somaxconn) applies too.
constexpr int backlog = 4096;
// Without descriptors: connections end all the time, so one may be free soon, and the log is not flooded.
constexpr std::chrono::milliseconds retry_after{100};

struct Descriptor {
  explicit Descriptor(int open) noexcept : number(open) {}
  Descriptor(Descriptor&& other) noexcept : number(std::exchange(other.number, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (number >= 0) ::close(number);
  }
  int number;
};

IoError cannot_listen(int error, const Address& address) {
  const std::string where = to_string(address);
  const bool is_unix = !address.path.empty();
  switch (error) {
    case EADDRINUSE:
      return {Reason::other, "cannot listen on " + where +
                                 ": it is in use; stop what listens there, or choose another " +
                                 (is_unix ? "path" : "port")};
    case EACCES:
      return {Reason::other, "cannot listen on " + where + ": no permission; " +
                                 (is_unix ? "choose a folder that this user may write to"
                                          : "ports below 1024 need the capability CAP_NET_BIND_SERVICE")};
    case EADDRNOTAVAIL: return {Reason::other, "cannot listen on " + where + ": this machine has no such address"};
    case ENOENT:
    case ENOTDIR: return {Reason::other, "cannot listen on " + where + ": its folder does not exist"};
    default: return {reason_of(error), "cannot listen on " + where + ": " + words_of(error)};
  }
}

// A socket file whose owner has died is in the way of the next one; one that somebody still answers on is not touched.
void remove_dead_socket_file(const SocketAddress& address, const std::string& path) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0 || !S_ISSOCK(status.st_mode)) return;
  const Descriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (probe.number < 0 || ::connect(probe.number, address.get(), address.size) == 0) return;
  if (errno == ECONNREFUSED) ::unlink(path.c_str());
}

std::expected<Descriptor, int> open_at(const SocketAddress& address, bool reuse_port) {
  Descriptor opened(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (opened.number < 0) return std::unexpected(errno);
  if (address.family() != AF_UNIX) {
    const int on = 1;
    ::setsockopt(opened.number, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (reuse_port && ::setsockopt(opened.number, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0) {
      return std::unexpected(errno);
    }
    set_tcp_options(opened.number);
  }
  if (::bind(opened.number, address.get(), address.size) != 0) return std::unexpected(errno);
  if (::listen(opened.number, backlog) != 0) return std::unexpected(errno);
  return opened;
}

std::expected<std::vector<SocketAddress>, IoError> addresses_of(const Address& address) {
  if (!address.path.empty()) {
    const auto one = unix_address(address.path);
    if (!one) return std::unexpected(one.error());
    return std::vector{*one};
  }
  // All addresses of this machine: by IPv6 the kernel takes both versions, where it has IPv6.
  if (address.host.empty() || address.host == "*") {
    auto both = numeric_addresses("::", address.port);
    both.push_back(numeric_addresses("0.0.0.0", address.port).front());
    return both;
  }
  auto numeric = numeric_addresses(address.host, address.port);
  if (!numeric.empty()) return numeric;
  return resolve(address.host, address.port);
}

}  // namespace

std::expected<std::unique_ptr<Listener>, IoError> PortListener::open(LoopCore& core, const Address& address,
                                                                     Wakeup& wakeup, bool reuse_port) {
  const auto addresses = addresses_of(address);
  if (!addresses) return std::unexpected(addresses.error());
  int error = EADDRNOTAVAIL;
  for (const SocketAddress& one : *addresses) {
    if (!address.path.empty()) remove_dead_socket_file(one, address.path);
    auto opened = open_at(one, reuse_port);
    if (opened) {
      return std::make_unique<PortListener>(core, std::exchange(opened->number, -1), address.path, wakeup);
    }
    error = opened.error();
    // The other version is tried only where this one is not there at all.
    if (error != EAFNOSUPPORT && error != EADDRNOTAVAIL) break;
  }
  return std::unexpected(cannot_listen(error, address));
}

PortListener::PortListener(LoopCore& core, int descriptor, std::string unix_path, Wakeup& wakeup)
    : core_(core),
      descriptor_(descriptor),
      unix_path_(std::move(unix_path)),
      local_(local_address(descriptor)),
      wakeup_(wakeup),
      retry_(core, wakeup) {
  watch_ = core.watch(descriptor_, WatchFor::readable, *this);
}

PortListener::~PortListener() {
  watch_.reset();
  // The backend may still hold the file for a moment; the port is free from now on.
  ::shutdown(descriptor_, SHUT_RDWR);
  ::close(descriptor_);
  if (!unix_path_.empty()) ::unlink(unix_path_.c_str());
}

void PortListener::ready() noexcept {
  if (!paused_) wakeup_.signal();
}

void PortListener::pause(bool on) {
  if (paused_ && !on) wakeup_.signal();  // Somebody may have come meanwhile.
  paused_ = on;
}

std::unique_ptr<Socket> PortListener::accept() {
  while (!paused_) {
    SocketAddress peer;
    peer.size = sizeof peer.storage;
    const int accepted = ::accept4(descriptor_, peer.get(), &peer.size, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (accepted >= 0) return make_socket(accepted, peer);
    if (errno == EAGAIN || errno == EWOULDBLOCK) break;
    if (is_shortage(errno)) {
      accept_failed(errno);
      break;
    }
    // Else it is the connection's own fault: it went away while it waited.
  }
  return nullptr;
}

void PortListener::accept_failed(int error) {
  shortage_ = system_error(error, "accepting on " + local_.text());
  retry_.set(core_.now() + retry_after);
}

std::unique_ptr<Socket> PortListener::make_socket(int descriptor, const SocketAddress& peer) {
  shortage_.reset();
  const bool tcp = local_.family() != AF_UNIX;
  Endpoints endpoints = tcp ? endpoints_of(local_address(descriptor), peer) : endpoints_of(local_, local_);
  return core_.make_socket(StreamState(descriptor, tcp, std::move(endpoints)));
}

}  // namespace lockkeeper::io
