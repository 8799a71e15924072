#include "collect/mysql/metadata_locks.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace lockkeeper::collect::mysql {
namespace {

// In the order of both tables below. MariaDB has no SHARED_WRITE_LOW_PRIO.
constexpr std::array<std::string_view, 10> object_modes{
    "SHARED",           "SHARED_HIGH_PRIO",      "SHARED_READ",
    "SHARED_WRITE",     "SHARED_WRITE_LOW_PRIO", "SHARED_UPGRADABLE",
    "SHARED_READ_ONLY", "SHARED_NO_WRITE",       "SHARED_NO_READ_WRITE",
    "EXCLUSIVE"};

// A row a wanted mode, a column a granted one; '-' excludes.
constexpr std::array<std::string_view, 10> by_granted{
    "+++++++++-",  // SHARED
    "+++++++++-",  // SHARED_HIGH_PRIO
    "++++++++--",  // SHARED_READ
    "++++++----",  // SHARED_WRITE
    "++++++----",  // SHARED_WRITE_LOW_PRIO
    "+++++-+---",  // SHARED_UPGRADABLE
    "+++--+++--",  // SHARED_READ_ONLY
    "+++---+---",  // SHARED_NO_WRITE
    "++--------",  // SHARED_NO_READ_WRITE
    "----------",  // EXCLUSIVE
};

// The same with a column for a mode that is waited for.
constexpr std::array<std::string_view, 10> by_pending{
    "+++++++++-",  // SHARED
    "++++++++++",  // SHARED_HIGH_PRIO
    "++++++++--",  // SHARED_READ
    "+++++++---",  // SHARED_WRITE
    "++++++----",  // SHARED_WRITE_LOW_PRIO
    "+++++++++-",  // SHARED_UPGRADABLE
    "+++-++++--",  // SHARED_READ_ONLY
    "+++++++++-",  // SHARED_NO_WRITE
    "+++++++++-",  // SHARED_NO_READ_WRITE
    "++++++++++",  // EXCLUSIVE
};

std::optional<std::size_t> place_of(std::string_view mode) {
  const auto* const found = std::ranges::find(object_modes, mode);
  if (found == object_modes.end()) return std::nullopt;
  return static_cast<std::size_t>(found - object_modes.begin());
}

bool excluded(const std::array<std::string_view, 10>& table, std::string_view wanted, std::string_view other) {
  const auto row = place_of(wanted);
  const auto column = place_of(other);
  return row && column && table[*row][*column] == '-';
}

// Of what is locked as a whole (GLOBAL, SCHEMA, COMMIT): writers are in it together, and exclude who wants it still.
// MariaDB's BACKUP modes: of FLUSH TABLES WITH READ LOCK and BACKUP STAGE on one side, of all others on the other.
bool blocks_all(std::string_view mode) { return mode.starts_with("BACKUP_FTWRL") || mode.starts_with("BACKUP_BLOCK"); }
bool scoped_excluded(std::string_view wanted, std::string_view other) {
  const auto is_scoped = [](std::string_view mode) {
    return mode == "INTENTION_EXCLUSIVE" || mode == "SHARED" || mode == "EXCLUSIVE";
  };
  if (is_scoped(wanted) && is_scoped(other)) {
    return wanted == "EXCLUSIVE" || other == "EXCLUSIVE" ||
           (wanted == "INTENTION_EXCLUSIVE") != (other == "INTENTION_EXCLUSIVE");
  }
  return wanted.starts_with("BACKUP_") && other.starts_with("BACKUP_") && blocks_all(wanted) != blocks_all(other);
}

void add(std::vector<std::int64_t>& threads, std::int64_t thread) {
  if (std::ranges::find(threads, thread) == threads.end()) threads.push_back(thread);
}

}  // namespace

bool excluded_by_granted(std::string_view wanted, std::string_view granted) noexcept {
  return excluded(by_granted, wanted, granted) || scoped_excluded(wanted, granted);
}

bool excluded_by_pending(std::string_view wanted, std::string_view pending) noexcept {
  return excluded(by_pending, wanted, pending) || (wanted == "INTENTION_EXCLUSIVE" && scoped_excluded(wanted, pending));
}

std::vector<MetadataWait> metadata_waits(std::span<const MetadataLockRow> rows) {
  std::map<std::pair<std::string_view, std::string_view>, std::vector<const MetadataLockRow*>> objects;
  for (const auto& row : rows) objects[{row.kind, row.target}].push_back(&row);
  std::vector<MetadataWait> waits;
  for (const auto& [object, locks] : objects) {
    for (const MetadataLockRow* wanted : locks) {
      if (wanted->granted) continue;
      MetadataWait wait{wanted, {}, {}};
      for (const MetadataLockRow* other : locks) {
        if (other->thread == wanted->thread) continue;
        if (other->granted && excluded_by_granted(wanted->mode, other->mode)) add(wait.holders, other->thread);
        if (!other->granted && excluded_by_pending(wanted->mode, other->mode)) add(wait.ahead, other->thread);
      }
      waits.push_back(std::move(wait));
    }
  }
  return waits;
}

}  // namespace lockkeeper::collect::mysql
