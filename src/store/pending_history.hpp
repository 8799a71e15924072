// What waits to be written: bounded, and news of one thing folded into one. A plain value, without clock or thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <string>
#include <tuple>
#include <utility>

#include "model/history.hpp"

namespace lockkeeper::store {

/// What had to be let go for want of room.
struct Dropped {
  std::uint64_t samples = 0;
  std::uint64_t findings = 0;
  std::uint64_t actions = 0;
  std::uint64_t shapes = 0;
  std::uint64_t transactions = 0;

  [[nodiscard]] std::uint64_t all() const noexcept { return samples + findings + actions + shapes + transactions; }
  bool operator==(const Dropped&) const = default;
};

class PendingHistory {
 public:
  explicit PendingHistory(std::size_t most_bytes) : most_bytes_(most_bytes) {}

  /// What is newer than all that is here. Of an episode of a finding and of a shape only the newest is kept. Where
  /// there is no room the oldest go: samples first, then transactions, shapes, findings, and actions last.
  void add(model::HistoryBatch batch);

  /// What was taken and could not be written comes back: older than all that is here. The same bound.
  void put_back(model::HistoryBatch batch);

  /// The oldest of each kind, in order, so many rows at most. Theirs is no place here any more.
  [[nodiscard]] model::HistoryBatch take(std::size_t most_rows = std::numeric_limits<std::size_t>::max());

  [[nodiscard]] bool empty() const noexcept { return rows() == 0; }
  [[nodiscard]] std::size_t rows() const noexcept {
    return samples_.size() + transactions_.size() + actions_.size() + shapes_.size() + findings_.size();
  }
  /// About what it takes.
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
  [[nodiscard]] const Dropped& dropped() const noexcept { return dropped_; }

 private:
  using FindingKey = std::tuple<std::string, std::string, model::WallTime>;  // server, id, first_seen
  using ShapeKey = std::pair<std::string, std::string>;                      // server, key

  void add_finding(model::HistoryFinding finding);
  void add_shape(model::HistoryShape shape);
  void make_room();

  std::size_t most_bytes_;
  std::size_t bytes_ = 0;
  std::deque<model::ConnectionSample> samples_;
  std::deque<model::HistoryTransaction> transactions_;
  std::deque<model::HistoryAction> actions_;
  std::map<ShapeKey, model::HistoryShape> shapes_;
  std::map<FindingKey, model::HistoryFinding> findings_;  // Episodes of one id in the order of time.
  Dropped dropped_;
};

}  // namespace lockkeeper::store
