// What the core keeps of pools, servers and waiters. Nobody else's business.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "proxy/pool/actions.hpp"
#include "proxy/pool/counters.hpp"
#include "proxy/pool/ids.hpp"
#include "proxy/pool/settings.hpp"
#include "proxy/pool/slots.hpp"

namespace lockkeeper::proxy::pool {

struct Server {
  SlotIdentity identity;
  PoolId pool;
  WorkerId home;
  ServerState state = ServerState::connecting;
  std::optional<CloseReason> close_as;  // Told to be closed as soon as nobody uses it.
  bool established = false;             // It was connected.
  bool checking = false;                // Idle, and in the list of those that were asked for a sign of life.
  std::uint32_t jitter = 0;             // Thousandths by which its life is shorter.
  ClientId client;                      // Who holds it, in use.
  TimePoint created_at{};
  TimePoint connected_at{};
  TimePoint since{};
  Links in_state;  // In the pool's list of its state.
  Links at_home;   // Idle: in the list of its home worker.
};

struct Waiter {
  SlotIdentity identity;
  PoolId pool;
  ClientId client;
  WorkerId worker;
  TimePoint since{};
  TimePoint deadline{};
  Links in_queue;
  Links by_deadline;
};

using ServerList = SlotList<&Server::in_state>;

struct Pool {
  bool live = false;
  PoolId id;
  DatabaseId database;
  UserId user;
  PoolSettings settings;

  ServerList connecting;                            // Oldest first.
  ServerList idle;                                  // Most recently used first.
  ServerList checking;                              // Asked longest ago first. Idle to everybody outside.
  ServerList in_use;                                // Held longest first.
  std::vector<SlotList<&Server::at_home>> idle_at;  // By worker, most recently used first.
  SlotList<&Waiter::in_queue> queue;
  SlotList<&Waiter::by_deadline> deadlines;
  std::uint32_t waiting_at = 0;  // Where in Core::waiting_pools_, while somebody waits.

  bool paused = false;
  bool pause_unanswered = false;
  std::uint32_t window = 1;                       // Connects that may be in progress for waiters.
  TimePoint last_return_used = TimePoint::min();  // When a returned connection last served a waiter.
  Duration connect_time{};                        // Smoothed.
  TimePoint retry_at = TimePoint::min();          // No connecting before.
  std::shared_ptr<const ConnectFailure> last_failure;
  TimePoint next_expiry = TimePoint::max();  // No idle server's life ends before.
  PoolCounters counters;                     // Without what is read off the lists.

  [[nodiscard]] std::uint32_t total() const noexcept {
    return connecting.size() + idle.size() + checking.size() + in_use.size();
  }
};

/// Server connections of all pools that share something.
struct Limit {
  std::uint32_t most = 0;  // 0: any number.
  std::uint32_t count = 0;

  [[nodiscard]] bool full() const noexcept { return most != 0 && count >= most; }
  [[nodiscard]] bool exceeded() const noexcept { return most != 0 && count > most; }
};

/// time + duration, without overflow.
[[nodiscard]] inline TimePoint later(TimePoint time, Duration duration) noexcept {
  return duration > TimePoint::max() - time ? TimePoint::max() : time + duration;
}

}  // namespace lockkeeper::proxy::pool
