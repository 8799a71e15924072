// Looks at one MySQL or MariaDB server, again and again over one connection, and acts on its sessions.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <lockkeeper/driver.hpp>

#include "collect/collector.hpp"
#include "collect/mysql/to_model.hpp"

namespace lockkeeper::collect::mysql {

/// See collect::Collector. The driver must outlive it.
///
/// A look is some ten queries, each a snapshot of its own: what happens between two of them is seen by half. None locks
/// anything, and none reads data_locks as a whole. Where our account may not read a view, the look goes on without it
/// and says so.
class Collector final : public collect::Collector {
 public:
  Collector(Driver& driver, std::string url);

  [[nodiscard]] std::expected<model::Snapshot, model::LookFailure> look(Deadline deadline) override;

  /// A look: there is nothing here that would be cheaper.
  [[nodiscard]] std::expected<model::Snapshot, model::LookFailure> glance(const Noteworthy& noteworthy,
                                                                          Deadline deadline) override;

  /// KILL CONNECTION. These servers have no statement that kills on a condition: the session is read again, compared,
  /// and killed in the next round trip. What it does in between is not seen; its connection id cannot have come to
  /// another.
  [[nodiscard]] model::ActionResult terminate(const model::Guard& guard, Deadline deadline,
                                              const RollbackProgress& progress = {}) override;

  /// KILL QUERY.
  [[nodiscard]] model::ActionResult cancel(const model::Guard& guard, Deadline deadline) override;

  [[nodiscard]] std::string public_url() const override { return driver_.public_url(url_); }

 private:
  void connect(Deadline deadline);
  [[nodiscard]] std::optional<Rows> ask(const std::string& sql, bool& denied, Deadline deadline);
  void ask_performance_schema(LookRows& rows, std::optional<std::int64_t> session, Deadline deadline);
  void ask_transactions(LookRows& rows, Deadline deadline);
  void ask_locks(LookRows& rows, Deadline deadline);
  void ask_statements(LookRows& rows, Deadline deadline);
  void let_it_be_renewed() const;
  [[nodiscard]] LookRows read_look(Deadline deadline);
  [[nodiscard]] std::optional<model::Session> read_session(std::int64_t id, Deadline deadline);
  [[nodiscard]] bool still_blocks(const model::SessionId& session, Deadline deadline);
  [[nodiscard]] model::ActionResult act(const model::Guard& guard, bool terminate, Deadline deadline,
                                        const RollbackProgress& progress);
  [[nodiscard]] model::ActionResult signal(const model::Guard& guard, bool terminate, Deadline deadline,
                                           const RollbackProgress& progress);
  [[nodiscard]] model::ActionResult wait_until_done(const model::Guard& guard, bool terminate, Deadline deadline,
                                                    const RollbackProgress& progress);
  void drop_if_lost(const Failure& failure) noexcept;

  Driver& driver_;
  std::string url_;
  std::unique_ptr<Connection> connection_;
  model::Engine engine_ = model::Engine::mysql;
  ServerRow server_;  // of this connection
  std::vector<std::string> supers_;
  Origin origin_;
  std::int64_t looks_ = 0;                             // over this connection
  std::chrono::steady_clock::time_point last_read_{};  // of InnoDB's views
  bool is_stale_ = false;                              // what was read then listed transactions of nobody's
};

}  // namespace lockkeeper::collect::mysql
