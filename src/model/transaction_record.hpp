// What one transaction did, statement by statement, until now: bounded, whatever it does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "model/session.hpp"
#include "model/time.hpp"

namespace lockkeeper::model {

/// A transaction is its session and its start.
struct TransactionId {
  SessionId session;
  WallTime started_at;

  friend auto operator<=>(const TransactionId&, const TransactionId&) = default;
};

/// Shared: a recorder sees one statement a million times.
using StatementPtr = std::shared_ptr<const Statement>;

/// One statement as it ended. Parameter values are never kept, only a hash that tells same from different.
struct StatementRun {
  StatementPtr statement;  ///< Never empty.
  WallTime started_at;
  Duration duration{};
  std::int64_t rows = 0;                    ///< Returned or written, as the server counted.
  std::int64_t bytes = 0;                   ///< Of the answer.
  std::optional<std::uint64_t> parameters;  ///< Hash of literals and bound values; nullopt: not seen.
  std::string error;                        ///< SQLSTATE; empty: it succeeded.
};

/// Runs of one statement in a row, folded. `first` and `last` are kept whole, the rest as sums.
struct FoldedRun {
  StatementRun first;
  StatementRun last;
  std::int64_t count = 1;
  bool same_parameters = true;  ///< All of them, with hashes known: the sign of a stuck loop.
  Duration busy{};              ///< Sum of durations.
  Duration gap_before{};        ///< From the end of the statement before, or the transaction's start.
  Duration longest_gap{};       ///< Within the fold.
  std::int64_t rows = 0;
  std::int64_t bytes = 0;
};

/// One read with the same parameters, however much runs between: what becomes of a loop that does not advance.
struct RepeatedRead {
  StatementPtr statement;
  std::uint64_t parameters = 0;
  std::int64_t runs = 0;
  std::int64_t unseen_runs = 0;  ///< At most so many more, before it was counted.
  std::int64_t rows = 0;
  WallTime first;  ///< When the first and the last of the runs were started ...
  WallTime last;
  std::int64_t first_number = 0;  ///< ... and which statements of the transaction they were, from 1.
  std::int64_t last_number = 0;
};

/// A transaction's statements in order. The first 32 folds and the last 96 are kept, what was between is counted:
/// how it began and what it did last are what explains it.
class TransactionRecord {
 public:
  static constexpr std::size_t first_kept = 32;
  static constexpr std::size_t last_kept = 96;
  static constexpr std::size_t most_locks = 64;  ///< Distinct locks remembered; a person reads no more.
  /// Reads counted by their parameters, the rarest making way (Metwally, Agrawal, El Abbadi 2005, Space-Saving): one
  /// that is more than a 64th of all is never lost.
  static constexpr std::size_t most_reads = 64;

  /// Everything that a record is, to write it down and to make it again.
  struct Parts {
    TransactionId id;
    WallTime last_end{};
    std::vector<FoldedRun> first{};  ///< At most `first_kept`, the others at most their limits too.
    std::deque<FoldedRun> last{};
    std::vector<HeldLock> locks{};
    std::vector<RepeatedRead> reads{};
    std::int64_t dropped = 0;
    std::int64_t statements = 0;
    std::int64_t rows_written = 0;
    Duration busy{};
  };

  explicit TransactionRecord(const TransactionId& id) : parts_{.id = id, .last_end = id.started_at} {}

  [[nodiscard]] static TransactionRecord from(Parts parts) {
    TransactionRecord record(parts.id);
    record.parts_ = std::move(parts);
    return record;
  }

  /// Adds a statement that has ended. Statements come in order of their start.
  void add(StatementRun run);

  /// Remembers a lock that the transaction was seen to hold; the same one again is not a second.
  void add_lock(const HeldLock& lock);

  [[nodiscard]] const TransactionId& id() const noexcept { return parts_.id; }
  [[nodiscard]] const std::vector<FoldedRun>& first() const noexcept { return parts_.first; }
  [[nodiscard]] const std::deque<FoldedRun>& last() const noexcept { return parts_.last; }
  [[nodiscard]] const std::vector<HeldLock>& locks() const noexcept { return parts_.locks; }
  /// In no order; those whose parameters were not seen are not among them.
  [[nodiscard]] const std::vector<RepeatedRead>& reads() const noexcept { return parts_.reads; }

  /// Statements that fell out of the middle.
  [[nodiscard]] std::int64_t dropped() const noexcept { return parts_.dropped; }
  [[nodiscard]] std::int64_t statements() const noexcept { return parts_.statements; }
  [[nodiscard]] std::int64_t rows_written() const noexcept { return parts_.rows_written; }

  /// When the last statement ended; before the first, the transaction's start.
  [[nodiscard]] WallTime last_end() const noexcept { return parts_.last_end; }

  [[nodiscard]] const Parts& parts() const noexcept { return parts_; }

  /// Time in which a statement ran, and time in which the transaction was open and none did, until `now`.
  [[nodiscard]] Duration busy() const noexcept { return parts_.busy; }
  [[nodiscard]] Duration idle(WallTime now) const noexcept;

 private:
  [[nodiscard]] FoldedRun* newest() noexcept;
  void count_read(const StatementRun& run);

  Parts parts_;
};

}  // namespace lockkeeper::model
