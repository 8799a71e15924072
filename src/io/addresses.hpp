// Addresses as the system's calls take them, and back to text.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <expected>
#include <string>
#include <vector>

#include "io/loop.hpp"

namespace lockkeeper::io {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;

  [[nodiscard]] int family() const noexcept { return storage.ss_family; }
  [[nodiscard]] const sockaddr* get() const noexcept;
  [[nodiscard]] sockaddr* get() noexcept;
  [[nodiscard]] std::string text() const;  ///< "127.0.0.1:5432", "[::1]:5432", "unix:/run/.s.PGSQL.5432"
  [[nodiscard]] bool loopback() const noexcept;
  [[nodiscard]] std::uint16_t port() const noexcept;
};

[[nodiscard]] std::expected<SocketAddress, IoError> unix_address(const std::string& path);
/// Numeric hosts and "localhost" (which is this machine, whatever a name server says); empty for other names.
[[nodiscard]] std::vector<SocketAddress> numeric_addresses(const std::string& host, std::uint16_t port);
/// Asks the system's resolver; may take long.
[[nodiscard]] std::expected<std::vector<SocketAddress>, IoError> resolve(const std::string& host, std::uint16_t port);

[[nodiscard]] SocketAddress local_address(int descriptor) noexcept;
[[nodiscard]] Endpoints endpoints_of(const SocketAddress& local, const SocketAddress& remote);

/// No delay for small messages; a peer whose machine has gone away is noticed within two minutes. Accepted sockets have
/// these from their listener.
void set_tcp_options(int descriptor) noexcept;

}  // namespace lockkeeper::io
