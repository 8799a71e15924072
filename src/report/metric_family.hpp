// Of daemon_metrics.cpp and pool_metrics.cpp: one metric's samples as they are added.
#pragma once

#include <prometheus/metric_family.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/utf8.hpp"
#include "model/time.hpp"
#include "report/daemon_metrics.hpp"

namespace lockkeeper::report {

using Labels = std::vector<std::pair<const char*, std::string>>;

inline double seconds(model::Duration time) { return std::chrono::duration<double>(time).count(); }

/// Refers to its place among all: these must not move meanwhile.
class Family {
 public:
  Family(std::vector<prometheus::MetricFamily>& all, const char* name, const char* help, prometheus::MetricType type)
      : made_(all.emplace_back(prometheus::MetricFamily{name, help, type, {}})) {}

  void add(const Labels& labels, double value) {
    prometheus::ClientMetric& metric = labelled(labels);
    (made_.type == prometheus::MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
  }

  /// `counts`: by length class; class i ends at `end_of(i)` seconds, and the last has no end. Of the classes only
  /// every other one is told, from `first` on: four times as long from one to the next is enough for a graph.
  template <typename Counts, typename End>
  void add_histogram(const Labels& labels, const Counts& counts, std::size_t first, const End& end_of, double sum) {
    auto& histogram = labelled(labels).histogram;
    std::uint64_t cumulative = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
      cumulative += counts[i];
      const bool is_last = i + 1 == counts.size();
      if (is_last) histogram.bucket.push_back({cumulative, std::numeric_limits<double>::infinity()});
      if (!is_last && i >= first && (i - first) % 2 == 0) histogram.bucket.push_back({cumulative, end_of(i)});
    }
    histogram.sample_count = cumulative;
    histogram.sample_sum = sum;
  }

 private:
  prometheus::ClientMetric& labelled(const Labels& labels) {
    prometheus::ClientMetric& metric = made_.metric.emplace_back();
    for (const auto& [name, text] : labels) metric.label.push_back({name, base::mend_utf8(text)});
    return metric;
  }

  prometheus::MetricFamily& made_;
};

/// What is told of the recorders' pools.
void add_pools(std::vector<prometheus::MetricFamily>& all, std::span<const ServerMetrics> servers);

}  // namespace lockkeeper::report
