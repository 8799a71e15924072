// The proxy's pools of server connections: (state, event, now) -> actions. No clock, socket, thread or log.
//
// Not safe for threads: the caller holds one lock around each call and carries out the actions after letting go of it.
// Every event function appends to `actions`. `now` should not run backwards; small steps back between threads do no
// harm. Ids of what is gone already are recognised and ignored, since events of sockets cross the core's decisions.
//
// The order in which clients are served:
// - In a pool strictly first come, first served: nobody gets a connection, idle, returned or new, while somebody of the
//   same pool waits longer. Waiters are not bound to a connect in progress.
// - Where a shared limit (database, user, global) is full, the place goes to the pool whose first waiter waits longest;
//   idle connections of other pools are closed for it, the one idle longest first. A pool that has connections and
//   waiters of its own gives up a returned one to another pool with connections only if the other's first waiter waits
//   longer by what three connects take (at most a second): a place that moves costs a connect, and moving on every
//   return would leave the places connecting rather than working. Where two full limits hold up a waiter at once,
//   younger waiters that need only one of them may pass.
// - Connects in progress of a pool begin with one, and one more after each that ended while no return served anybody
//   meanwhile (as in TCP's slow start); one more for each that takes longer than slow_attempt.
// - Who finds nothing but connections that were idle for server_check_after waits, first in the queue, while one of
//   them is asked for a sign of life: as many are asked as clients wait, and all once one has been silent for
//   slow_attempt. Whatever silenced it (a firewall that forgot the connections, a machine that was moved) may have
//   silenced all. If that does not help either for as long, another connection is made beside them.
//
// A connection is counted as gone when its Close is handed out. The server may count it a moment longer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "proxy/pool/actions.hpp"
#include "proxy/pool/counters.hpp"
#include "proxy/pool/ids.hpp"
#include "proxy/pool/settings.hpp"
#include "proxy/pool/state.hpp"

namespace lockkeeper::proxy::pool {

struct AcquireRequest {
  PoolId pool{};
  ClientId client{};
  WorkerId worker{};
  /// When the wait ends without a server. Absolute; time_point::max() for none.
  TimePoint deadline = TimePoint::max();
  /// The client was given a server that turned out to be dead before it was used: it goes to the head of the queue.
  bool again = false;
};

class Core {
 public:
  /// `worker_count` at least 1. The seed spreads lifetimes: same seed and events, same decisions.
  Core(std::uint32_t worker_count, std::uint64_t seed);

  // --- clients ---
  /// Answered in `actions` at once (Give or Fail with waiter 0), and the return value is 0; or the id of the wait,
  /// which ends with exactly one Give or Fail of a later event or with cancel_wait.
  [[nodiscard]] WaiterId acquire(const AcquireRequest& request, TimePoint now, Actions& actions);

  /// The client does not want a server any more. False: it has been answered, so look for the Give and release it.
  bool cancel_wait(WaiterId waiter, TimePoint now);

  /// The holder is done and the server is clean: next waiter, idle, or closed. False: it is not in use (any more).
  bool release(ServerId server, TimePoint now, Actions& actions);

  /// Closed once it is released; at once if idle. One that is still connecting is closed when it is connected.
  bool close_when_released(ServerId server, TimePoint now, Actions& actions);

  // --- server connections ---
  /// What Connect asked for is there, logged in and idle. (For a place of a pass-through pool: only counted.)
  bool connected(ServerId server, TimePoint now, Actions& actions);

  /// What Check asked for has come: it lives, and is idle. False: it is not being checked (any more).
  bool checked(ServerId server, TimePoint now, Actions& actions);

  /// It could not be had. If the pool now has no server and none under way, its waiters fail with this. Begins the
  /// pause of server_login_retry, during which newcomers of a pool without servers are refused with it at once. Also
  /// for the place of a pass-through pool (in use), whose client the caller answers itself.
  bool connect_failed(ServerId server, std::shared_ptr<const ConnectFailure> failure, TimePoint now, Actions& actions);

  /// It died or was closed by the caller, whatever it was doing. A connecting one: given up without blame.
  bool server_gone(ServerId server, TimePoint now, Actions& actions);

  // --- time ---
  /// Deadlines, lifetimes, idle timeouts, retries, min_size. Call at next_tick(), which every event may move; it may
  /// lie in the past, but not after a tick.
  void tick(TimePoint now, Actions& actions);
  [[nodiscard]] TimePoint next_tick() const noexcept { return next_tick_; }

  // --- pools and limits ---
  [[nodiscard]] PoolId add_pool(DatabaseId database, UserId user, const PoolSettings& settings, TimePoint now);
  /// False while it has servers, connects or waiters. The id may be given to another pool afterwards.
  [[nodiscard]] bool remove_pool(PoolId pool);
  /// Idle connections beyond what is allowed now are closed at once, others when they are released.
  void set_settings(PoolId pool, const PoolSettings& settings, TimePoint now, Actions& actions);
  /// Most server connections of all pools of that database or user, or of all; 0: no limit.
  void set_database_limit(DatabaseId database, std::uint32_t limit, TimePoint now, Actions& actions);
  void set_user_limit(UserId user, std::uint32_t limit, TimePoint now, Actions& actions);
  void set_global_limit(std::uint32_t limit, TimePoint now, Actions& actions);

  // --- control ---
  /// Gives no server any more and closes them as they become idle; Actions::paused says when none is left. Waiters
  /// queue. Told again it answers again.
  void pause(PoolId pool, TimePoint now, Actions& actions);
  void resume(PoolId pool, TimePoint now, Actions& actions);
  /// Closes idle servers now, others when they are released or connected.
  void reconnect(PoolId pool, TimePoint now, Actions& actions);
  /// Pools added later are paused as well, until resume_all.
  void pause_all(TimePoint now, Actions& actions);
  void resume_all(TimePoint now, Actions& actions);
  void reconnect_all(TimePoint now, Actions& actions);
  /// Shutdown: fails waiters and newcomers, closes idle servers now and others when they are released or connected.
  /// For good. Done when server_count() is 0.
  void drain(TimePoint now, Actions& actions);

  // --- what is ---
  [[nodiscard]] const PoolSettings& settings(PoolId pool) const { return pool_at(pool).settings; }
  [[nodiscard]] PoolCounters counters(PoolId pool) const;
  /// Connecting, idle and in use, of all pools.
  [[nodiscard]] std::uint32_t server_count() const noexcept { return global_.count; }
  [[nodiscard]] std::uint32_t server_count(DatabaseId database) const noexcept;
  [[nodiscard]] std::uint32_t server_count(UserId user) const noexcept;
  [[nodiscard]] std::uint32_t waiter_count() const noexcept { return waiter_count_; }
  /// Who holds it and since when; nothing if it is gone.
  [[nodiscard]] std::optional<ServerView> server(ServerId server) const;
  /// Appends: in use (longest first), idle (most recently used first), connecting (longest first).
  void list_servers(PoolId pool, std::vector<ServerView>& into) const;
  /// Appends the waiters in the order in which they will be served.
  void list_waiters(PoolId pool, std::vector<WaiterView>& into) const;

 private:
  enum class Scope : std::uint8_t { user, database, global };  // Narrow ones first.

  [[nodiscard]] Pool& pool_at(PoolId pool) { return pools_.at(pool.value()); }
  [[nodiscard]] const Pool& pool_at(PoolId pool) const { return pools_.at(pool.value()); }

  // Clients.
  SlotIndex take_without_waiting(Pool& pool, WorkerId worker, TimePoint now, Actions& actions);
  WaiterId refuse(const AcquireRequest& request, FailReason why, Actions& actions);
  SlotIndex enqueue(const AcquireRequest& request, TimePoint now);
  void dequeue(Pool& pool, SlotIndex waiter, TimePoint now);
  void fail(SlotIndex waiter, FailReason why, TimePoint now, Actions& actions);
  void fail_all(Pool& pool, FailReason why, TimePoint now, Actions& actions);
  [[nodiscard]] SlotIndex choose_idle(const Pool& pool, WorkerId worker, TimePoint now) const noexcept;
  void take_idle(Pool& pool, SlotIndex server) noexcept;
  void hand_over(Pool& pool, SlotIndex server, Give give, TimePoint now, Actions& actions);
  static void note_use(Pool& pool, const Server& server, TimePoint now) noexcept;
  void serve_first(Pool& pool, SlotIndex server, TimePoint now, Actions& actions);

  // Servers.
  SlotIndex create(Pool& pool, WorkerId home, TimePoint now);
  void make_idle(Pool& pool, SlotIndex server, TimePoint now);
  void put_to_use(Pool& pool, ServerList& from, SlotIndex server, TimePoint now, Actions& actions);
  [[nodiscard]] static bool needs_check(const Pool& pool, const Server& server, TimePoint now) noexcept;
  /// For those who wait beside idle connections: has these asked for a sign of life.
  void check_idle(Pool& pool, TimePoint now, Actions& actions);
  void begin_check(Pool& pool, SlotIndex server, TimePoint now, Actions& actions);
  void welcome(Pool& pool, Server& server, TimePoint now);
  /// Takes it out of the counts and, unless it is gone, hands out the Close.
  void close(SlotIndex server, CloseReason why, Actions& actions);
  void close_all_idle(Pool& pool, CloseReason why, Actions& actions);
  [[nodiscard]] std::optional<CloseReason> reason_to_close(const Pool& pool, const Server& server,
                                                           TimePoint now) const noexcept;
  [[nodiscard]] static TimePoint expiry(const Pool& pool, const Server& server) noexcept;

  // Places under the limits.
  Limit& limit(Scope scope, std::uint32_t key);
  [[nodiscard]] const Limit& limit(const Pool& pool, Scope scope) const noexcept;
  [[nodiscard]] static std::uint32_t key(const Pool& pool, Scope scope) noexcept;
  [[nodiscard]] bool any_limit(const Pool& pool, bool (Limit::*is)() const noexcept) const noexcept;
  [[nodiscard]] SlotIndex longest_idle(Scope scope, std::uint32_t key) const noexcept;
  [[nodiscard]] bool can_have_place(const Pool& pool) const noexcept;
  void make_room(const Pool& pool, Actions& actions);
  [[nodiscard]] bool wants_place(const Pool& pool, TimePoint now) const noexcept;
  /// How many of the list have been in it for slow_attempt.
  [[nodiscard]] std::uint32_t slow_ones(const ServerList& list, TimePoint now) const noexcept;
  [[nodiscard]] Pool* pool_to_yield_to(const Pool& pool, TimePoint now) noexcept;
  [[nodiscard]] bool would_gain(const Pool& loser, const Pool& winner) const noexcept;
  void take_place(Pool& pool, TimePoint now, Actions& actions);
  void start_connect(Pool& pool, WorkerId worker, TimePoint now, Actions& actions);
  void serve_oldest(TimePoint now, Actions& actions);
  void fill_minimum(Pool& pool, TimePoint now, Actions& actions);
  void close_beyond(Scope scope, std::uint32_t key, Actions& actions);

  // After events.
  [[nodiscard]] bool fails_everybody(const Pool& pool, TimePoint now) const noexcept;
  /// What follows from a server that came or went, or from new settings.
  void settle(Pool& pool, TimePoint now, Actions& actions);
  static void answer_pause(Pool& pool, Actions& actions);
  void tick_at(TimePoint time) noexcept;
  void expire_waiters(Pool& pool, TimePoint now, Actions& actions);
  void expire_servers(Pool& pool, TimePoint now, Actions& actions);
  void plan(const Pool& pool, TimePoint now) noexcept;
  void plan_slow(const ServerList& list, TimePoint now) noexcept;
  void begin_pause(Pool& pool, Actions& actions);
  static void begin_again(Pool& pool) noexcept;
  void mark_reconnect(Pool& pool, Actions& actions);
  void settle_all(TimePoint now, Actions& actions);
  [[nodiscard]] std::uint32_t random_below(std::uint32_t bound) noexcept;
  [[nodiscard]] ServerView view(SlotIndex server) const;

  std::uint32_t worker_count_;
  std::uint64_t random_state_;
  SlotMap<Server, ServerId> servers_;
  SlotMap<Waiter, WaiterId> waiters_;
  std::vector<Pool> pools_;
  std::vector<PoolId> free_pools_;
  std::vector<PoolId> waiting_pools_;  // Those in which somebody waits.
  std::vector<Limit> databases_;
  std::vector<Limit> users_;
  Limit global_;
  std::uint32_t waiter_count_ = 0;
  std::uint32_t next_worker_ = 0;  // For connections that nobody waits for.
  bool all_paused_ = false;
  bool draining_ = false;
  bool minimum_blocked_ = false;  // A limit kept a pool below its min_size.
  TimePoint next_tick_ = TimePoint::max();
};

}  // namespace lockkeeper::proxy::pool
