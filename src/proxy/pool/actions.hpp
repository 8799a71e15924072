// What the core decided and the caller has to do, once it has let go of its lock.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/pool/ids.hpp"

namespace lockkeeper::proxy::pool {

/// The client has the server from now on, until release, or server_gone.
struct Give {
  ClientId client{};
  WaiterId waiter{};  ///< 0: it did not have to wait.
  ServerId server{};
  PoolId pool{};
  WorkerId worker{};                       ///< The client's; the server's home from now on.
  std::optional<WorkerId> migrate_from{};  ///< The server's home until now, where it is another one.
  bool fresh = false;                      ///< A place without a connection, see PoolSettings::pass_through.
  Duration waited{};
};

/// Begin to connect on that worker; answer with connected, connect_failed or server_gone.
struct Connect {
  ServerId server{};
  PoolId pool{};
  WorkerId worker{};
};

/// Ask that connection, on that worker, for a sign of life, and answer with checked or server_gone. If neither comes
/// within check_timeout, a Close does.
struct Check {
  ServerId server{};
  PoolId pool{};
  WorkerId worker{};
};

enum class CloseReason : std::uint8_t {
  lifetime,      ///< Older than server_lifetime.
  idle_timeout,  ///< Not used for server_idle_timeout.
  silent,        ///< Asked for a sign of life, it gave none within check_timeout.
  evicted,       ///< Made room under a shared limit for a waiter of another pool.
  surplus,       ///< More than the settings allow since they were changed.
  paused,        ///< PAUSE.
  reconnect,     ///< RECONNECT.
  draining,      ///< Shutdown.
  told,          ///< close_when_released, or a pass-through pool's server was released.
  gone,          ///< It died, or the caller closed it: no action, only counted.
};
inline constexpr std::size_t close_reason_count = 10;

[[nodiscard]] std::string_view to_string(CloseReason why) noexcept;

/// Close that connection, which lives on that worker. Its id is forgotten already, and its place may be taken by a
/// connect of the same Actions: close first.
struct Close {
  ServerId server{};
  PoolId pool{};
  WorkerId worker{};
  CloseReason why{};
};

enum class FailReason : std::uint8_t {
  queue_timeout,   ///< Its deadline passed.
  connect_failed,  ///< The pool has no connection, and the attempt to get one failed. See Fail::failure.
  shutting_down,   ///< drain was called.
  paused,          ///< Its deadline passed while the pool was paused.
  queue_full,      ///< max_waiters wait already.
};

[[nodiscard]] std::string_view to_string(FailReason why) noexcept;

/// Why a server did not let us in, for clients to be told; the core does not look into it.
struct ConnectFailure {
  std::string sqlstate;
  std::string message;
};

/// The client gets no server.
struct Fail {
  ClientId client{};
  WaiterId waiter{};  ///< 0: it was refused at once.
  PoolId pool{};
  WorkerId worker{};
  FailReason why{};
  Duration waited{};
  std::shared_ptr<const ConnectFailure> failure{};  ///< With connect_failed.
};

/// Appended to by every event, emptied by the caller; keeps its memory. Do closes before connects.
struct Actions {
  std::vector<Give> gives;
  std::vector<Close> closes;
  std::vector<Connect> connects;
  std::vector<Check> checks;
  std::vector<Fail> fails;
  std::vector<PoolId> paused;  ///< Pools that were told to pause and now have no connection left.

  [[nodiscard]] bool empty() const noexcept {
    return gives.empty() && closes.empty() && connects.empty() && checks.empty() && fails.empty() && paused.empty();
  }
  void clear() noexcept {
    gives.clear();
    closes.clear();
    connects.clear();
    checks.clear();
    fails.clear();
    paused.clear();
  }
};

}  // namespace lockkeeper::proxy::pool
