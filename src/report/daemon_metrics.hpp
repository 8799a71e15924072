// What the daemon knows of all its servers in Prometheus' text format: docs/metrics.md lists it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <tuple>

#include "model/diagnosis.hpp"
#include "model/recording.hpp"

namespace lockkeeper::report {

/// How many transactions of one server ended in which way, since the daemon began. Recordings overlap: each tells of
/// the last while, and a transaction is counted once.
class TransactionCounts {
 public:
  static constexpr std::size_t ends = 5;  ///< Of model::TransactionEnd.

  void take(const model::Recording& recording);
  [[nodiscard]] std::uint64_t count(model::TransactionEnd end) const;

 private:
  /// Client, start and end: what no two transactions share.
  using Key = std::tuple<std::uint64_t, model::WallTime, model::WallTime>;

  std::set<Key> last_;  // of the recording before: what is told no more is never told again
  std::array<std::uint64_t, ends> counts_{};
};

/// One server; the parts outlive the call.
struct ServerMetrics {
  const std::string& name;
  const model::Diagnosis& diagnosis;
  const model::Recording* recording = nullptr;  ///< nullptr: there is none.
  const TransactionCounts* transactions = nullptr;
  std::optional<model::Duration> age = {};  ///< Of what is known; nullopt: nothing is.
};

/// More pools of one server than these are told of as one, "other": labels are to stay few, whoever connects.
inline constexpr std::size_t most_pools_told = 100;

/// The text of one scrape.
[[nodiscard]] std::string daemon_metrics(std::span<const ServerMetrics> servers);

}  // namespace lockkeeper::report
