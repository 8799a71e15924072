// What is, for consoles and findings.
#include <algorithm>
#include <bit>

#include "proxy/pool/core.hpp"

namespace lockkeeper::proxy::pool {

std::string_view to_string(CloseReason why) noexcept {
  switch (why) {
    case CloseReason::lifetime: return "server lifetime over";
    case CloseReason::idle_timeout: return "server idle timeout";
    case CloseReason::silent: return "no sign of life";
    case CloseReason::evicted: return "evicted for another pool";
    case CloseReason::surplus: return "more than the settings allow";
    case CloseReason::paused: return "pool paused";
    case CloseReason::reconnect: return "reconnect requested";
    case CloseReason::draining: return "shutting down";
    case CloseReason::told: return "not to be used again";
    case CloseReason::gone: return "gone";
  }
  return "";
}

std::string_view to_string(FailReason why) noexcept {
  switch (why) {
    case FailReason::queue_timeout: return "queue timeout";
    case FailReason::connect_failed: return "connect failed";
    case FailReason::shutting_down: return "shutting down";
    case FailReason::paused: return "pool paused";
    case FailReason::queue_full: return "queue full";
  }
  return "";
}

void WaitTimes::add(Duration wait) noexcept {
  const auto whole = std::chrono::duration_cast<std::chrono::microseconds>(wait).count();
  const auto bucket = static_cast<std::size_t>(std::bit_width(static_cast<std::uint64_t>(whole)));
  ++buckets[std::min(bucket, bucket_count - 1)];
  ++count;
  sum += wait;
  longest = std::max(longest, wait);
}

PoolCounters Core::counters(PoolId id) const {
  const Pool& pool = pool_at(id);
  PoolCounters counters = pool.counters;
  counters.waiting = pool.queue.size();
  counters.in_use = pool.in_use.size();
  counters.idle = pool.idle.size() + pool.checking.size();
  counters.checking = pool.checking.size();
  counters.connecting = pool.connecting.size();
  if (!pool.queue.empty()) counters.oldest_waiter_since = waiters_[pool.queue.front()].since;
  counters.paused = pool.paused;
  return counters;
}

std::uint32_t Core::server_count(DatabaseId database) const noexcept {
  return database.value() < databases_.size() ? databases_[database.value()].count : 0;
}

std::uint32_t Core::server_count(UserId user) const noexcept {
  return user.value() < users_.size() ? users_[user.value()].count : 0;
}

ServerView Core::view(SlotIndex index) const {
  const Server& server = servers_[index];
  return {.server = servers_.id(index),
          .state = server.state,
          .home = server.home,
          .client = server.client,
          .since = server.since,
          .created_at = server.created_at,
          .closes_on_release = server.close_as.has_value()};
}

std::optional<ServerView> Core::server(ServerId id) const {
  const SlotIndex index = servers_.find(id);
  if (index == no_slot) return std::nullopt;
  return view(index);
}

void Core::list_servers(PoolId id, std::vector<ServerView>& into) const {
  const Pool& pool = pool_at(id);
  for (const ServerList* list : {&pool.in_use, &pool.idle, &pool.checking, &pool.connecting}) {
    for (SlotIndex at = list->front(); at != no_slot; at = servers_[at].in_state.next) into.push_back(view(at));
  }
}

void Core::list_waiters(PoolId id, std::vector<WaiterView>& into) const {
  for (SlotIndex at = pool_at(id).queue.front(); at != no_slot; at = waiters_[at].in_queue.next) {
    const Waiter& waiter = waiters_[at];
    into.push_back({waiters_.id(at), waiter.client, waiter.worker, waiter.since, waiter.deadline});
  }
}

}  // namespace lockkeeper::proxy::pool
