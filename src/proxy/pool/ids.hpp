// Names of the things the pool's core speaks of.
#pragma once

#include <chrono>
#include <cstdint>

#include "base/strong_id.hpp"

namespace lockkeeper::proxy::pool {

using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;
using Duration = Clock::duration;

/// Dense, from 0, given by Core::add_pool; free again after Core::remove_pool.
using PoolId = base::StrongId<struct PoolTag, std::uint32_t>;
/// Dense, from 0, chosen by the caller: what a limit for a database or a user counts by.
using DatabaseId = base::StrongId<struct DatabaseTag, std::uint32_t>;
using UserId = base::StrongId<struct UserTag, std::uint32_t>;
/// Dense, from 0: an event loop.
using WorkerId = base::StrongId<struct WorkerTag, std::uint32_t>;
/// The caller's own name for a client; the core only keeps and returns it.
using ClientId = base::StrongId<struct ClientTag, std::uint64_t>;

/// One server connection, from the moment its connecting begins until it is closed. Never 0, never used twice: events
/// about a server that is gone are recognised and ignored.
using ServerId = base::StrongId<struct ServerTag, std::uint64_t>;
/// One wait in a queue. Never used twice; 0 stands for "did not wait".
using WaiterId = base::StrongId<struct WaiterTag, std::uint64_t>;

}  // namespace lockkeeper::proxy::pool
