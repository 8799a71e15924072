#include "client/sqlite_failing_vfs.hpp"

#include <sqlite3.h>

#include <cstddef>
#include <new>

namespace lockkeeper::testing {
namespace {

FailingVfs failures;

sqlite3_vfs* system_vfs() {
  static sqlite3_vfs* const found = sqlite3_vfs_find(nullptr);
  return found;
}

// SQLite allots the memory; the system's own file lies behind this.
struct File {
  sqlite3_file base;

  [[nodiscard]] sqlite3_file* real() noexcept { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

sqlite3_file* real(sqlite3_file* file) noexcept { return reinterpret_cast<File*>(file)->real(); }

// Version 1 of the interface: without shared memory, and so without WAL.
const sqlite3_io_methods methods{
    .iVersion = 1,
    .xClose = [](sqlite3_file* file) { return real(file)->pMethods->xClose(real(file)); },
    .xRead = [](sqlite3_file* file, void* to, int size,
                sqlite3_int64 at) { return real(file)->pMethods->xRead(real(file), to, size, at); },
    .xWrite =
        [](sqlite3_file* file, const void* from, int size, sqlite3_int64 at) {
          const int failure = failures.write;
          return failure != 0 ? failure : real(file)->pMethods->xWrite(real(file), from, size, at);
        },
    .xTruncate = [](sqlite3_file* file,
                    sqlite3_int64 size) { return real(file)->pMethods->xTruncate(real(file), size); },
    .xSync =
        [](sqlite3_file* file, int flags) {
          const int failure = failures.sync;
          return failure != 0 ? failure : real(file)->pMethods->xSync(real(file), flags);
        },
    .xFileSize = [](sqlite3_file* file,
                    sqlite3_int64* size) { return real(file)->pMethods->xFileSize(real(file), size); },
    .xLock = [](sqlite3_file* file, int level) { return real(file)->pMethods->xLock(real(file), level); },
    .xUnlock = [](sqlite3_file* file, int level) { return real(file)->pMethods->xUnlock(real(file), level); },
    .xCheckReservedLock = [](sqlite3_file* file,
                             int* is_held) { return real(file)->pMethods->xCheckReservedLock(real(file), is_held); },
    .xFileControl = [](sqlite3_file* file, int what,
                       void* argument) { return real(file)->pMethods->xFileControl(real(file), what, argument); },
    .xSectorSize = [](sqlite3_file* file) { return real(file)->pMethods->xSectorSize(real(file)); },
    .xDeviceCharacteristics = [](sqlite3_file*) { return 0; },
    .xShmMap = nullptr,
    .xShmLock = nullptr,
    .xShmBarrier = nullptr,
    .xShmUnmap = nullptr,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

int open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* flags_out) {
  file->pMethods = nullptr;
  const int outcome = system_vfs()->xOpen(system_vfs(), name, real(file), flags, flags_out);
  if (outcome == SQLITE_OK) file->pMethods = &methods;
  return outcome;
}

int remove(sqlite3_vfs*, const char* name, int sync_folder) {
  const int failure = failures.remove;
  return failure != 0 ? failure : system_vfs()->xDelete(system_vfs(), name, sync_folder);
}

}  // namespace

FailingVfs& failing_vfs() {
  static sqlite3_vfs vfs = [] {
    sqlite3_vfs made = *system_vfs();
    made.szOsFile += static_cast<int>(sizeof(File));
    made.pNext = nullptr;
    made.zName = "failing";
    made.xOpen = open;
    made.xDelete = remove;
    return made;
  }();
  static const int registered = sqlite3_vfs_register(&vfs, 0);
  static_cast<void>(registered);
  failures.write = failures.sync = failures.remove = SQLITE_OK;
  return failures;
}

}  // namespace lockkeeper::testing
