// Every number that a rule compares with, in one place, each with its reason.
#pragma once

#include <chrono>
#include <cstdint>

#include "model/time.hpp"

namespace lockkeeper::rules {

struct Limits {
  /// Idle inside a transaction for this long is worth a word: no round trip of a healthy client takes 10 s.
  model::Duration min_idle = std::chrono::seconds(10);
  /// Open for this long though busy: web requests and most jobs are done long before.
  model::Duration max_age = std::chrono::minutes(5);
  /// A lock wait shorter than this is ordinary life.
  model::Duration min_wait = std::chrono::seconds(1);
  /// A root blocker is critical once somebody has waited for it this long while it does nothing itself...
  model::Duration critical_wait = std::chrono::seconds(10);
  /// ... or once so many wait behind it.
  std::int64_t critical_waiters = 10;
  /// A transaction manager finishes a prepared transaction within seconds.
  model::Duration max_prepared_age = std::chrono::minutes(5);
  /// Transactions by which vacuum is held back. At 1,000 a second, 500,000 is some eight minutes.
  std::int64_t max_horizon = 500'000;
  /// Critical from this share of autovacuum_freeze_max_age on: forced vacuums, then wraparound, come next.
  double critical_horizon_share = 0.5;
  /// Shares of the connections an ordinary role may use.
  double budget_warning_share = 0.8;
  double budget_critical_share = 0.95;
  /// Idle transactions are critical once they fill this share of those connections, or will fill all this soon.
  double idle_critical_share = 0.5;
  model::Duration critical_exhaustion = std::chrono::minutes(10);
  /// ... as far as growth watched for this long can tell: one more session within three seconds is no trend.
  model::Duration least_watch = std::chrono::seconds(10);
  /// A straight line does not foretell what is further off than this; it is not said then.
  model::Duration longest_forecast = std::chrono::hours(24);
};

}  // namespace lockkeeper::rules
