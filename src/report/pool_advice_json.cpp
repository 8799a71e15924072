#include <boost/json.hpp>

#include <cmath>

#include "report/json.hpp"
#include "report/json_values.hpp"
#include "report/pool_advice.hpp"

namespace lockkeeper::report {

namespace json = boost::json;
using namespace values;

namespace {

// Waits are often shorter than a millisecond: of these alone the fraction matters.
double fine(model::Duration duration) {
  return std::round(std::chrono::duration<double, std::milli>(duration).count() * 1000) / 1000;
}

json::object trial(const model::PoolTrial& trial) {
  return {{"size", trial.size},
          {"acquires", trial.acquires},
          {"wait_median_ms", fine(trial.wait_median)},
          {"wait_p99_ms", fine(trial.wait_p99)},
          {"longest_wait_ms", fine(trial.longest_wait)},
          {"timeouts", trial.timeouts},
          {"deadlocks", trial.deadlocks}};
}

json::object application(const model::ApplicationAdvice& of) {
  json::array trials;
  for (const auto& each : of.trials) trials.push_back(trial(each));
  return {{"application", text(of.application)},
          {"user", text(of.user)},
          {"database", text(of.database)},
          {"transactions", of.transactions},
          {"units", of.units},
          {"still_open", of.still_open},
          {"units_are_told", of.units_are_told},
          {"arrivals_per_second", of.arrivals_per_second},
          {"hold_median_ms", fine(of.hold_median)},
          {"hold_p99_ms", fine(of.hold_p99)},
          {"idle_share", of.idle_share},
          {"most_in_unit", of.most_in_unit},
          {"most_units", of.most_units},
          {"most_connections", of.most_connections},
          {"deadlock_free", of.deadlock_free},
          {"advised", of.advised},
          {"p99_least_ms", fine(of.p99_least)},
          {"p99_most_ms", fine(of.p99_most)},
          {"trials", std::move(trials)}};
}

}  // namespace

std::string to_json(const model::PoolAdvice& advice, const model::AdviceWish& wish) {
  json::array applications;
  for (const auto& each : advice.applications) applications.push_back(application(each));
  return json::serialize(json::object{{"version", schema_version},
                                      {"observed_ms", milliseconds(advice.observed)},
                                      {"facts_lost", advice.facts_lost},
                                      {"load", wish.load},
                                      {"target_wait_ms", fine(wish.target_wait)},
                                      {"acquire_timeout_ms", fine(wish.acquire_timeout)},
                                      {"usable_connections", maybe(advice.usable_connections)},
                                      {"advised_together", advice.advised_together},
                                      {"applications", std::move(applications)}});
}

}  // namespace lockkeeper::report
