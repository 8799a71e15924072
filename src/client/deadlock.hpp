// Whether somebody waits for a connection that can never come free. Pure: from who holds and who waits to a verdict.
//
// Exact under two conditions: a lease is released only by its own unit of work, and a unit is blocked when all of
// its threads are. Timeouts, which would end every wait one day, are not counted as a way out. Where something is
// not known (a backend, a foreign session, a unit whose threads are not all seen waiting), it is taken to go on:
// silence may be wrong then, a verdict never.
//
// A ring of lock waits alone is left to the database, whose own detector fails one of its sessions. We cannot know
// which, so nobody in such a ring or behind it is called stuck until the database has spoken; look again then.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/strong_id.hpp"

namespace lockkeeper::client {

using PoolId = base::StrongId<struct PoolIdTag, std::uint32_t>;
using UnitId = base::StrongId<struct UnitIdTag, std::uint64_t>;
using LeaseId = base::StrongId<struct LeaseIdTag, std::uint64_t>;
using WaitId = base::StrongId<struct WaitIdTag, std::uint64_t>;

/// A lease that is out.
struct HeldLease {
  LeaseId id;
  UnitId unit;
  std::uint64_t server = 0;  ///< Which server `backend` is a session of: sessions of two servers may have one number.
  std::int64_t backend = 0;  ///< 0: unknown. A backend that two leases claim is taken for unknown too.
  bool executing = false;    ///< A thread of the unit has been running one and the same statement on it all the time.
};

/// A caller of acquire in a pool's queue.
struct QueuedWait {
  WaitId id;  ///< Grows with time over all pools.
  UnitId unit;
};

/// One pool at one moment. Strictly first come, first served: nobody overtakes a wait that is not served.
struct PoolSituation {
  PoolId id;
  /// Slots without a lease: idle, connecting, being cleaned or checked, or allowed to be opened. A pool that has
  /// neither these nor leases is taken to move on: whatever it waits for is not a lease.
  std::uint32_t free = 0;
  std::vector<HeldLease> leases;
  std::vector<QueuedWait> waits;  ///< First come first.
};

struct UnitSituation {
  UnitId id;
  std::uint32_t threads = 1;  ///< Threads that work for it now, those that wait included.
};

/// What a database said: session `waiter` waits for a lock of session `blocker`. Ignored unless the waiter is the
/// backend of a lease that is executing; a blocker that is nobody's lease is taken to go on.
///
/// An answer is old when it arrives, and a verdict must not rest on a lock that has been granted meanwhile. So an edge
/// belongs here only if, since before the database was asked, the waiter has been running the same statement and the
/// blocker, where it is a lease, has begun and ended nothing: it still holds then what it held.
struct LockEdge {
  std::uint64_t server = 0;
  std::int64_t waiter = 0;
  std::int64_t blocker = 0;

  friend auto operator<=>(const LockEdge&, const LockEdge&) = default;
};

struct Situation {
  std::vector<PoolSituation> pools;
  std::vector<UnitSituation> units;  ///< Of every lease and wait; one not listed has one thread.
  std::vector<LockEdge> locks;
};

/// A wait to be failed, and why.
///
/// The ring is the victim's unit and every stuck unit that it waits for, directly or through others: a proof by
/// itself, since each of them waits for nobody outside who could help.
struct DeadlockVerdict {
  WaitId victim;
  std::vector<WaitId> waits;    ///< The waits of the ring's units, the victim's included, oldest first.
  std::vector<LeaseId> leases;  ///< The leases of the ring's units: what is held meanwhile, by id.
  std::vector<LockEdge> locks;  ///< The lock waits that are part of it, sorted.
};

/// The wait to fail first, or nothing where no stuck unit holds a lease and waits for a connection ("nested").
///
/// Chosen among the nested waits of stuck units, in this order: one of a ring that depends on no other ring (whoever
/// waits behind such a ring may go on when it is broken, and must not be failed for it); one whose failure lets another
/// unit go on; the youngest. Where one failure is not enough, the next call, on what is then, names the next victim.
/// The same situation always gives the same verdict, in whatever order its parts are listed.
[[nodiscard]] std::optional<DeadlockVerdict> find_deadlock(const Situation& situation);

/// The units that can never go on, by id. One that has a thread which is not known to wait is not among them.
[[nodiscard]] std::vector<UnitId> stuck_units(const Situation& situation);

}  // namespace lockkeeper::client
