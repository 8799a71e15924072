// Keeping the tables within their bounds of age and size.
#pragma once

#include <lockkeeper/connection.hpp>

#include "store/history.hpp"

namespace lockkeeper::store {

/// Pages of the database on disk, and those of them that hold nothing.
struct Pages {
  std::int64_t size = 0;
  std::int64_t count = 0;
  std::int64_t free = 0;

  [[nodiscard]] std::int64_t bytes() const noexcept { return count * size; }
  [[nodiscard]] std::int64_t used_bytes() const noexcept { return (count - free) * size; }
};

/// Throws Failure as Connection::execute.
[[nodiscard]] Pages pages_of(Connection& connection, Deadline deadline);

/// In several transactions of its own. Throws Failure as Connection::execute.
[[nodiscard]] Trimmed trim_tables(Connection& connection, model::WallTime now, const Retention& retention,
                                  Deadline deadline);

}  // namespace lockkeeper::store
