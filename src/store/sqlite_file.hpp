// The file of an SQLite history: made with the right permissions, known for ours before it is written to, and noticed
// when it goes away.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include <lockkeeper/driver.hpp>

#include "store/sqlite_history.hpp"

namespace lockkeeper::store {

/// Which file a path leads to.
struct FileIdentity {
  dev_t device = 0;
  ino_t inode = 0;
  bool operator==(const FileIdentity&) const = default;
};

/// Nothing where there is no such file.
[[nodiscard]] std::optional<FileIdentity> identity_of(const std::filesystem::path& file);

/// A connection to the history's file, with the newest schema. Throws Failure.
[[nodiscard]] std::unique_ptr<Connection> connect_to_history(Driver& driver, const SqliteHistoryOptions& options,
                                                             Deadline deadline);

/// The error with the file's name before it and what to do about it behind it.
[[nodiscard]] Error about_file(Error error, const std::filesystem::path& file);

}  // namespace lockkeeper::store
