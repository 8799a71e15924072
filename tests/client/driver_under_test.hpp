// What the contract suite needs to know about a database: everything else it says through lockkeeper::Driver.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include <lockkeeper/driver.hpp>

namespace lockkeeper::testing {

/// One database, started. SQL is the database's own where databases differ; text that is empty, and a function that is
/// not set, say that the database has no such thing: the tests of it are skipped.
struct DriverUnderTest {
  std::unique_ptr<Driver> driver = {};
  std::string url = {};      ///< Reaches the server with all rights.
  std::string product = {};  ///< ServerInfo::product.
  Engine engine = Engine::postgres;
  bool embedded = false;        ///< No server: no host, no port, no session ids, no SQLSTATE.
  bool slow_to_cancel = false;  ///< See survivor().
  std::string missing_database_url = {};
  std::string foreign_url = {};       ///< Of another database product.
  std::shared_ptr<void> server = {};  ///< Keeps it alive.

  // Statements.
  std::function<std::string(int)> placeholder = {};  ///< The n-th parameter, from 1: "$1" or "?".
  std::string sleep_sql = {};                        ///< Runs for a minute, and can be cancelled.
  std::string many_rows_sql = {};                    ///< 100000 rows of one column, counting from 1.
  /// Rows without end (a thousand million), each as soon as it is made, and wide: megabytes of them are under way when
  /// they are no longer wanted, which takes long in rows of a few bytes with sanitizers.
  std::string endless_rows_sql = {};
  std::string rows_then_sleep_sql = {};  ///< Rows that arrive, then a minute of nothing.
  std::string rows_then_error_sql = {};  ///< Rows that arrive, then an error.
  std::string big_cell_sql = {};         ///< One cell of 10 MB of 'x'.
  std::string runtime_error_sql = {};    ///< A statement that fails when it runs, not when it is parsed.
  std::function<std::string(std::int64_t backend)> end_session_sql = {};  ///< Ends another session.

  // Types, for CREATE TABLE, and how a boolean reads.
  std::string boolean_type = "boolean";
  std::string bigint_type = "bigint";
  std::string double_type = "double precision";
  std::string text_type = "text";
  std::string bytes_type = {};
  std::string time_type = {};  ///< Holds microseconds; reads as `2026-11-22 09:30:00.000001` and perhaps a zone.
  std::string true_text = "1";
  std::string false_text = "0";
  bool has_subnormal_doubles = true;

  // Transactions.
  bool errors_spoil_transactions = false;  ///< Whether a failed statement leaves the transaction failed.
  bool begins_what_is_asked = true;        ///< False: every transaction is serializable, whatever is asked for.
  bool snapshots_conflict = false;         ///< Repeatable read refuses to change a row changed since its snapshot.
  bool detects_deadlocks = true;           ///< Chooses a victim among transactions that wait for each other's rows.
  bool has_nowait = true;                  ///< SELECT ... FOR UPDATE NOWAIT.
  bool reset_drops_temporary_tables = true;
};

struct DriverCase {
  std::string label;
  std::function<DriverUnderTest()> start;
  std::string reason_to_skip = {};  ///< Why this machine has it not, where that is no failure.
};

inline void PrintTo(const DriverCase& printed, std::ostream* out) { *out << printed.label; }

/// Every driver with every server of it that this machine has: the cases of each database, one file each.
[[nodiscard]] std::vector<DriverCase> driver_cases();
[[nodiscard]] std::vector<DriverCase> postgres_cases();
[[nodiscard]] std::vector<DriverCase> sqlite_cases();
[[nodiscard]] std::vector<DriverCase> mysql_cases();

[[nodiscard]] inline Deadline in(std::chrono::microseconds time) { return std::chrono::steady_clock::now() + time; }
[[nodiscard]] inline Deadline soon() { return in(std::chrono::seconds(30)); }

[[nodiscard]] inline Target target_of(std::string url) {
  Target target;
  target.url = std::move(url);
  return target;
}

/// Runs `action` and returns the Error it fails with; fails the test if it does not.
[[nodiscard]] Error error_of(const std::function<void()>& action);

[[nodiscard]] inline bool is_lost(const Connection& connection) {
  return connection.transaction_status() == TransactionStatus::unknown;
}

/// The connection on which `play` has run, which stops a statement and must leave it usable. A cancel takes another
/// connection: a server that is slow to accept one, as MySQL is on a loaded machine, may need longer than the driver's
/// grace. So of three plays one must not cost the connection; everywhere else the only one must not.
[[nodiscard]] inline std::unique_ptr<Connection> survivor(bool slow_to_cancel,
                                                          const std::function<std::unique_ptr<Connection>()>& connect,
                                                          const std::function<void(Connection&)>& play) {
  const int plays = slow_to_cancel ? 3 : 1;
  for (int played = 1;; ++played) {
    std::unique_ptr<Connection> connection = connect();
    play(*connection);
    if (played == plays || !is_lost(*connection)) return connection;
  }
}

}  // namespace lockkeeper::testing
