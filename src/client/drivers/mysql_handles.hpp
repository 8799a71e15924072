// A libmariadb session as an owner, and the result of the parts that can fail.
#pragma once

#include <mysql.h>

#include <expected>
#include <utility>

#include <lockkeeper/error.hpp>

namespace lockkeeper::client::mysql {

template <class Value>
using Result = std::expected<Value, Error>;

/// Owns a MYSQL, its socket and its memory. Move-only. Never waits for the server in a destructor.
class Handle {
 public:
  Handle() noexcept = default;  ///< Nothing.
  Handle(Handle&& other) noexcept : session_(std::exchange(other.session_, nullptr)) {}
  Handle& operator=(Handle&& other) noexcept {
    if (this != &other) {
      cut();
      session_ = std::exchange(other.session_, nullptr);
    }
    return *this;
  }
  ~Handle() { cut(); }

  /// A session that is not connected yet, ready for non-blocking calls.
  [[nodiscard]] static Handle make();

  [[nodiscard]] MYSQL* get() const noexcept { return session_; }
  [[nodiscard]] explicit operator bool() const noexcept { return session_ != nullptr; }

  /// Says goodbye and closes. Waits a tenth of a second at most, for a server that takes no goodbye.
  void close() noexcept;
  /// Closes at once, whatever the session is in the middle of.
  void cut() noexcept;

 private:
  MYSQL* session_ = nullptr;
};

}  // namespace lockkeeper::client::mysql
