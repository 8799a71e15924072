// A file system for SQLite that fails when a test says so.
#pragma once

#include <atomic>

namespace lockkeeper::testing {

/// What the next calls of each kind return instead of doing anything: an SQLite result code, 0 for none.
struct FailingVfs {
  std::atomic<int> write = 0;
  std::atomic<int> sync = 0;
  std::atomic<int> remove = 0;
};

/// Registers it, once a process, under the names "failing", where no file can have a WAL, and "failing_wal". Everything
/// else goes to the system's own.
[[nodiscard]] FailingVfs& failing_vfs();

}  // namespace lockkeeper::testing
