// What of a picture is listed, in which order: what the layout shows and the keys walk through.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "cli/top/picture.hpp"
#include "cli/top/state.hpp"

namespace lockkeeper::cli::top {

struct SessionList {
  std::vector<const Row*> rows;
  std::size_t idle_left_out = 0;
  std::size_t filtered_out = 0;
};
[[nodiscard]] SessionList sessions(const Picture& picture, const State& state);

/// A line of the trees of waits.
struct WaitRow {
  std::optional<model::Holder> who;  ///< Empty: it stands for many.
  std::string branch;
  std::string text;
};
[[nodiscard]] std::vector<WaitRow> waits(const Picture& picture);

/// A shape is told from others by its key.
[[nodiscard]] std::string id_of(const model::ShapeSummary& shape);
/// Those that say something first, then those with open gaps.
[[nodiscard]] std::vector<const model::ShapeSummary*> shapes(const Picture& picture);

/// Where the cursor is among these ids; nullopt: there are none.
template <class Id>
std::optional<std::size_t> place_of(const Cursor<Id>& cursor, const std::vector<Id>& ids) {
  if (ids.empty()) return std::nullopt;
  if (!cursor.chosen) return 0;
  // One session may wait in two trees.
  if (cursor.place < ids.size() && ids[cursor.place] == *cursor.chosen) return cursor.place;
  for (std::size_t index = 0; index < ids.size(); ++index) {
    if (ids[index] == *cursor.chosen) return index;
  }
  return std::min(cursor.place, ids.size() - 1);
}

[[nodiscard]] std::vector<model::Holder> ids_of(const SessionList& list);
/// Lines that stand for many have an id that nobody else has.
[[nodiscard]] std::vector<model::Holder> ids_of(const std::vector<WaitRow>& rows);
[[nodiscard]] std::vector<model::FindingId> finding_ids(const Picture& picture);
[[nodiscard]] std::vector<std::string> ids_of(const std::vector<const model::ShapeSummary*>& shapes);

/// The session that the cursor is on, in the tab that is shown; nullptr: on none.
[[nodiscard]] const Row* chosen_row(const Picture& picture, const State& state);
/// The finding that the cursor is on.
[[nodiscard]] const model::Finding* chosen_finding(const Picture& picture, const State& state);
/// Whose transaction is looked at.
[[nodiscard]] std::optional<model::SessionId> looked_at(const Picture& picture, const State& state);

}  // namespace lockkeeper::cli::top
