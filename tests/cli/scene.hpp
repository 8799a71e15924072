// A shop's database and who plays on it: leaked transactions, waiters, healthy neighbours.
#pragma once

#include <deque>
#include <string>

#include <boost/json.hpp>

#include "cli/program.hpp"
#include "support/servers.hpp"
#include "support/session.hpp"

namespace lockkeeper::testing {

/// A server of that version, started at the first need and gone with the test program.
PostgresServer& shared_server(int major = 15);

/// Owns the sessions of one test. At its end they are closed, and the server has forgotten them.
class Scene {
 public:
  explicit Scene(PostgresServer& server = shared_server());
  Scene(const Scene&) = delete;
  Scene& operator=(const Scene&) = delete;
  ~Scene();

  [[nodiscard]] PostgresServer& server() const noexcept { return server_; }
  [[nodiscard]] std::string url(std::string_view user = "postgres") const { return server_.url("postgres", user); }

  Session& observer() noexcept { return observer_; }

  /// Another session, of the ordinary role `app` unless said otherwise.
  Session& session(const std::string& application = "checkout", const std::string& user = "app");

  /// A transaction that has changed order `id` and is idle, seen as such by the server.
  Session& leak(int id, const std::string& application = "checkout", const std::string& user = "app");

  /// A session that wants order `id` too and waits, seen as such by the server.
  Session& waiter(int id);

  [[nodiscard]] bool exists(const Session& session);
  /// "4711@2026-11-22T05:02:22.123456Z"
  [[nodiscard]] std::string id_of(const Session& session);

 private:
  PostgresServer& server_;
  Session observer_;
  std::deque<Session> sessions_;
};

/// A JSON string as C++ has it.
inline std::string string_of(const boost::json::value& value) { return std::string(value.as_string()); }

/// One JSON object in one line, or an exception.
boost::json::object parse_line(const std::string& line);

/// The finding of that rule in a doctor's report; throws with the report where it has none.
boost::json::object finding_of(const boost::json::object& report, const std::string& rule);

/// What the doctor finds with limits of zero: everything that is idle or waits is found at once.
boost::json::object look_closely(const std::string& url);
inline const std::vector<std::string> no_limits{"--min-idle", "0", "--min-wait", "0", "--max-prepared-age", "0"};

/// The id of the finding of that rule, found with no_limits.
std::string find_id(const std::string& url, const std::string& rule = "idle-transaction");

/// Adds to a command line.
std::vector<std::string> operator+(std::vector<std::string> left, const std::vector<std::string>& right);

}  // namespace lockkeeper::testing
