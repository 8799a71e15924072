// What a pool has done and is doing, copied out in one go, and who holds or waits for what.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "proxy/pool/actions.hpp"
#include "proxy/pool/ids.hpp"

namespace lockkeeper::proxy::pool {

/// Times, of waits or of uses. Bucket i counts those of less than 2^i microseconds that are in no earlier bucket; the
/// last one also those that are longer (from 18 minutes on).
struct WaitTimes {
  static constexpr std::size_t bucket_count = 32;

  std::array<std::uint64_t, bucket_count> buckets{};
  std::uint64_t count = 0;
  Duration sum{};
  Duration longest{};

  void add(Duration wait) noexcept;
};

struct PoolCounters {
  // Since the pool was added.
  std::uint64_t acquires = 0;  ///< All requests for a server, those refused at once included.
  std::uint64_t given = 0;
  std::uint64_t cancelled = 0;  ///< Waits that the client gave up.
  std::uint64_t timeouts = 0;   ///< Waits whose deadline passed, paused or not.
  std::uint64_t failed = 0;     ///< Requests failed for another reason.
  std::uint64_t migrations = 0;
  std::uint64_t connects = 0;  ///< Attempts begun.
  std::uint64_t created = 0;   ///< Attempts that succeeded.
  std::uint64_t connect_failures = 0;
  std::uint64_t checks = 0;                                ///< Times that a connection was asked for a sign of life.
  std::array<std::uint64_t, close_reason_count> closed{};  ///< By CloseReason.
  WaitTimes waits;  ///< However the wait ended; who was served at once did not wait.
  WaitTimes uses;   ///< How long clients held a server, until it came back or was gone.

  // Now.
  std::uint32_t waiting = 0;
  std::uint32_t in_use = 0;
  std::uint32_t idle = 0;      ///< Held by nobody: those being checked included.
  std::uint32_t checking = 0;  ///< Of the idle ones: asked for a sign of life, and not answered yet.
  std::uint32_t connecting = 0;
  TimePoint oldest_waiter_since{};  ///< Where somebody waits.
  bool paused = false;
};

enum class ServerState : std::uint8_t { connecting, idle, in_use };

struct ServerView {
  ServerId server{};
  ServerState state{};
  WorkerId home{};
  ClientId client{};       ///< Who holds it, where it is in use.
  TimePoint since{};       ///< In this state.
  TimePoint created_at{};  ///< When its connecting began.
  bool closes_on_release = false;
};

struct WaiterView {
  WaiterId waiter{};
  ClientId client{};
  WorkerId worker{};
  TimePoint since{};
  TimePoint deadline{};
};

}  // namespace lockkeeper::proxy::pool
