// Leaked or slow: what the gaps of one shape say. Pure functions on model::GapShapeState; docs/statistic.md explains
// them to a reader, bench/statistic measures them.
//
// The question is survival analysis: a gap "dies" when the client comes back. Open ones are censored at their age,
// those that we ended are censored at their end. The clock of the tests is the logarithm of age: between the ages s and
// t a gap is exposed for ln(t / s). A tail of index a (P(longer than x) ~ x^-a, Pareto's) completes with the constant
// rate a on that clock; lighter tails (exponential, lognormal) with rates that grow.
//
// tau        0.9-quantile of the baseline's completed gaps, 5 s at least.
// tail index Hill (1975): a = k / sum ln(x_i / x_k+1) of the k = max(5, n / 10) longest; its standard error is a / sqrt
// k,
//            so a_L = a * (1 - 2 / sqrt k) is a lower bound, and never less than 0.2 a.
// body index The same for each of the three doublings below tau: of the n gaps of the baseline that reached it c ended
// in
//            it, so a = -ln(1 - c / n) / ln 2, standard error a / sqrt c, bounded likewise. Without it a program whose
//            gaps are all five times longer would look as before, if its tail is Pareto's.
// test A     Is it what it was? The one-sample log-rank test (Breslow 1975): with Lambda = a_L * exposure beyond a
//            level and D completions there, p = P(Poisson(Lambda) <= D).
// test B     Do they end at all? The same from 4 tau on with a = 1/2, whatever the baseline's tail was: each doubling
// of
//            age then ends with probability 1 - 2^(-1/2) = 0.293. Hardly any program pauses with a tail that heavy: it
//            would have no mean. With no completion, p = 2^(-m/2) after m doublings, as in the binomial test of whole
//            doublings, but those that are not yet whole count too.
// levels     Both are asked from each doubling of tau on (they tell a few immortal ones from the many that end early);
//            the least p counts, times the number of levels asked.
// e-values   Looking again and again, and at many shapes, makes p small by chance. Beside it stands the likelihood
// ratio
//            r^D * exp((1 - r) * Lambda), the mean over r in {0, 1/8, 1/4, 1/2, 3/4} and over the first twelve levels:
//            a martingale while nothing is wrong, so it ever exceeds c with probability 1/c at most (Ville 1939),
//            however often one looks. Of K shapes that are watched, those speak with e >= K / (0.01 * rank): e-BH (Wang
//            and Ramdas 2022), which bounds the share of wrong verdicts by 1 %, whatever the shapes have to do with one
//            another.
//
// The window: evidence is counted against a baseline that stands still. When there is none (no likelihood ratio reaches
// 3), the window's gaps join the baseline and a new window begins, as in Page's CUSUM: what is forgotten was no
// evidence. Exposure is counted as time passes, so a gap that is open then brings nothing along. So that it can change
// its mind, all counts are halved once test A expects more than 16,384 completions or test B more than 1,024: that can
// only weaken evidence, since (r^D * exp((1 - r) * Lambda))^(1/2) is less than the ratio of the alternative sqrt r.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "model/gap_shape.hpp"

namespace lockkeeper::rules {

struct GapLimits {
  model::Duration floor = std::chrono::seconds(5);  ///< Of tau: ratios of milliseconds are no trouble of anybody's.
  std::int64_t needed = 30;                         ///< Completed gaps before anything is claimed.
  double alpha = 1e-4;                              ///< For p, a shape's each.
  double false_share = 0.01;                        ///< For e, of all shapes that speak.
  /// Looks at a window are so far apart, relative to its age, ...
  double look_growth = 1.15;
  /// ... but no further than this: e-values can be looked at at any time, and people wait.
  model::Duration longest_pause = std::chrono::minutes(1);
  /// What has been slow for a day is how it is now; evidence that has come to nothing in a day is dropped.
  model::Duration memory = std::chrono::hours(24);
};

/// The length that a share of the sample's gaps does not exceed; zero of an empty one.
[[nodiscard]] model::Duration quantile(const model::GapSample& sample, double share);

struct Tail {
  model::Duration tau{};
  double index = 0;  ///< The lower bounds.
  std::array<double, model::GapShapeState::levels_below_tau> body{};
};
/// nullopt with fewer gaps than `needed`.
[[nodiscard]] std::optional<Tail> tail_of(const model::GapSample& sample, const GapLimits& limits);

/// P(Poisson(expected) <= seen); `seen` may be a fraction.
[[nodiscard]] double poisson_at_most(double seen, double expected);

struct TestResult {
  double p = 1;
  double e = 1;
  double highest = 1;     ///< The largest likelihood ratio of any level: is there anything to remember?
  std::size_t level = 0;  ///< That of the least p.
};
/// Test A.
[[nodiscard]] TestResult test_as_before(const model::GapShapeState& state);
/// Test B.
[[nodiscard]] TestResult test_immortal(const model::GapShapeState& state);
inline constexpr std::size_t immortal_from = model::GapShapeState::levels_below_tau + 2;  ///< 4 tau
inline constexpr double immortal_index = 0.5;
/// 16 tau: at least two open gaps have to be as old as this. A program that waits for a time limit of 30 or 60 s, every
/// time, has no completions between 4 tau and there.
inline constexpr std::size_t surely_immortal_from = immortal_from + 2;

/// The age at which a level begins.
[[nodiscard]] model::Duration level_begins(const model::GapShapeState& state, std::size_t level);

/// A gap of this session was open between these ages.
void add_exposure(model::GapShapeState& state, model::Duration from, model::Duration to, std::uint64_t session);

/// A gap of this length completed. Its exposure is added apart. `weight`: it stands for so many that were not seen.
void add_completed(model::GapShapeState& state, model::Duration gap, double weight, const GapLimits& limits,
                   model::WallTime now);

/// How a shape's e-values stand among those of all shapes: what each has to reach.
struct Bars {
  double slow = 0;
  double immortal = 0;
};

/// Whether the shape is to be looked at, and when next.
[[nodiscard]] bool look_is_due(const model::GapShapeState& state, model::WallTime now);

/// Renews p, e and level. Only of shapes that have learnt.
void weigh(model::GapShapeState& state);

/// e-BH: the least e-value that speaks among all of these (of shapes that have learnt).
[[nodiscard]] double bar(std::vector<double> e_values, const GapLimits& limits);

/// The verdict, by what `weigh` found; opens the next window where there is nothing to remember. `open`: the open gaps
/// of the shape, one a session.
void decide(model::GapShapeState& state, const Bars& bars, std::span<const model::Duration> open,
            const GapLimits& limits, model::WallTime now);

}  // namespace lockkeeper::rules
