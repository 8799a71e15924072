// What the daemon knows of all its servers in Prometheus' text format: docs/metrics.md lists it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "model/diagnosis.hpp"
#include "model/gap_shape.hpp"
#include "model/recording.hpp"

namespace lockkeeper::report {

/// How many transactions of one server ended in which way, since the daemon began. Recordings overlap: each tells of
/// the last while, and a transaction is counted once, by its fact's number.
class TransactionCounts {
 public:
  static constexpr std::size_t ends = 5;  ///< Of model::TransactionEnd.

  void take(const model::Recording& recording);
  [[nodiscard]] std::uint64_t count(model::TransactionEnd end) const;

 private:
  model::FactCursor taken_;
  std::array<std::uint64_t, ends> counts_{};
};

/// One server; the parts outlive the call.
struct ServerMetrics {
  const std::string& name;
  const model::Diagnosis& diagnosis;
  const model::Recording* recording = nullptr;  ///< nullptr: there is none.
  const TransactionCounts* transactions = nullptr;
  std::optional<model::Duration> age = {};  ///< Of what is known; nullopt: nothing is.
  std::span<const model::GapCounts> gaps = {};
};

/// What was done to one server's sessions since the daemon began.
class ActionCounts {
 public:
  struct Key {
    std::string by;       ///< The actor's first word: "policy", "http". Who exactly is in the audit.
    std::string action;   ///< "terminate", "cancel"
    std::string outcome;  ///< As in the audit.
    friend auto operator<=>(const Key&, const Key&) = default;
  };

  /// Each target of the report counts.
  void take(const model::ActionReport& report, const std::string& actor);
  [[nodiscard]] const std::map<Key, std::uint64_t>& all() const noexcept { return counts_; }

 private:
  std::map<Key, std::uint64_t> counts_;
};

/// One receiver of alerts, since it was configured.
struct AlertCounts {
  std::string name;
  std::uint64_t told = 0;
  std::uint64_t failed = 0;   ///< Given up.
  std::uint64_t dropped = 0;  ///< Too many waited.
  std::size_t waiting = 0;
  bool failing = false;  ///< At the last attempt.
};

struct HistoryCounts {
  bool failing = false;
  std::size_t waiting_rows = 0;
  std::uint64_t commits = 0;
  std::int64_t bytes = 0;                                           ///< At the last trim.
  std::vector<std::pair<std::string, std::uint64_t>> dropped = {};  ///< Rows, by kind.
};

/// What the daemon counts beside what it knows of servers.
struct DaemonCounts {
  std::map<std::string, ActionCounts> actions;  ///< By server.
  std::vector<AlertCounts> alerts;
  std::optional<HistoryCounts> history;  ///< nullopt: none is kept.
  std::uint64_t clients_ended_on_console = 0;
};

/// More pools of one server than these are told of as one, "other": labels are to stay few, whoever connects.
inline constexpr std::size_t most_pools_told = 100;

/// The text of one scrape.
[[nodiscard]] std::string daemon_metrics(std::span<const ServerMetrics> servers, const DaemonCounts& counts = {});

}  // namespace lockkeeper::report
