// Who waits for whom by metadata locks: performance_schema.metadata_locks tells what is held and what is wanted, not
// who is in whose way.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "collect/mysql/rows.hpp"

namespace lockkeeper::collect::mysql {

/// Whether a request of that mode has to wait for one that another session has been granted (sql/mdl.cc of both
/// servers). False for a mode that is not known.
[[nodiscard]] bool excluded_by_granted(std::string_view wanted, std::string_view granted) noexcept;

/// Whether it has to wait behind one that is itself still waiting: who wants a table for himself goes first.
[[nodiscard]] bool excluded_by_pending(std::string_view wanted, std::string_view pending) noexcept;

/// One request that is not granted, and who has to let go first.
struct MetadataWait {
  const MetadataLockRow* wanted = nullptr;
  std::vector<std::int64_t> holders;  ///< Threads.
  std::vector<std::int64_t> ahead;    ///< Threads that wait too, and go first.
};

/// The rows must outlive the result. A session is never in its own way.
[[nodiscard]] std::vector<MetadataWait> metadata_waits(std::span<const MetadataLockRow> rows);

}  // namespace lockkeeper::collect::mysql
