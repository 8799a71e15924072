// What we conclude: the mistake, on whom, with the proof copied in, and what may be done about it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/strong_id.hpp"
#include "model/session.hpp"
#include "model/time.hpp"

namespace lockkeeper::model {

/// "idle-transaction"; each has a page docs/rules/ID.md.
using RuleId = base::StrongId<struct RuleIdTag, std::string>;

/// "idle-transaction-3f2a9c1b": the same trouble keeps the same id from look to look and run to run.
using FindingId = base::StrongId<struct FindingIdTag, std::string>;

/// The id of a rule's finding about whatever `identity` names. `identity` must not hold what changes between looks.
[[nodiscard]] FindingId make_finding_id(const RuleId& rule, const std::vector<std::string>& identity);

enum class Severity { notice, warning, critical };  // in this order: comparisons mean "at least"
enum class Confidence { possible, likely, certain };
[[nodiscard]] std::string_view to_string(Severity severity) noexcept;
[[nodiscard]] std::string_view to_string(Confidence confidence) noexcept;

/// One line of the tree of who waits behind whom, in drawing order. Depth 0 is the root.
struct WaitTreeLine {
  std::int64_t depth = 0;
  std::optional<SessionId> session;  ///< Empty: a prepared transaction, or a line that stands for many.
  std::string who;                   ///< "4711 post-publisher (active)"
  std::string waits_for;             ///< "ShareLock on transaction 771"; empty at the root.
  std::optional<Duration> waiting;
  std::int64_t more = 0;  ///< This line stands for so many waiters that are not drawn.
};

/// One line of what a transaction did, in order: runs of one statement in a row, or statements that were not kept.
struct StatementLine {
  std::string text;                    ///< Normalized; empty where `dropped` says how many stood here.
  std::int64_t count = 1;              ///< Runs in a row.
  bool same_parameters = false;        ///< All of several runs had the same ones, by their hashes.
  std::int64_t rows = 0;               ///< Of all runs: returned or written.
  std::optional<WallTime> started_at;  ///< The first run.
  Duration busy{};                     ///< Of all runs.
  Duration gap_before{};               ///< Nothing ran for so long before the first.
  Duration longest_gap{};              ///< Between two runs.
  std::string error;                   ///< SQLSTATE of the last; empty: it succeeded.
  std::int64_t dropped = 0;            ///< So many statements were run here and not kept.
  bool dropped_at_most = false;        ///< ... or fewer: not every number that the server gave was a statement's.
  bool running = false;                ///< It has not ended: `busy` is so far, `rows` not known.
};

/// A value of evidence. Times and durations are kept as such, so that each face prints them its own way.
using Value = std::variant<bool, std::int64_t, double, std::string, Duration, WallTime, std::vector<std::string>,
                           std::vector<std::int64_t>>;

/// One named fact copied out of the snapshot. Names are snake_case and documented per rule in docs/rules/.
struct EvidenceItem {
  std::string name;
  Value value;
};

struct Evidence {
  std::vector<EvidenceItem> items;
  std::vector<WaitTreeLine> wait_tree;
  std::vector<StatementLine> statements;  ///< Of the first subject's transaction, where a recorder saw it.
};

enum class Action {
  terminate,
  cancel,
  sql,           ///< Text for a human to run.
  close_client,  ///< End the connection of a recorder's client properly: its transaction is rolled back.
};
[[nodiscard]] std::string_view to_string(Action action) noexcept;

struct Remedy {
  Action action = Action::terminate;
  /// For `sql`: what to run. For `close_client`: the same for the recorder's console, `KILL_CLIENT 17;`, for the first
  /// few clients. For the others empty: the face knows its own command.
  std::string statement;
  std::string predicted;                    ///< What it will free, and what is lost.
  std::vector<std::uint64_t> clients = {};  ///< For `close_client`: all of them, by ClientIdentity::id.
};

struct Finding {
  FindingId id;
  RuleId rule;
  Severity severity = Severity::warning;
  Confidence confidence = Confidence::certain;
  std::string title;
  std::int64_t count = 0;         ///< How many sessions (or prepared transactions, ...) it is about.
  std::vector<Session> subjects;  ///< Copied: the proof outlives the snapshot.
  Evidence evidence;
  std::string explanation;
  std::string likely_mistake;
  std::string fix;
  std::vector<Remedy> remedies;
  bool only_while_blocking = false;  ///< Its remedies are void once nobody waits behind the subject.
  WallTime first_seen;
  WallTime last_seen;
};

}  // namespace lockkeeper::model
