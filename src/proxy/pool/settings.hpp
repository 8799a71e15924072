// What a pool is told to do. Values may change at run time, see Core::set_settings.
#pragma once

#include <chrono>
#include <cstdint>

#include "proxy/pool/ids.hpp"

namespace lockkeeper::proxy::pool {

/// Waiters of one pool beyond which nobody may queue. A waiter costs the core about 100 bytes, and whoever comes after
/// ten thousand others is served faster by an error that says so; the number is that of the clients a proxy is meant
/// for.
inline constexpr std::uint32_t default_max_waiters = 10'000;

struct PoolSettings {
  /// Most server connections, those being connected included. At least 1.
  std::uint32_t size = 20;
  /// Kept open though nobody uses them, as far as size and the shared limits allow.
  std::uint32_t min_size = 0;
  std::uint32_t max_waiters = default_max_waiters;

  /// A connection older than this (less 0 to 10 %, so that those made together do not end together) is closed once it
  /// is idle. Zero: never.
  Duration server_lifetime = std::chrono::hours{1};
  /// A connection that was not used for this long is closed, down to min_size. Zero: never.
  Duration server_idle_timeout = std::chrono::minutes{10};
  /// A connection that was idle for this long is asked for a sign of life (Check) before a client gets it. Zero: never.
  Duration server_check_after = std::chrono::seconds{30};
  /// One that gives none for this long is closed. Somebody who waits for it is helped to another one earlier, if the
  /// pool has one or room for one.
  Duration check_timeout = std::chrono::seconds{5};
  /// After an attempt to connect failed: how long until the next one.
  Duration server_login_retry = std::chrono::seconds{15};

  /// Every client logs in to the server by itself, so that connections cannot be shared. A waiter is then given a
  /// place: a server id of its own (Give::fresh) for which the caller connects. Such a server is never idle: release
  /// closes it.
  bool pass_through = false;

  friend bool operator==(const PoolSettings&, const PoolSettings&) = default;
};

}  // namespace lockkeeper::proxy::pool
