#include "collect/library/to_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>

namespace lockkeeper::collect::library {
namespace {

using Kind = model::PoolTroubleKind;

model::Duration microseconds(std::chrono::nanoseconds time) {
  return std::chrono::duration_cast<model::Duration>(time);
}

// "orders/checkout.cpp:41", as the library's own messages name it: the file with its last folder.
std::string place_of(const std::source_location& where) {
  std::string_view file = where.file_name();
  if (file.empty()) return {};
  const std::size_t name = file.rfind('/');
  if (name != std::string_view::npos && name > 0) {
    const std::size_t folder = file.rfind('/', name - 1);
    if (folder != std::string_view::npos) file.remove_prefix(folder + 1);
  }
  return fmt::format("{}:{}", file, where.line());
}

std::optional<model::LeaseEnd> end_of(LeaseEnd end) {
  switch (end) {
    case LeaseEnd::held: return std::nullopt;
    case LeaseEnd::returned: return model::LeaseEnd::returned;
    case LeaseEnd::reclaimed: return model::LeaseEnd::reclaimed;
    case LeaseEnd::evicted: return model::LeaseEnd::evicted;
    case LeaseEnd::connection_lost: return model::LeaseEnd::connection_lost;
    case LeaseEnd::discarded: return model::LeaseEnd::discarded;
    case LeaseEnd::pool_closed: return model::LeaseEnd::pool_closed;
  }
  return std::nullopt;
}

model::Lease to_lease(const LeaseRecord& record, const Moment& now) {
  model::Lease lease;
  lease.id = model::LeaseId(record.id);
  lease.pool = record.pool;
  lease.unit = model::UnitId(record.unit);
  lease.taken_by = place_of(record.taken_at);
  lease.stack = record.stack;
  lease.taken_at = now.wall_of(record.since);
  lease.backend = record.backend_id;
  lease.last_statement = record.last_statement;
  lease.running = record.running;
  lease.in_transaction = record.in_transaction;
  lease.cursor_open = record.cursor_open;
  lease.end = end_of(record.end);
  if (lease.end) lease.ended_at = now.wall;
  return lease;
}

/// Nothing where it is no trouble. A verdict without its proof (nobody who waits in a deadlock, no lease that leaks) is
/// how a pool tells that its detector has failed.
std::optional<Kind> kind_of(const Event& event) {
  switch (event.kind) {
    case EventKind::connected:
    case EventKind::disconnected:
    case EventKind::leak_ended: return std::nullopt;
    case EventKind::connect_failed: return Kind::connect_failed;
    case EventKind::nested_acquire: return Kind::nested_acquire;
    case EventKind::leak: return event.leases.empty() ? Kind::detector_failed : Kind::leak;
    case EventKind::dirty_return: return Kind::dirty_return;
    case EventKind::acquire_timeout: return Kind::acquire_timeout;
    case EventKind::deadlock: return event.wait ? Kind::deadlock : Kind::detector_failed;
    case EventKind::reclaimed: return Kind::reclaimed;
    case EventKind::transaction_timeout: return Kind::transaction_timeout;
    case EventKind::abandoned_transaction: return Kind::abandoned_transaction;
    case EventKind::rollback_failed: return Kind::rollback_failed;
    case EventKind::unknown_commit: return Kind::unknown_commit;
    case EventKind::retry: return Kind::retry;
    case EventKind::callback_failed: return Kind::callback_failed;
    case EventKind::outbox_dead_letter: return Kind::outbox_dead_letter;
  }
  return std::nullopt;
}

model::PoolTrouble to_trouble(Kind kind, const Event& event, const Moment& now) {
  model::PoolTrouble trouble;
  trouble.kind = kind;
  trouble.pool = event.pool;
  trouble.message = event.message;
  const std::size_t told = std::min(event.leases.size(), model::most_leases_told);
  trouble.leases.reserve(told);
  for (std::size_t i = 0; i < told; ++i) trouble.leases.push_back(to_lease(event.leases[i], now));
  trouble.more_leases = event.leases.size() - told;
  if (event.wait) {
    trouble.wait = {model::UnitId(event.wait->unit), place_of(event.wait->asked_at), now.wall_of(event.wait->since)};
  }
  if (event.error) {
    trouble.error = to_string(event.error->code);
    trouble.sqlstate = event.error->sqlstate;
  }
  return trouble;
}

}  // namespace

Moment Moment::now() {
  return {std::chrono::floor<model::Duration>(std::chrono::system_clock::now()), std::chrono::steady_clock::now()};
}

model::WallTime Moment::wall_of(std::chrono::steady_clock::time_point time) const {
  return wall - microseconds(steady - time);
}

std::optional<model::Fact> to_fact(const Event& event, const Moment& now) {
  if (event.kind == EventKind::leak_ended && !event.leases.empty()) {
    const LeaseRecord& lease = event.leases.front();
    const std::optional<model::LeaseEnd> end = end_of(lease.end);
    if (!end) return std::nullopt;
    return model::Fact{now.wall, model::LeaseEnded{model::LeaseId(lease.id), *end}};
  }
  const std::optional<Kind> kind = kind_of(event);
  if (!kind) return std::nullopt;
  return model::Fact{now.wall, to_trouble(*kind, event, now)};
}

model::Pool to_pool(const PoolMetrics& metrics, const Moment& now) {
  model::Pool pool;
  pool.name = metrics.pool;
  pool.told_at = now.wall;
  pool.now = {.maximum_size = metrics.maximum_size,
              .in_use = metrics.in_use,
              .idle = metrics.idle,
              .connecting = metrics.connecting,
              .waiting = metrics.waiting,
              .oldest_wait = microseconds(metrics.oldest_wait),
              .oldest_lease = microseconds(metrics.oldest_lease)};
  pool.total = {.acquired = metrics.acquired,
                .acquired_after_waiting = metrics.acquired_after_waiting,
                .acquire_timeouts = metrics.acquire_timeouts,
                .acquires_refused = metrics.acquires_refused,
                .deadlocks = metrics.deadlocks,
                .nested_acquires = metrics.nested_acquires,
                .connections_created = metrics.connections_created,
                .connect_failures = metrics.connect_failures,
                .connections_closed = metrics.connections_closed,
                .connections_lost = metrics.connections_lost,
                .dirty_returns = metrics.dirty_returns,
                .leaks = metrics.leaks,
                .reclaimed = metrics.reclaimed,
                .commits = metrics.commits,
                .rollbacks = metrics.rollbacks,
                .unknown_commits = metrics.unknown_commits,
                .abandoned_transactions = metrics.abandoned_transactions,
                .transaction_timeouts = metrics.transaction_timeouts};
  pool.waits = metrics.waits;
  pool.total_wait = microseconds(metrics.total_wait);
  pool.total_held = microseconds(metrics.total_held);
  return pool;
}

}  // namespace lockkeeper::collect::library
