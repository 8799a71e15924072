// Which gaps one look shows, and which ones a transaction's record tells of: the model in the words of gap_book.hpp.
//
// A gap begins when a statement has ended inside an open transaction and nothing runs; it ends when the next statement
// begins, or with the transaction. What follows a statement that failed is another matter (aborted-transaction) and
// none.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/gap_shape.hpp"
#include "model/recording.hpp"
#include "model/snapshot.hpp"
#include "rules/recorded.hpp"

namespace lockkeeper::rules {

/// Whose gap: a recorder's client, or a session of the views. `life` tells numbers that are used again apart.
struct GapHolder {
  bool recorded = false;
  std::int64_t number = 0;
  model::WallTime life{};

  friend auto operator<=>(const GapHolder&, const GapHolder&) = default;
};

struct SightedGap {
  GapHolder holder;
  model::ShapeKey key;
  std::string text;  ///< Of the last statement.
  model::SessionId session;
  std::optional<model::WallTime> transaction;  ///< When it began.
  model::WallTime since;
  model::Duration age{};
  /// It has to do with a lock wait or a queue: its own session waits, or another client of its unit of work does.
  bool tainted = false;
};

/// The gaps that are open. Each session shows its own once: as its client's where it serves a recorder's.
[[nodiscard]] std::vector<SightedGap> open_gaps(const model::Snapshot& seen, const model::Recording* recording,
                                                const Clients& clients);

/// A gap that is over, as a record tells of it.
struct PastGap {
  std::uint64_t sequence = 0;
  model::StatementPtr after;  ///< Never empty.
  model::WallTime since;
  model::WallTime until;  ///< Where a run of one statement is folded: all its gaps lie between.
  model::Duration length{};
  bool folded = false;    ///< The longest of the gaps within a fold: when it was is not known.
  bool censored = false;  ///< Ended by somebody else than its client.
};

/// Gaps between the statements of the record. Of a fold the longest alone: runs in a row are one habit.
[[nodiscard]] std::vector<PastGap> gaps_of(const model::TransactionRecord& record);

/// The last one, which the transaction's end ended; nullopt where there was none.
[[nodiscard]] std::optional<PastGap> last_gap_of(const model::TransactionOver& over);

/// The shape of what follows the last statement of the record.
[[nodiscard]] model::ShapeKey shape_of(const model::ClientIdentity& who, const model::TransactionRecord& record);

}  // namespace lockkeeper::rules
