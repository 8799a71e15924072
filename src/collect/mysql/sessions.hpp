// The sessions of a look: who they are, what they run, which transaction they have open.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "collect/mysql/rows.hpp"
#include "model/session.hpp"

namespace lockkeeper::collect::mysql {

/// Numbers of the views to the model's names. Built once a look; the rows must outlive it.
class Directory {
 public:
  explicit Directory(const LookRows& rows);

  [[nodiscard]] model::SessionId id_of(std::int64_t session) const { return {session, rows_.server.started_at}; }
  /// nullopt: a thread of the server itself, or one that was gone.
  [[nodiscard]] std::optional<model::SessionId> of_thread(std::int64_t thread) const;

  /// nullopt: it was gone. Of a blocker 0 stands for a prepared XA transaction, which has no session.
  [[nodiscard]] std::optional<model::SessionId> waiter_of(const LockWaitRow& row) const;
  [[nodiscard]] std::optional<model::SessionId> blocker_of(const LockWaitRow& row) const;

  /// When the session's last statement began or, if it sleeps, ended, by the server's finest clock; nullopt: not known.
  [[nodiscard]] std::optional<model::Duration> since_statement(std::int64_t session, bool asleep) const;

  [[nodiscard]] const ThreadRow* thread_of(std::int64_t session) const;
  [[nodiscard]] const TransactionRow* transaction_of(std::int64_t session) const;
  [[nodiscard]] const TransactionEventRow* event_of(std::int64_t session) const;

 private:
  [[nodiscard]] std::optional<model::SessionId> of_transaction(const std::string& id) const;

  const LookRows& rows_;
  std::map<std::int64_t, const ThreadRow*> by_session_;
  std::map<std::int64_t, const ThreadRow*> by_thread_;
  std::map<std::int64_t, const TransactionRow*> transactions_;
  std::map<std::int64_t, const TransactionEventRow*> events_;
  std::map<std::int64_t, const StatementTimeRow*> times_;
  std::map<std::string, std::int64_t> sessions_by_transaction_;
  std::optional<model::Duration> now_;  // of performance_schema's clock
};

/// One session, its locks left out.
[[nodiscard]] model::Session to_session(const SessionRow& row, const LookRows& rows, const Directory& directory);

/// What the server still knows of the statements of a sleeping transaction; nullopt: it keeps none.
[[nodiscard]] std::optional<model::StatementHistory> history_of(std::int64_t session, const LookRows& rows,
                                                                const Directory& directory);

/// Without literals. `most_bytes`: the server cuts texts there.
[[nodiscard]] model::Statement to_statement(std::string_view text, std::int64_t most_bytes,
                                            sql::Backslashes backslashes, std::optional<std::string> digest);

}  // namespace lockkeeper::collect::mysql
