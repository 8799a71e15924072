// KILL QUERY over a second connection: for the deadline, for cancellers, and what keeps them from the wrong statement.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include <lockkeeper/connection.hpp>

#include "client/drivers/mysql_plan.hpp"

namespace lockkeeper::client::mysql {

/// Whom to stop, and where. Connection ids do not come twice in a server's life.
struct KillTarget {
  Plan plan;  ///< For a second connection to the same address.
  std::int64_t connection_id = 0;
  std::string identity = {};  ///< Of the server: another one may have another session of the same id.
};

/// Stops the statements of one session. Its own connection is made at the first kill and kept for the next.
class Killer {
 public:
  explicit Killer(std::shared_ptr<const KillTarget> target) : target_(std::move(target)) {}

  /// Returns once the server has taken the request, or why it has not. Never waits past the deadline.
  [[nodiscard]] Result<void> kill(Deadline deadline);

 private:
  [[nodiscard]] Result<void> reach(Deadline deadline);

  std::shared_ptr<const KillTarget> target_;
  Handle handle_;
};

/// Between a connection and its cancellers, which other threads use. A cancel that began before a statement was sent
/// must not stop that statement: so a statement waits for the cancels under way, and learns that there were some.
class CancelGate {
 public:
  /// For cancellers: a ticket to leave with. Nothing where the connection is closed.
  [[nodiscard]] std::optional<std::uint64_t> enter();
  void leave(std::uint64_t ticket);

  /// For the connection, before it sends: waits for those that have entered by now. False at the deadline.
  [[nodiscard]] bool wait_for_cancels(Deadline deadline);
  /// Whether a cancel has been sent since the last call.
  [[nodiscard]] bool take_sent();
  void close();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t next_ticket_ = 0;
  std::set<std::uint64_t> under_way_;
  bool sent_ = false;
  bool closed_ = false;
};

class MysqlCanceller : public Canceller {
 public:
  MysqlCanceller(std::shared_ptr<const KillTarget> target, std::shared_ptr<CancelGate> gate)
      : target_(std::move(target)), gate_(std::move(gate)) {}

  /// Throws with code `deadline` where the server does not answer in time.
  void cancel(Deadline deadline) override;

 private:
  std::shared_ptr<const KillTarget> target_;
  std::shared_ptr<CancelGate> gate_;
};

}  // namespace lockkeeper::client::mysql
