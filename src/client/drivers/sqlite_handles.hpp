// Owners of what SQLite hands out, and the driver's word for "this or why not".
#pragma once

#include <sqlite3.h>

#include <expected>
#include <memory>

#include <lockkeeper/error.hpp>

namespace lockkeeper::client::sqlite {

template <auto release>
struct Releaser {
  template <class Handle>
  void operator()(Handle* handle) const noexcept {
    release(handle);
  }
};

/// With _v2 a statement that somebody made through the native handle, and forgot, does not keep the file open for ever.
using Database = std::unique_ptr<sqlite3, Releaser<sqlite3_close_v2>>;
using StatementHandle = std::unique_ptr<sqlite3_stmt, Releaser<sqlite3_finalize>>;

template <class Value>
using Result = std::expected<Value, Error>;

}  // namespace lockkeeper::client::sqlite
