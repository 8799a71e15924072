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

constexpr sqlite3_io_methods methods_without_wal{
    .iVersion = 1,  // Without shared memory, and so without WAL.
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

constexpr sqlite3_io_methods methods_with_wal = [] {
  sqlite3_io_methods methods = methods_without_wal;
  methods.iVersion = 2;
  methods.xShmMap = [](sqlite3_file* file, int page, int size, int may_extend, void volatile** to) {
    return real(file)->pMethods->xShmMap(real(file), page, size, may_extend, to);
  };
  methods.xShmLock = [](sqlite3_file* file, int offset, int count, int flags) {
    return real(file)->pMethods->xShmLock(real(file), offset, count, flags);
  };
  methods.xShmBarrier = [](sqlite3_file* file) { real(file)->pMethods->xShmBarrier(real(file)); };
  methods.xShmUnmap = [](sqlite3_file* file, int is_to_be_removed) {
    return real(file)->pMethods->xShmUnmap(real(file), is_to_be_removed);
  };
  return methods;
}();

int open(const sqlite3_io_methods& methods, const char* name, sqlite3_file* file, int flags, int* flags_out) {
  file->pMethods = nullptr;
  const int outcome = system_vfs()->xOpen(system_vfs(), name, real(file), flags, flags_out);
  if (outcome == SQLITE_OK) file->pMethods = &methods;
  return outcome;
}

int open_without_wal(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* flags_out) {
  return open(methods_without_wal, name, file, flags, flags_out);
}

int open_with_wal(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* flags_out) {
  return open(methods_with_wal, name, file, flags, flags_out);
}

int remove(sqlite3_vfs*, const char* name, int sync_folder) {
  const int failure = failures.remove;
  return failure != 0 ? failure : system_vfs()->xDelete(system_vfs(), name, sync_folder);
}

sqlite3_vfs made(const char* name, decltype(sqlite3_vfs::xOpen) open) {
  sqlite3_vfs made = *system_vfs();
  made.szOsFile += static_cast<int>(sizeof(File));
  made.pNext = nullptr;
  made.zName = name;
  made.xOpen = open;
  made.xDelete = remove;
  return made;
}

}  // namespace

FailingVfs& failing_vfs() {
  static sqlite3_vfs without_wal = made("failing", open_without_wal);
  static sqlite3_vfs with_wal = made("failing_wal", open_with_wal);
  static const int registered = sqlite3_vfs_register(&without_wal, 0) + sqlite3_vfs_register(&with_wal, 0);
  static_cast<void>(registered);
  failures.write = failures.sync = failures.remove = SQLITE_OK;
  return failures;
}

}  // namespace lockkeeper::testing
