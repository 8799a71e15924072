#include "model/history.hpp"

#include <algorithm>
#include <utility>

namespace lockkeeper::model {
namespace {

constexpr std::array<std::pair<KeptBecause, std::string_view>, 5> kept_words{{{KeptBecause::slow, "slow"},
                                                                              {KeptBecause::leaked, "leaked"},
                                                                              {KeptBecause::killed, "killed"},
                                                                              {KeptBecause::failed, "failed"},
                                                                              {KeptBecause::sampled, "sampled"}}};

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::array<seconds, 19> liked_steps{seconds(1),  seconds(2),  seconds(5), seconds(10), seconds(15),
                                              seconds(30), minutes(1),  minutes(2), minutes(5),  minutes(10),
                                              minutes(15), minutes(30), hours(1),   hours(2),    hours(3),
                                              hours(6),    hours(12),   days(1),    days(7)};

}  // namespace

std::string_view to_string(KeptBecause reason) noexcept {
  const auto found = std::ranges::find(kept_words, reason, &std::pair<KeptBecause, std::string_view>::first);
  return found == kept_words.end() ? "sampled" : found->second;
}

std::optional<KeptBecause> parse_kept_because(std::string_view word) noexcept {
  const auto found = std::ranges::find(kept_words, word, &std::pair<KeptBecause, std::string_view>::second);
  return found == kept_words.end() ? std::nullopt : std::optional(found->first);
}

Duration fitting_step(Duration length, std::size_t most_periods) noexcept {
  const auto most = static_cast<std::int64_t>(std::max<std::size_t>(most_periods, 2));
  // Periods begin at multiples of the step: a window that begins between two touches one more.
  const auto fits = [&](Duration step) { return length / step + 2 <= most; };
  const auto found = std::ranges::find_if(liked_steps, fits);
  if (found != liked_steps.end()) return *found;
  const std::int64_t weeks = length / days(7) / (most > 2 ? most - 2 : 1) + 1;
  return days(7) * weeks;
}

}  // namespace lockkeeper::model
