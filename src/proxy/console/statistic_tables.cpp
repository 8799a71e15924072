// Counts since the start, and how long clients waited.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "proxy/console/tables.hpp"

namespace lockkeeper::proxy::console {
namespace {

struct Totals {
  std::uint64_t assignments = 0;
  Statistics counts;
};

std::map<std::string, Totals> by_database(const View& view) {
  std::map<std::string, Totals> databases;
  for (const PoolView& pool : view.pools) {
    Totals& totals = databases[pool.database];
    totals.assignments += pool.counters.given;
    totals.counts += pool.statistics;
  }
  return databases;
}

// PgBouncer's eleven, in its order. Prepared statements are not counted: the last three are 0.
std::array<std::uint64_t, 11> sums(const Totals& totals) {
  const Statistics& counts = totals.counts;
  return {totals.assignments,
          counts.transactions,
          counts.queries,
          counts.received,
          counts.sent,
          counts.transaction_us,
          counts.query_us,
          counts.wait_us,
          0,
          0,
          0};
}

// Since the start, where PgBouncer has those of its last minute: counts by second, times by what was counted.
std::array<std::uint64_t, 11> averages(const Totals& totals, model::Duration up) {
  const std::uint64_t seconds =
      std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::chrono::floor<std::chrono::seconds>(up).count()));
  const auto of = [](std::uint64_t time, std::uint64_t count) { return count == 0 ? 0 : time / count; };
  const Statistics& counts = totals.counts;
  return {totals.assignments / seconds,
          counts.transactions / seconds,
          counts.queries / seconds,
          counts.received / seconds,
          counts.sent / seconds,
          of(counts.transaction_us, counts.transactions),
          of(counts.query_us, counts.queries),
          counts.wait_us / seconds,
          0,
          0,
          0};
}

void append(Row& row, std::span<const std::uint64_t> numbers) {
  for (const std::uint64_t each : numbers) row.emplace_back(std::to_string(each));
}

}  // namespace

Rows stats_rows(const View& view) {
  Rows rows;
  for (const auto& [name, totals] : by_database(view)) {
    Row& row = rows.emplace_back(Row{name});
    append(row, sums(totals));
    append(row, averages(totals, view.up));
  }
  return rows;
}

Rows stats_totals_rows(const View& view) {
  Rows rows;
  for (const auto& [name, totals] : by_database(view)) append(rows.emplace_back(Row{name}), sums(totals));
  return rows;
}

Rows totals_rows(const View& view) {
  Totals all;
  for (const auto& [name, totals] : by_database(view)) {
    all.assignments += totals.assignments;
    all.counts += totals.counts;
  }
  Row values;
  append(values, sums(all));
  append(values, averages(all, view.up));
  const auto names = columns_of(Kind::show_stats).subspan(1);
  Rows rows;
  for (std::size_t at = 0; at < values.size(); ++at) rows.push_back({std::string(names[at]), values[at]});
  rows.push_back({"unknown_commands", std::to_string(all.counts.unknown_commands)});
  return rows;
}

Rows wait_rows(const View& view) {
  Rows rows;
  for (const PoolView& pool : view.pools) {
    const auto& buckets = pool.counters.waits.buckets;
    std::uint64_t so_far = 0;
    for (std::size_t at = 0; at < buckets.size(); ++at) {
      if (buckets[at] == 0) continue;
      so_far += buckets[at];
      const bool last = at + 1 == buckets.size();  // It has no upper end.
      const std::uint64_t below = std::uint64_t{1} << at;
      rows.push_back(
          {pool.database, pool.user,
           last ? "longer" : model::to_human(model::Duration(static_cast<std::int64_t>(below))),
           last ? std::nullopt : std::optional(std::to_string(below)), std::to_string(buckets[at]),
           fmt::format("{:.1f} %", 100.0 * static_cast<double>(so_far) /
                                       static_cast<double>(std::max<std::uint64_t>(pool.counters.waits.count, so_far))),
           std::to_string(pool.counters.timeouts)});
    }
  }
  return rows;
}

}  // namespace lockkeeper::proxy::console
