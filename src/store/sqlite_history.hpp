// The history in an SQLite file, through the library's own driver. docs/history.md describes file and tables.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include <lockkeeper/driver.hpp>

#include "store/history.hpp"

namespace lockkeeper::store {

struct SqliteHistoryOptions {
  /// Made where there is none, with its folders, readable by its owner alone. Empty: in memory, for this object alone.
  std::filesystem::path file = {};
  /// Reads only, also while another process writes. A missing file is an error then (`unknown_database`).
  bool read_only = false;
  std::map<std::string, std::string> pragmas = {};  ///< More of them: a test's bounds.
};

/// Opens and, where the schema is older, migrates. Errors besides the driver's: `configuration` where the file is not
/// ours or newer than this program. Messages name the file and say what to do. `driver`: make_sqlite_driver().
[[nodiscard]] Result<std::unique_ptr<History>> open_sqlite_history(Driver& driver, const SqliteHistoryOptions& options,
                                                                   Deadline deadline);

}  // namespace lockkeeper::store
