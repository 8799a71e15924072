// What a test suite leaves behind: of the leak gate, `lockkeeper test`. What was seen, and what is said of it.
//
// Tests, their databases' clients and we are on one machine: all times are of its one clock.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/fact.hpp"
#include "model/finding.hpp"
#include "model/time.hpp"

namespace lockkeeper::model {

/// A reporter in the suite tells that a test begins or has ended, in some process.
struct TestMark {
  WallTime at;
  bool begins = true;
  std::string test;
  std::int64_t process = 0;
};

/// Until the command had ended and its clients had gone, or were not waited for any longer.
struct GateInput {
  std::vector<TestMark> marks;  ///< As they were written.
  std::vector<Fact> facts;      ///< Oldest first.
  std::uint64_t facts_lost = 0;
  /// By ClientIdentity::id: the client's process and those that started it, nearest first. Who was gone too quickly is
  /// not there.
  std::map<std::uint64_t, std::vector<std::int64_t>> processes;
  std::int64_t still_connected = 0;  ///< Clients that outlived the command.
};

enum class LeakKind {
  left_open,                 ///< A transaction that its test, or its client, left open.
  foreign_commit,            ///< COMMIT with no transaction open.
  foreign_rollback,          ///< ROLLBACK with no transaction open.
  begin_inside_transaction,  ///< BEGIN while one was open: the one before had been left open.
};
[[nodiscard]] std::string_view to_string(LeakKind kind) noexcept;
[[nodiscard]] std::optional<LeakKind> parse_leak_kind(std::string_view word) noexcept;

/// What makes two leaks the same one, in another run too.
struct LeakKey {
  LeakKind kind = LeakKind::left_open;
  std::string test;       ///< Its name; or the unit of work, or else the application, where no test is known.
  std::string statement;  ///< Normalized: what the transaction began its work with, or what was foreign. May be empty.

  friend auto operator<=>(const LeakKey&, const LeakKey&) = default;
};

struct Leak {
  LeakKey key;
  bool is_test = false;             ///< `key.test` is a test's name.
  std::vector<std::string> others;  ///< Tests that ran at the same time and may have done it instead.
  std::int64_t count = 1;           ///< In this run; all below is of the first.
  WallTime at;                      ///< When the transaction began, or the statement came.
  std::optional<Duration> open_for;
  bool abandoned = false;  ///< Its client left with it open.
  std::string next_test;   ///< It was still open when this one began; empty where `abandoned` is all we know.
  std::string client;      ///< "shop (user app, database shop) at 127.0.0.1:40312"
  std::vector<StatementLine> ran = {};  ///< Of the transaction.
  bool known = false;                   ///< The baseline has it.
};

struct GateReport {
  std::vector<Leak> leaks;  ///< New ones first, then by test.
  std::int64_t tests = 0;   ///< Told of by reporters.
  std::int64_t clients = 0;
  std::int64_t transactions = 0;  ///< Explicit ones that are over.
  std::uint64_t facts_lost = 0;   ///< What they were cannot be claimed absent.
  std::int64_t still_connected = 0;

  /// The test (unit of work, application) that had most transactions open at once, and how many. Empty: none was seen.
  std::string most_held_by;
  std::int64_t most_held = 0;
  std::int64_t units_at_once = 0;  ///< So many of them had one open at the same time.
  /// The smallest pool in which so many units, each holding so many connections, cannot wait for one another in a ring:
  /// units * (held - 1) + 1.
  std::int64_t smallest_pool = 0;

  std::vector<LeakKey> gone = {};  ///< In the baseline, and not seen any more.

  [[nodiscard]] std::int64_t fresh() const noexcept;
};

}  // namespace lockkeeper::model
