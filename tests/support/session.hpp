// A session that a test plays its part with: tests only, straight on libpq, so that no test of a
// schedule depends on the driver under test.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "support/servers.hpp"

namespace lockkeeper::testing {

/// Rows of cells in text form; nullopt is SQL NULL.
using Table = std::vector<std::vector<std::optional<std::string>>>;

/// The server's refusal, or the end of the session (sqlstate empty).
class SessionError : public std::runtime_error {
 public:
  SessionError(const std::string& message, std::string sqlstate)
      : std::runtime_error(message), sqlstate_(std::move(sqlstate)) {}
  [[nodiscard]] const std::string& sqlstate() const noexcept { return sqlstate_; }

 private:
  std::string sqlstate_;
};

/// One connection, used from one thread at a time. Move-only. Simple protocol: several statements at once are fine.
class Session {
 public:
  explicit Session(const std::string& url, const std::string& application_name = "test");
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;
  ~Session();

  [[nodiscard]] std::int64_t pid() const noexcept;  ///< The backend's, as in pg_stat_activity.

  /// Runs and waits; throws SessionError. Of several statements, the rows of the last.
  Table exec(const std::string& sql, std::chrono::milliseconds timeout = default_patience);

  /// Runs and returns the SQLSTATE: "00000" on success, "08006" where the session was lost.
  std::string try_exec(const std::string& sql, std::chrono::milliseconds timeout = default_patience);

  /// The first cell of the first row; throws where there is none or it is NULL.
  std::string value(const std::string& sql);

  /// Sends and does not wait: for statements that will have to wait for a lock.
  void send(const std::string& sql);
  /// Whether the result of `send` has not come yet. Never waits.
  [[nodiscard]] bool is_busy();
  /// Waits for the result of `send`; throws SessionError, or std::runtime_error at the timeout.
  Table finish(std::chrono::milliseconds timeout = default_patience);
  [[nodiscard]] std::string try_finish(std::chrono::milliseconds timeout = default_patience);

  void close();  ///< Says goodbye. Safe to call twice.
  void abort();  ///< Closes the socket without goodbye, as a killed client does.

 private:
  struct Body;
  std::unique_ptr<Body> body_;
};

/// Waits until the backend `pid` waits for a lock, as `observer` sees it in pg_stat_activity.
void wait_until_waiting(Session& observer, std::int64_t pid, std::chrono::milliseconds timeout = default_patience);

/// Waits until pg_stat_activity shows the backend in `state` ("idle in transaction", "active" ...).
void wait_until_state(Session& observer, std::int64_t pid, std::string_view state,
                      std::chrono::milliseconds timeout = default_patience);

/// Waits until the backend is no longer in pg_stat_activity.
void wait_until_gone(Session& observer, std::int64_t pid, std::chrono::milliseconds timeout = default_patience);

}  // namespace lockkeeper::testing
