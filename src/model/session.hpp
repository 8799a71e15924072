// What a server's views say about one session: who it is, what it has open, what it holds.
#pragma once

#include <algorithm>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/time.hpp"
#include "sql/fingerprint.hpp"
#include "sql/statement_kind.hpp"

namespace lockkeeper::model {

/// Who a session is within its server. Never a bare pid: pids come again, (pid, start) does not.
struct SessionId {
  std::int64_t pid = 0;
  WallTime started_at;  ///< PostgreSQL: backend_start. MySQL, MariaDB: the server's start; ids do not repeat within it.

  friend auto operator<=>(const SessionId&, const SessionId&) = default;
};

/// "4711@2026-11-22T05:02:22.123456Z", the form that `kill --session` takes.
[[nodiscard]] std::string to_string(const SessionId& id);
/// "4711" alone leaves the start open, as the epoch: enough where ids do not repeat within a server's life.
[[nodiscard]] std::optional<SessionId> parse_session_id(std::string_view text);

enum class SessionKind {
  client,       ///< An application's connection.
  replication,  ///< A walsender: a standby, a backup, a change stream.
  autovacuum,
  background,  ///< Any other process of the server itself.
};

enum class SessionState {
  active,
  idle,
  idle_in_transaction,
  aborted_in_transaction,  ///< PostgreSQL: idle in transaction (aborted).
  other,                   ///< fastpath function call, starting, disabled.
  hidden,                  ///< The observer's role may not see it.
};
[[nodiscard]] std::string_view to_string(SessionState state) noexcept;

/// One SQL text without its literals: they are never kept.
struct Statement {
  sql::Fingerprint fingerprint;
  sql::StatementKind kind = sql::StatementKind::unknown;
  std::string text;                      ///< Normalized.
  bool truncated = false;                ///< The server had cut the text off.
  std::optional<std::string> server_id;  ///< PostgreSQL: query_id; MySQL: digest.
};

/// A lock held, folded: `count` locks of one mode on one thing.
struct HeldLock {
  std::string kind;    ///< The server's word: relation, advisory, transactionid, ...
  std::string target;  ///< What is locked, as a person would name it: "public.orders", "advisory 42".
  std::string mode;    ///< The server's word: RowExclusiveLock.
  std::int64_t count = 1;
};

/// One statement of a transaction that has ended, as the server's own history tells it.
struct PastStatement {
  Statement statement;  ///< Without text where the server keeps none: that one was run is known, not which.
  WallTime started_at;
  Duration duration{};
  std::int64_t rows = 0;  ///< Returned or written.
  std::string error;      ///< SQLSTATE; empty: it succeeded.
};

/// What a server still knows of an open transaction's statements, in order: MySQL and MariaDB keep the last few.
struct StatementHistory {
  std::vector<PastStatement> statements;
  std::int64_t lost_at_most = 0;  ///< So many before these have been pushed out, or fewer; 0: none.
};

/// The open transaction of a session, as far as the server's views show it.
struct Transaction {
  WallTime started_at;
  bool wrote = false;                    ///< It has something to lose. PostgreSQL: a transaction id.
  std::optional<std::int64_t> xid_age;   ///< Transactions begun since it got its id.
  std::optional<std::int64_t> xmin_age;  ///< Transactions begun since its oldest snapshot.

  // InnoDB's counts (MySQL, MariaDB); nullopt where the server does not count.
  std::optional<std::int64_t> rows_modified = {};  ///< To be undone, one by one, if it is ended.
  std::optional<std::int64_t> rows_locked = {};    ///< Approximate.
  std::optional<std::int64_t> tables_locked = {};
  bool rolling_back = false;
  std::optional<StatementHistory> history = {};  ///< Of one that runs nothing now; nullopt: the server keeps none.

  /// How far it holds back vacuum, in transactions; nullopt when it does not.
  [[nodiscard]] std::optional<std::int64_t> horizon_age() const { return std::max(xid_age, xmin_age); }
};

struct Session {
  SessionId id;
  SessionKind kind = SessionKind::client;
  SessionState state = SessionState::idle;
  std::string application;
  std::string user;
  std::string database;
  std::string client;      ///< Address and port, or "local socket".
  bool superuser = false;  ///< The session's user is one.
  std::optional<WallTime> state_changed_at;
  std::optional<WallTime> statement_started_at;
  std::optional<Transaction> transaction;
  std::optional<Statement>
      statement;           ///< Running if active, else the last one. Only kept inside a transaction or while active.
  std::string wait_event;  ///< "Lock: transactionid", "Client: ClientRead"; empty when not waiting.
  std::vector<HeldLock> locks;
  std::int64_t parallel_workers = 0;  ///< Folded into their leader.

  [[nodiscard]] bool idle_in_transaction() const noexcept {
    return state == SessionState::idle_in_transaction || state == SessionState::aborted_in_transaction;
  }
};

}  // namespace lockkeeper::model
