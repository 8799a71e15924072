#include "io/addresses.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <cstddef>
#include <cstring>

namespace lockkeeper::io {
namespace {

template <class Native>
Native as(const SocketAddress& address) noexcept {
  Native native{};
  std::memcpy(&native, &address.storage, sizeof native);
  return native;
}

template <class Native>
SocketAddress made_of(const Native& native, socklen_t size = sizeof(Native)) noexcept {
  SocketAddress address;
  std::memcpy(&address.storage, &native, sizeof native);
  address.size = size;
  return address;
}

SocketAddress internet_address(in_addr host, std::uint16_t port) noexcept {
  sockaddr_in native{};
  native.sin_family = AF_INET;
  native.sin_port = htons(port);
  native.sin_addr = host;
  return made_of(native);
}

SocketAddress internet_address(const in6_addr& host, std::uint16_t port) noexcept {
  sockaddr_in6 native{};
  native.sin6_family = AF_INET6;
  native.sin6_port = htons(port);
  native.sin6_addr = host;
  return made_of(native);
}

std::string unix_text(const SocketAddress& address) {
  const auto native = as<sockaddr_un>(address);
  constexpr std::size_t start = offsetof(sockaddr_un, sun_path);
  if (address.size <= start) return "unix:";
  return "unix:" + std::string(native.sun_path, ::strnlen(native.sun_path, address.size - start));
}

// A socket that takes both versions shows IPv4 peers in this form.
bool is_mapped(const in6_addr& host) noexcept { return IN6_IS_ADDR_V4MAPPED(&host); }

in_addr mapped(const in6_addr& host) noexcept {
  in_addr plain{};
  std::memcpy(&plain, host.s6_addr + 12, sizeof plain);
  return plain;
}

std::string text_of(in_addr host, std::uint16_t port) {
  char buffer[INET_ADDRSTRLEN] = "";
  ::inet_ntop(AF_INET, &host, buffer, sizeof buffer);
  return std::string(buffer) + ":" + std::to_string(port);
}

bool is_loopback(in_addr host) noexcept { return (ntohl(host.s_addr) >> 24) == 127; }

}  // namespace

const sockaddr* SocketAddress::get() const noexcept { return reinterpret_cast<const sockaddr*>(&storage); }
sockaddr* SocketAddress::get() noexcept { return reinterpret_cast<sockaddr*>(&storage); }

std::string SocketAddress::text() const {
  if (family() == AF_UNIX) return unix_text(*this);
  if (family() == AF_INET) return text_of(as<sockaddr_in>(*this).sin_addr, port());
  if (family() != AF_INET6) return "?";
  const auto native = as<sockaddr_in6>(*this);
  if (is_mapped(native.sin6_addr)) return text_of(mapped(native.sin6_addr), port());
  char buffer[INET6_ADDRSTRLEN] = "";
  ::inet_ntop(AF_INET6, &native.sin6_addr, buffer, sizeof buffer);
  return "[" + std::string(buffer) + "]:" + std::to_string(port());
}

bool SocketAddress::loopback() const noexcept {
  if (family() == AF_UNIX) return true;
  if (family() == AF_INET) return is_loopback(as<sockaddr_in>(*this).sin_addr);
  if (family() != AF_INET6) return false;
  const in6_addr host = as<sockaddr_in6>(*this).sin6_addr;
  return is_mapped(host) ? is_loopback(mapped(host)) : IN6_IS_ADDR_LOOPBACK(&host) != 0;
}

std::uint16_t SocketAddress::port() const noexcept {
  if (family() == AF_INET) return ntohs(as<sockaddr_in>(*this).sin_port);
  if (family() == AF_INET6) return ntohs(as<sockaddr_in6>(*this).sin6_port);
  return 0;
}

std::expected<SocketAddress, IoError> unix_address(const std::string& path) {
  sockaddr_un native{};
  native.sun_family = AF_UNIX;
  if (path.size() >= sizeof native.sun_path) {
    return std::unexpected(IoError{Reason::other, "the path of a Unix socket has at most " +
                                                      std::to_string(sizeof native.sun_path - 1) +
                                                      " bytes (unix:" + path + ")"});
  }
  std::memcpy(native.sun_path, path.c_str(), path.size() + 1);
  return made_of(native, static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1));
}

std::vector<SocketAddress> numeric_addresses(const std::string& host, std::uint16_t port) {
  in_addr version4{};
  in6_addr version6{};
  if (host == "localhost") {
    version4.s_addr = htonl(INADDR_LOOPBACK);
    return {internet_address(version4, port), internet_address(in6addr_loopback, port)};
  }
  if (::inet_pton(AF_INET, host.c_str(), &version4) == 1) return {internet_address(version4, port)};
  if (::inet_pton(AF_INET6, host.c_str(), &version6) == 1) return {internet_address(version6, port)};
  return {};
}

std::expected<std::vector<SocketAddress>, IoError> resolve(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* list = nullptr;
  const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list);
  if (error != 0) {
    return std::unexpected(IoError{error == EAI_MEMORY ? Reason::resources : Reason::unreachable,
                                   "cannot resolve the host name \"" + host + "\": " + ::gai_strerror(error)});
  }
  std::vector<SocketAddress> found;
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    SocketAddress address;
    if (entry->ai_addrlen > sizeof address.storage) continue;
    std::memcpy(&address.storage, entry->ai_addr, entry->ai_addrlen);
    address.size = entry->ai_addrlen;
    found.push_back(address);
  }
  ::freeaddrinfo(list);
  return found;
}

SocketAddress local_address(int descriptor) noexcept {
  SocketAddress address;
  address.size = sizeof address.storage;
  if (::getsockname(descriptor, address.get(), &address.size) != 0) address.size = 0;
  return address;
}

Endpoints endpoints_of(const SocketAddress& local, const SocketAddress& remote) {
  return {local.text(), remote.text(), remote.loopback()};
}

void set_tcp_options(int descriptor) noexcept {
  const auto set = [descriptor](int level, int option, int value) {
    ::setsockopt(descriptor, level, option, &value, sizeof value);
  };
  set(IPPROTO_TCP, TCP_NODELAY, 1);
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, 60);
  set(IPPROTO_TCP, TCP_KEEPINTVL, 10);
  set(IPPROTO_TCP, TCP_KEEPCNT, 6);
}

std::string to_string(const Address& address) {
  if (!address.path.empty()) return "unix:" + address.path;
  const bool bare6 = address.host.find(':') != std::string::npos;
  return (bare6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

}  // namespace lockkeeper::io
