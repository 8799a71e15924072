// What is said of the pool that an application should have: from what was recorded, and from simulating it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/time.hpp"

namespace lockkeeper::model {

/// What units of work would have met with a pool of that size.
struct PoolTrial {
  std::int64_t size = 0;
  std::int64_t acquires = 0;  ///< That were granted.
  Duration wait_median{};     ///< Of all granted, those that did not wait included.
  Duration wait_p99{};
  Duration longest_wait{};
  std::int64_t timeouts = 0;   ///< Units that gave up.
  std::int64_t deadlocks = 0;  ///< Times that every connection was held by somebody who waited for another.

  friend bool operator==(const PoolTrial&, const PoolTrial&) = default;
};

/// Of one application, by name, user and database.
struct ApplicationAdvice {
  std::string application;
  std::string user;
  std::string database;

  std::int64_t transactions = 0;
  std::int64_t units = 0;       ///< Units of work; where the statements tell none, each transaction is one.
  std::int64_t still_open = 0;  ///< Transactions that were not over, and are left out.
  bool units_are_told = false;  ///< By tags: else it is not known who holds several connections.
  double arrivals_per_second = 0;
  Duration hold_median{};
  Duration hold_p99{};
  double idle_share = 0;  ///< Of the time held, nothing ran.
  // Under the load that is asked for, in a pool in which nobody waits.
  std::int64_t most_in_unit = 0;      ///< Connections that one unit held at once.
  std::int64_t most_units = 0;        ///< Units that held one at the same time.
  std::int64_t most_connections = 0;  ///< Held at the same time.
  /// The smallest pool that cannot deadlock with so many units of so many connections: units * (connections - 1) + 1.
  std::int64_t deadlock_free = 0;

  std::vector<PoolTrial> trials;  ///< By size; the advised one is among them.
  std::int64_t advised = 0;
  /// The 99th percentile of waits at the advised size, in each fifth of the recording: the least and the most.
  Duration p99_least{};
  Duration p99_most{};
};

struct PoolAdvice {
  Duration observed{};  ///< From the first transaction's beginning to the last one's end.
  std::uint64_t facts_lost = 0;
  std::vector<ApplicationAdvice> applications;
  std::optional<std::int64_t> usable_connections;  ///< Of the server; nullopt: it was not looked at.
  std::int64_t advised_together = 0;
};

/// What is asked for.
struct AdviceWish {
  Duration target_wait = std::chrono::milliseconds(10);  ///< That 99 of 100 are to wait no longer than.
  Duration acquire_timeout = std::chrono::seconds(30);
  double load = 1;                       ///< So many times the recorded arrivals.
  std::vector<std::int64_t> sizes = {};  ///< To be tried as well.
};

}  // namespace lockkeeper::model
