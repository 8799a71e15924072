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

  // Of what a recorder saw.

  /// A transaction that spends this share of its life between its statements works on something else.
  double max_outside_share = 0.8;
  /// ... and this long: think time of a program, even on a slow network, is milliseconds,
  model::Duration min_outside = std::chrono::seconds(1);
  /// ... seen so often, so that one stop in a debugger or one pause of a garbage collector is none,
  std::int64_t min_outside_times = 3;
  /// ... or once, open now, for this long.
  model::Duration min_outside_open = std::chrono::seconds(10);
  /// Runs of one read with the same parameters in one transaction: nobody looks a thing up twenty times
  std::int64_t min_loop_runs = 20;
  /// ... over so long a time, unless the loop does not advance. Shorter ones end before anybody could act.
  model::Duration min_loop_span = std::chrono::seconds(10);
  /// A server connection held for this long with nothing open is worth a word while others want it: a program that
  /// works comes back sooner.
  model::Duration max_held_idle = std::chrono::seconds(10);
  /// Others will want it soon from this share of the pool's size on.
  double pool_near_full = 0.8;
  /// Waiting for a connection is trouble from this share of the queue's deadline on, critical from the second.
  double pool_wait_share = 0.5;
  double pool_critical_share = 0.8;
  /// Where the queue has no deadline, this stands for it: HikariCP's default, what users give up after.
  model::Duration pool_patience = std::chrono::seconds(30);
  /// So long after an application's log told that a wait has failed, the pool is still called exhausted.
  model::Duration logged_lately = std::chrono::minutes(1);
  /// A line's time, the server's and ours agree this far: what is written to a log, looked at and counted in whole
  /// seconds in between.
  model::Duration log_tolerance = std::chrono::seconds(1);
  /// Who waits for its own unit's connection lets go within this time after the wait has failed: a rollback's and two
  /// looks'.
  model::Duration log_release = std::chrono::milliseconds(2'500);
  /// A client that leaves within this time after its last statement was at work: it was stopped, it had not forgotten.
  model::Duration min_abandoned_silence = std::chrono::seconds(1);
  /// Clients that leave within this time of one another leave together: a process ends in less.
  model::Duration together = std::chrono::seconds(2);
};

}  // namespace lockkeeper::rules
