// What a history is told of one server, look by look: samples, findings as they come and go, transactions worth
// keeping; and now and then what was learnt.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "diagnose/board.hpp"
#include "model/fact.hpp"
#include "model/gap_shape.hpp"
#include "model/history.hpp"

namespace lockkeeper::diagnose {

/// How the faces write what is kept whole.
struct ChronicleWords {
  std::function<std::string(const model::Finding&)> finding;
  std::function<std::string(const model::TransactionOver&)> transaction;
};

/// Belongs to one thread.
class Chronicle {
 public:
  /// Transactions kept of one look; those that ended badly first.
  static constexpr std::size_t most_transactions = 100;
  /// One in so many is kept though nothing was wrong with it: what is normal.
  static constexpr std::uint64_t sampled_of = 1'000;
  /// A transaction that was open without working for so long is kept as slow.
  static constexpr Duration slow{std::chrono::seconds(5)};

  Chronicle(std::string server, ChronicleWords words) : server_(std::move(server)), words_(std::move(words)) {}

  /// Of the next view of that server.
  [[nodiscard]] model::HistoryBatch next(const View& view);

  /// What the history had of that server when this run began, read again: those that cannot be are left out.
  [[nodiscard]] std::vector<model::GapShapeState> restore(std::vector<model::HistoryShape> shapes);

  /// Those shapes (`GapBook::states()`) that are not as the history has them already.
  [[nodiscard]] model::HistoryBatch learnt(const std::vector<model::GapShapeState>& states, model::WallTime now);

 private:
  struct Told {
    model::Severity severity = model::Severity::notice;
    std::int64_t count = 0;
    model::HistoryFinding finding;  ///< Without its text.
  };
  void findings(const View& view, model::HistoryBatch& batch);
  void transactions(const model::Recording& recording, model::HistoryBatch& batch);
  [[nodiscard]] std::optional<model::KeptBecause> why_keep(const model::TransactionOver& over);

  std::string server_;
  ChronicleWords words_;
  std::map<model::FindingId, Told> open_;
  model::FactCursor taken_;
  std::set<std::uint64_t> leaked_;  // clients of a recorder that the last look's findings call leaked
  std::uint64_t transactions_seen_ = 0;
  std::map<std::string, std::string> shapes_;  // key and state, as the history has them
};

}  // namespace lockkeeper::diagnose
