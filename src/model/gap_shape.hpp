// What is learnt of the gaps of one shape: how long an open transaction usually runs nothing at this place of the
// program. A gap begins when the transaction goes idle and ends with its next statement, its end or its client's
// leaving.
//
// Plain values in fixed memory, about 3 kB a shape; what they mean and how they are judged is rules/gap_test.hpp.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/session.hpp"
#include "model/time.hpp"

namespace lockkeeper::model {

/// A place of a program at which its transactions go idle.
struct ShapeKey {
  std::string application;
  std::string user;
  std::string database;
  std::uint64_t statement = 0;  ///< Fingerprint of the last one; 0: not known.
  std::uint64_t sequence = 0;   ///< Hash of the fingerprints until then; 0: not seen, views show only the last.

  friend auto operator<=>(const ShapeKey&, const ShapeKey&) = default;
};

/// The hash of a sequence that goes on with one more statement, or with more runs of the one before.
[[nodiscard]] std::uint64_t extended(std::uint64_t sequence, std::uint64_t fingerprint) noexcept;

/// Completed gaps of one length class.
struct GapBucket {
  double count = 0;    ///< Weighed: what a poller sees too rarely counts more.
  double log_sum = 0;  ///< Sum of the logarithms of the lengths in seconds.

  friend bool operator==(const GapBucket&, const GapBucket&) = default;
};

/// A sample of completed gaps.
struct GapSample {
  static constexpr std::size_t bucket_count = 32;
  static constexpr std::size_t most_largest = 64;

  std::array<GapBucket, bucket_count> buckets{};  ///< Number k: from 2^k to 2^(k+1) ms; the ends take what is beyond.
  std::vector<Duration> largest;                  ///< Longest first, at most `most_largest`.
  std::int64_t completed = 0;                     ///< Not weighed.

  friend bool operator==(const GapSample&, const GapSample&) = default;
};

/// The bucket of a gap, and where a bucket ends.
[[nodiscard]] std::size_t bucket_of(Duration gap) noexcept;
[[nodiscard]] Duration bucket_end(std::size_t bucket) noexcept;

/// What was seen of one doubling of age.
struct GapLevel {
  double exposure = 0;   ///< How long gaps were at risk of completing in it, in natural logarithms of age.
  double completed = 0;  ///< How many did.

  friend bool operator==(const GapLevel&, const GapLevel&) = default;
};

enum class GapVerdict {
  learning,  ///< Not enough completed gaps yet.
  normal,
  slow,    ///< They come back, later than they used to.
  leaked,  ///< They do not come back.
};
[[nodiscard]] std::string_view to_string(GapVerdict verdict) noexcept;

struct GapShapeState {
  /// Number j is the doubling of age from tau * 2^(j-3): three below tau, all others above.
  static constexpr std::size_t level_count = 32;
  static constexpr std::size_t levels_below_tau = 3;
  static constexpr std::size_t longest_text = 4096;  ///< Bytes of `text` kept: it is for people.

  ShapeKey key;
  std::string text;  ///< The last statement, normalized.

  GapSample baseline;     ///< What is normal. Not touched while a window is open.
  GapSample window;       ///< Completed since the window was opened.
  Duration tau{};         ///< Of the baseline; zero while learning.
  double tail_index = 0;  ///< How fast gaps beyond tau completed, at least: see rules/gap_test.hpp.
  std::array<double, levels_below_tau> body_index{};  ///< The same in each doubling below it.
  std::array<GapLevel, level_count> levels{};         ///< In the window.
  std::uint64_t first_session = 0;  ///< Hash of the first session beyond tau in the window; 0: none was.
  bool several_sessions = false;    ///< Others have been, too.
  std::int64_t censored = 0;        ///< Gaps that we or the server ended: they say nothing.
  WallTime window_started{};
  WallTime next_look{};

  // As of the last look.
  GapVerdict verdict = GapVerdict::learning;
  WallTime verdict_since{};
  double p_slow = 1;      ///< Of the gaps, if they were as they used to be.
  double p_immortal = 1;  ///< Of the gaps, if all of them were to complete some time.
  double e_slow = 1;      ///< Evidence against the same, valid at any time.
  double e_immortal = 1;
  std::size_t level = 0;  ///< The first of those in which they do not complete: of p_immortal.
  double shift = 1;       ///< Median of the window, open ones at their age, over that of the baseline.

  /// A baseline is not learnt from an incident.
  [[nodiscard]] bool frozen() const noexcept { return verdict == GapVerdict::slow || verdict == GapVerdict::leaked; }

  friend bool operator==(const GapShapeState&, const GapShapeState&) = default;
};

/// One line of printable ASCII, for a history to keep. Versioned.
[[nodiscard]] std::string to_text(const GapShapeState& state);
/// nullopt for whatever to_text did not write, other versions included.
[[nodiscard]] std::optional<GapShapeState> parse_gap_shape(std::string_view text);

/// The gaps of one application's transactions, whatever their shapes; completed and censored ones since the run began.
struct GapCounts {
  std::string application;
  std::array<std::uint64_t, GapSample::bucket_count> lengths{};  ///< Of completed ones, by bucket_of.
  Duration total{};                                              ///< Of these lengths.
  std::uint64_t censored = 0;
  std::uint64_t open = 0;  ///< At the last look.
};

/// A gap that is open now.
struct OpenGap {
  SessionId session;
  Duration age{};
  bool named = false;  ///< One of those that the verdict is about.
};

/// A shape for people to look at.
struct ShapeSummary {
  ShapeKey key;
  std::string text;
  GapVerdict verdict = GapVerdict::learning;
  WallTime verdict_since{};  ///< Meaningless while learning.
  bool frozen = false;
  std::int64_t completed = 0;  ///< Baseline and window.
  std::int64_t baseline = 0;   ///< Of these, what is taken for normal ...
  std::int64_t needed = 0;     ///< ... and how many that takes.
  std::int64_t censored = 0;
  std::optional<Duration> median;  ///< These four of the baseline; nullopt where there is none.
  std::optional<Duration> p90;
  std::optional<Duration> longest;
  std::optional<Duration> tau;  ///< nullopt while learning, and so are those that follow.
  std::optional<double> p_slow;
  std::optional<double> p_immortal;
  std::optional<double> e_slow;
  std::optional<double> e_immortal;
  std::optional<double> shift;
  std::optional<Duration> named_from;                     ///< Age from which open ones are named.
  std::vector<OpenGap> open;                              ///< Oldest first.
  std::array<double, GapSample::bucket_count> buckets{};  ///< Completed, baseline and window.
};

}  // namespace lockkeeper::model
