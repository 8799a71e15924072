// A recorder's memory as JSON lines, and back: what `dump` writes and `replay` judges again. docs/api.md describes it.
#pragma once

#include <cstdint>
#include <expected>
#include <iosfwd>
#include <optional>
#include <string>

#include "model/recording.hpp"
#include "model/snapshot.hpp"

namespace lockkeeper::report {

/// The format's version: raised when a field changes its meaning or goes; new fields and kinds do not raise it.
inline constexpr int recording_version = 1;

/// Longer lines are refused: the longest that dump writes, a client with all of its transaction, is far below.
inline constexpr std::size_t longest_recording_line = std::size_t{16} << 20U;

/// Writes one object a line, the header first. `snapshot`: the look that it was judged with, as the server told it;
/// nullptr: none. Facts that no recorder has (a library's leases) are left out and counted.
void dump(std::ostream& out, const model::Recording& recording, const model::Snapshot* snapshot = nullptr);

/// What was read. Judged, it gives the findings of the original.
struct Replay {
  model::Recording recording;
  std::optional<model::Snapshot> snapshot;
  std::uint64_t unknown_lines = 0;  ///< Of kinds that this version does not know: ignored.
};

/// Where reading stopped, and why.
struct ReadFailure {
  std::uint64_t line = 0;  ///< From 1.
  std::string field;       ///< "transaction.first[3].started_at"; empty: the line as such.
  std::string message;     ///< "is missing"

  /// "line 12, transaction.first[3].started_at is missing"
  [[nodiscard]] std::string text() const;
};

/// Reads to the end of the stream. Any bytes may be there; unknown fields are ignored.
[[nodiscard]] std::expected<Replay, ReadFailure> read_recording(std::istream& in);

}  // namespace lockkeeper::report
