#include "report/history_chart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "report/history_text.hpp"

namespace lockkeeper::report {
namespace {

using model::Duration;
using model::WallTime;

constexpr std::size_t label_columns = 22;
constexpr std::size_t number_columns = 15;  // "    mean    max"
constexpr std::size_t least_columns = 20;
// More is more than an eye follows, and than a terminal usually has.
constexpr std::size_t most_columns = 120;

struct Line {
  std::string_view name;  // Of the count.
  std::string_view label;
  bool always;  // Also where it was nothing but zero.
};
constexpr std::array<Line, 7> lines{{{"clients", "clients", true},
                                     {"active", "active", true},
                                     {"idle", "idle", true},
                                     {"idle_in_transaction", "idle in transaction", true},
                                     {"aborted", "failed transaction", false},
                                     {"waiting", "waiting for a lock", false},
                                     {"queued", "queued in the pool", false}}};

std::size_t index_of(std::string_view name) {
  const auto found = std::ranges::find(model::connection_counts, name, &model::ConnectionCount::name);
  return static_cast<std::size_t>(found - model::connection_counts.begin());
}

// What one column of the page stands for: one step, or several where there are more steps than columns.
struct Scale {
  WallTime begin;
  Duration column;
  std::size_t columns = 0;
};

Scale scale_of(const model::HistoryWindow& window, std::size_t most) {
  const Duration step = std::max<Duration>(window.step, std::chrono::seconds(1));
  const WallTime begin(window.from.time_since_epoch() / step * step);
  const auto steps = std::max<std::int64_t>((window.to - begin + step - Duration(1)) / step, 1);
  const auto together = (steps + static_cast<std::int64_t>(most) - 1) / static_cast<std::int64_t>(most);
  return {begin, step * together, static_cast<std::size_t>((steps + together - 1) / together)};
}

// Of each column; -1: there is no sample.
std::vector<std::int64_t> heights(const Scale& scale, std::span<const model::ConnectionPeriod> periods,
                                  std::size_t count) {
  std::vector<std::int64_t> columns(scale.columns, -1);
  for (const auto& period : periods) {
    const auto column = (period.at - scale.begin) / scale.column;
    if (column < 0 || column >= std::ssize(columns)) continue;
    auto& height = columns[static_cast<std::size_t>(column)];
    height = std::max(height, period.maximum.at(count));
  }
  return columns;
}

std::string_view bar(std::int64_t height, std::int64_t highest) {
  constexpr std::array<std::string_view, 8> bars{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  if (height < 0) return " ";
  if (height == 0) return "·";
  // One is seen beside a thousand.
  const auto eighth = (height * 8 + highest - 1) / std::max<std::int64_t>(highest, 1);
  return bars.at(static_cast<std::size_t>(std::clamp<std::int64_t>(eighth, 1, 8) - 1));
}

Paint paint_of(std::string_view count) {
  if (count == "active") return Paint::green;
  if (count == "idle_in_transaction") return Paint::yellow;
  if (count == "aborted" || count == "waiting" || count == "queued") return Paint::red;
  return Paint::plain;
}

std::string tick(WallTime time, Duration column) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
  if (column >= std::chrono::hours(2)) {
    const std::chrono::year_month_day date(day);
    return fmt::format("{:02}-{:02}", static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  }
  const auto minutes = fmt::format("{:02}:{:02}", clock.hours().count(), clock.minutes().count());
  return column < std::chrono::seconds(5) ? fmt::format("{}:{:02}", minutes, clock.seconds().count()) : minutes;
}

std::string axis(const Scale& scale) {
  constexpr std::size_t between = 15;
  std::string text;
  for (std::size_t column = 0; column < scale.columns; column += between) {
    const auto label = tick(scale.begin + scale.column * static_cast<std::int64_t>(column), scale.column);
    if (column > 0 && column + label.size() > scale.columns) break;
    text.resize(column, ' ');
    text += label;
  }
  if (text.size() < scale.columns) text.resize(scale.columns, ' ');
  return text;
}

double mean_of(std::span<const model::ConnectionPeriod> periods, std::size_t count) {
  double sum = 0;
  double samples = 0;
  for (const auto& period : periods) {
    sum += period.mean.at(count) * static_cast<double>(period.samples);
    samples += static_cast<double>(period.samples);
  }
  return samples > 0 ? sum / samples : 0;
}

std::int64_t maximum_of(std::span<const model::ConnectionPeriod> periods, std::size_t count) {
  std::int64_t maximum = 0;
  for (const auto& period : periods) maximum = std::max(maximum, period.maximum.at(count));
  return maximum;
}

}  // namespace

std::size_t chart_columns(std::size_t width) noexcept {
  const std::size_t around = label_columns + number_columns;
  return std::clamp(width > around ? width - around : 0, least_columns, most_columns);
}

std::string stamp(WallTime time, WallTime today) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  std::string text = model::to_rfc3339(time).substr(0, 19);
  text[10] = ' ';
  return day == std::chrono::floor<std::chrono::days>(today) ? text.substr(11) : text;
}

void add_chart(Page& page, const model::HistoryWindow& window, std::span<const model::ConnectionPeriod> periods,
               std::size_t width) {
  const Scale scale = scale_of(window, chart_columns(width));
  std::int64_t highest = 1;
  for (const Line& line : lines) highest = std::max(highest, maximum_of(periods, index_of(line.name)));
  // Where there are fewer columns than the first label has, the numbers stand under their words all the same.
  const std::string times = axis(scale);
  const std::string room(times.size() - std::min(times.size(), scale.columns), ' ');
  page.line(page.paint(Paint::dim, fmt::format("{:<22}{}{:>8}{:>7}", "", times, "mean", "max")));
  for (const Line& line : lines) {
    const std::size_t count = index_of(line.name);
    const std::int64_t maximum = maximum_of(periods, count);
    if (maximum == 0 && !line.always) continue;
    std::string bars;
    for (const std::int64_t height : heights(scale, periods, count)) bars += bar(height, highest);
    page.line(fmt::format("  {:<20}{}{}{:>8.1f}{:>7}", line.label, page.paint(paint_of(line.name), bars), room,
                          mean_of(periods, count), maximum));
  }
}

}  // namespace lockkeeper::report
