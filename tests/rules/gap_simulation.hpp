// Programs whose gaps have a known law, with leaks and slowdowns of known size, and what the statistic says of them:
// for the unit tests and for bench/statistic. One program opens a transaction a second; the time unit is the median
// (lognormal), mean (exponential) or least (Pareto) gap, one second. The same seed is the same program.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <random>
#include <string_view>
#include <vector>

#include "rules/gap_test.hpp"

namespace lockkeeper::test {

enum class Law { exponential, lognormal, pareto };

[[nodiscard]] constexpr std::string_view name_of(Law law) {
  return law == Law::exponential ? "exponential" : law == Law::lognormal ? "lognormal" : "Pareto";
}

struct Program {
  Law law = Law::exponential;
  double slower = 1;  ///< All gaps are so many times longer than those of the baseline.
  double leak = 0;    ///< Share of gaps that never end.
  int baseline = 300;
  double duration = 4000;
  std::uint64_t seed = 1;
};

struct Detection {
  double at = 0;   ///< Seconds since it began.
  int leaked = 0;  ///< Transactions leaked until then.
};

/// When each verdict was first given.
struct Outcome {
  std::optional<Detection> slow;
  std::optional<Detection> leaked;
  std::optional<Detection> abnormal;  ///< Test A rejects (p alone).
  std::optional<Detection> immortal;  ///< Test B rejects (p alone).
};

class Simulation {
 public:
  Simulation(const Program& program, rules::GapLimits limits)
      : program_(program), limits_(limits), random_(program.seed), start_(std::chrono::sys_days{}) {}

  [[nodiscard]] Outcome run() {
    learn();
    std::exponential_distribution<double> until_next(1.0);
    double arrival = until_next(random_);
    for (double now = step; now <= program_.duration; now += step) {
      for (; arrival <= now; arrival += until_next(random_)) begin(arrival);
      advance(now);
      if (rules::look_is_due(state_, at(now))) look(now);
      if (outcome_.leaked) break;
    }
    return outcome_;
  }

  [[nodiscard]] const model::GapShapeState& state() const { return state_; }

 private:
  static constexpr double step = 2.5;  // what a collector's looks are apart, about

  struct Gap {
    double begin = 0;
    double length = 0;  // infinite: leaked
    double counted = 0;
    std::uint64_t session = 0;
  };

  static model::Duration duration(double seconds) {
    return std::chrono::round<model::Duration>(std::chrono::duration<double>(seconds));
  }
  [[nodiscard]] model::WallTime at(double seconds) const { return start_ + duration(seconds); }

  double draw(double scale) {
    switch (program_.law) {
      case Law::exponential: return scale * std::exponential_distribution<double>(1.0)(random_);
      case Law::lognormal: return scale * std::exp(1.5 * std::normal_distribution<double>()(random_));
      case Law::pareto: break;
    }
    return scale * std::pow(1 - std::uniform_real_distribution<double>()(random_), -1 / 1.1);
  }

  void learn() {
    rules::GapLimits learning = limits_;
    learning.needed = program_.baseline;
    for (int count = 0; count < program_.baseline; ++count)
      rules::add_completed(state_, duration(draw(1)), 1, learning, start_);
  }

  void begin(double arrival) {
    const bool leaks = std::uniform_real_distribution<double>()(random_) < program_.leak;
    leaked_ += leaks ? 1 : 0;
    open_.push_back({arrival, leaks ? HUGE_VAL : draw(program_.slower), 0, ++sessions_});
  }

  void advance(double now) {
    std::erase_if(open_, [&](Gap& gap) {
      const double until = std::min(now - gap.begin, gap.length);
      rules::add_exposure(state_, duration(gap.counted), duration(until), gap.session);
      gap.counted = until;
      if (gap.begin + gap.length > now) return false;
      rules::add_completed(state_, duration(gap.length), 1, limits_, at(now));
      return true;
    });
  }

  void look(double now) {
    std::vector<model::Duration> ages;
    for (const Gap& gap : open_) ages.push_back(duration(now - gap.begin));
    rules::weigh(state_);
    const Detection here{now, leaked_};
    if (!outcome_.abnormal && state_.p_slow <= limits_.alpha) outcome_.abnormal = here;
    if (!outcome_.immortal && state_.p_immortal <= limits_.alpha) outcome_.immortal = here;
    rules::decide(state_, {rules::bar({state_.e_slow}, limits_), rules::bar({state_.e_immortal}, limits_)}, ages,
                  limits_, at(now));
    if (!outcome_.slow && state_.verdict == model::GapVerdict::slow) outcome_.slow = here;
    if (!outcome_.leaked && state_.verdict == model::GapVerdict::leaked) outcome_.leaked = here;
  }

  Program program_;
  rules::GapLimits limits_;
  std::mt19937_64 random_;
  model::WallTime start_;
  model::GapShapeState state_;
  std::vector<Gap> open_;
  std::uint64_t sessions_ = 0;
  int leaked_ = 0;
  Outcome outcome_;
};

}  // namespace lockkeeper::test
