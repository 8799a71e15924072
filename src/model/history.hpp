// What is kept of servers over time: what goes into the history, what is asked of it and what it answers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/finding.hpp"
#include "model/time.hpp"

namespace lockkeeper::model {

/// How many connections a server had in which state, at one look.
struct ConnectionSample {
  WallTime at;
  std::string server;
  std::int64_t clients = 0;
  std::int64_t active = 0;
  std::int64_t idle = 0;
  std::int64_t idle_in_transaction = 0;
  std::int64_t aborted = 0;  ///< Idle in a transaction that failed.
  std::int64_t waiting = 0;  ///< For a lock: they are among the active ones.
  std::int64_t queued = 0;   ///< Clients of the recorder that have no server connection yet: not among `clients`.
  std::int64_t usable = 0;   ///< Connections that an ordinary role may use; 0: not known.
};

/// A count of a ConnectionSample, and its name in tables and reports.
struct ConnectionCount {
  std::string_view name;
  std::int64_t ConnectionSample::* count;
};
inline constexpr std::array<ConnectionCount, 8> connection_counts{
    {{"clients", &ConnectionSample::clients},
     {"active", &ConnectionSample::active},
     {"idle", &ConnectionSample::idle},
     {"idle_in_transaction", &ConnectionSample::idle_in_transaction},
     {"aborted", &ConnectionSample::aborted},
     {"waiting", &ConnectionSample::waiting},
     {"queued", &ConnectionSample::queued},
     {"usable", &ConnectionSample::usable}}};

/// One episode of a finding: from when it was first seen until it was seen no more. The same trouble coming back later
/// is another episode of the same finding.
struct HistoryFinding {
  std::string server = {};
  FindingId id = {};
  RuleId rule = {};
  Severity severity = Severity::warning;
  Confidence confidence = Confidence::certain;
  std::string title = {};
  std::int64_t count = 0;
  WallTime first_seen = {};
  WallTime last_seen = {};
  std::optional<WallTime> ended_at = {};  ///< A look did not see it any more. Empty: it lasts, as far as is known.
  std::string json = {};                  ///< The whole finding as a report wrote it; empty: not known, or as before.
};

/// Something that was done, or left undone, to a session: as in the audit.
struct HistoryAction {
  WallTime at = {};
  std::string server = {};
  std::string actor = {};
  std::string action = {};
  std::string finding = {};  ///< Its id; empty: a session named by hand.
  std::string session = {};  ///< "4711@2026-11-22T05:02:22.123456Z"
  std::string outcome = {};
  std::string reason = {};
  std::string json = {};
};

/// What was learned of a shape of transactions. Opaque here: whoever learns writes and reads key and state.
struct HistoryShape {
  std::string server = {};
  std::string key = {};
  std::string state = {};
  WallTime updated_at = {};
};

/// Why a transaction that is over is kept.
enum class KeptBecause { slow, leaked, killed, failed, sampled };
[[nodiscard]] std::string_view to_string(KeptBecause reason) noexcept;
[[nodiscard]] std::optional<KeptBecause> parse_kept_because(std::string_view word) noexcept;

struct HistoryTransaction {
  std::string server = {};
  WallTime ended_at = {};
  WallTime started_at = {};
  std::string application = {};
  std::string user = {};
  std::string database = {};
  std::string end = {};  ///< "committed", "rolled_back", "abandoned", "terminated", "unknown"
  KeptBecause why_kept = KeptBecause::sampled;
  std::int64_t statements = 0;
  Duration busy{};  ///< Of all statements.
  Duration idle{};  ///< In which nothing ran.
  std::int64_t rows_written = 0;
  std::string json = {};  ///< What it ran, as a report wrote it.
};

/// What is appended together: all of it or nothing.
struct HistoryBatch {
  std::vector<ConnectionSample> samples = {};
  std::vector<HistoryFinding> findings = {};
  std::vector<HistoryAction> actions = {};
  std::vector<HistoryShape> shapes = {};
  std::vector<HistoryTransaction> transactions = {};

  [[nodiscard]] bool empty() const noexcept {
    return samples.empty() && findings.empty() && actions.empty() && shapes.empty() && transactions.empty();
  }
};

/// The samples of a stretch of time together.
struct ConnectionPeriod {
  WallTime at = {};  ///< Its beginning.
  std::string server = {};
  std::int64_t samples = 0;
  std::array<double, connection_counts.size()> mean{};  ///< In the order of connection_counts.
  std::array<std::int64_t, connection_counts.size()> maximum{};
};

/// What happened from `from` on and before `to`.
struct HistoryQuery {
  std::string server = {};  ///< Empty: all of them.
  WallTime from = {};
  WallTime to = {};
  Duration step{};  ///< Of a period, whole seconds; zero: as short as `most_periods` allows (fitting_step).
  /// Of each kind at most so many: the oldest are left out, and the answer says so.
  std::size_t most_periods = 600;  ///< Of a server.
  std::size_t most_findings = 500;
  std::size_t most_actions = 500;
  std::size_t most_transactions = 500;
};

/// Servers that one answer has periods of at most: a bound on memory.
inline constexpr std::size_t most_history_servers = 256;

/// The shortest step that people like (1, 2, 5, 10, 15, 30 s, min, ... 1 d) with which so many periods are enough.
[[nodiscard]] Duration fitting_step(Duration length, std::size_t most_periods) noexcept;

/// The answer to a query.
struct HistoryWindow {
  WallTime from = {};
  WallTime to = {};
  Duration step{};
  std::vector<ConnectionPeriod> periods = {};         ///< By server, then by time. A stretch without samples has none.
  std::vector<HistoryFinding> findings = {};          ///< Episodes that touch the window, by first_seen.
  std::vector<HistoryAction> actions = {};            ///< By `at`.
  std::vector<HistoryTransaction> transactions = {};  ///< Those that were open in the window, by ended_at.
  /// More than the query's limits: the oldest were left out.
  bool periods_left_out = false;
  bool findings_left_out = false;
  bool actions_left_out = false;
  bool transactions_left_out = false;
  /// The first and the last sample that there are at all: outside them nobody looked, or it is forgotten.
  std::optional<WallTime> oldest = {};
  std::optional<WallTime> newest = {};
};

}  // namespace lockkeeper::model
