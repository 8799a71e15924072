// The history: what happened to servers over time, kept beyond our own life. One interface, so that it may be kept in
// SQLite (sqlite_history.hpp) or elsewhere; tests/store/history_contract.cpp is the definition of an implementation.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include <lockkeeper/connection.hpp>
#include <lockkeeper/error.hpp>

#include "model/history.hpp"

namespace lockkeeper::store {

template <class Value>
using Result = std::expected<Value, Error>;

/// An episode that nobody ended and nobody saw for so long ended when it was seen last: we were not running.
inline constexpr model::Duration longest_silence = std::chrono::minutes(15);

/// How much is kept.
struct Retention {
  /// Samples are kept as they came for so long; then a minute's are folded to their mean and maximum.
  model::Duration seconds_for = std::chrono::hours(1);
  model::Duration age = std::chrono::days(30);  ///< Of all else, shapes too.
  /// Of the store without its write-ahead log. What is oldest goes first, whatever it is; shapes stay.
  std::int64_t bytes = std::int64_t{256} << 20U;
  std::size_t shapes = 10'000;  ///< Of all servers; those that changed longest ago go first.
};

/// What a trim did.
struct Trimmed {
  std::int64_t folded = 0;   ///< Samples of seconds that went into minutes.
  std::int64_t deleted = 0;  ///< Rows that are gone, folded ones not counted.
  std::int64_t bytes = 0;    ///< Size afterwards.
};

/// Threads: an object belongs to one thread at a time. Whoever wants to read while another writes opens the store once
/// more, in the same process or another: readers and the writer do not wait for each other.
///
/// Errors: `deadline` (somebody else has locked the store), `disk_full`, `connection_lost` (the file was moved,
/// replaced or deleted), `permission` and others as the store's driver says. Nothing of a batch or trim step that
/// failed is kept. After an error the object may be used no more; open the store anew.
class History {
 public:
  History() = default;
  History(const History&) = delete;
  History& operator=(const History&) = delete;
  virtual ~History() = default;

  /// Adds the batch: all of it or nothing, and once it returns, the end of this process takes nothing of it away.
  ///
  /// - A sample of a server and time that are there already takes the place of the one before.
  /// - A finding goes to the last episode of its server and id: that keeps its first_seen, and takes all else from the
  ///   finding; an empty json leaves what there is. Where that episode has ended and the finding was seen after its
  ///   end, or where `longest_silence` lies between them, a new episode begins.
  /// - A shape takes the place of the one with its server and key.
  [[nodiscard]] virtual Result<void> append(const model::HistoryBatch& batch, Deadline deadline) = 0;

  /// All parts of the answer are of one moment.
  [[nodiscard]] virtual Result<model::HistoryWindow> read(const model::HistoryQuery& query, Deadline deadline) = 0;

  /// Of one server, by key.
  [[nodiscard]] virtual Result<std::vector<model::HistoryShape>> shapes(const std::string& server,
                                                                        Deadline deadline) = 0;

  /// Folds and forgets what is too old by `now` and too much. What the deadline leaves undone, the next trim does. A
  /// `now` more than a day ahead of the newest sample counts as a day ahead: a clock that jumps empties nothing.
  [[nodiscard]] virtual Result<Trimmed> trim(model::WallTime now, const Retention& retention, Deadline deadline) = 0;

  /// What the store takes on disk (in memory: the same), without its write-ahead log.
  [[nodiscard]] virtual Result<std::int64_t> size_bytes(Deadline deadline) = 0;
};

}  // namespace lockkeeper::store
