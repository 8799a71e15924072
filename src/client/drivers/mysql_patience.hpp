// Waiting for a statement: until the deadline, then, once it is killed, for a short grace.
#pragma once

#include <memory>

#include <lockkeeper/connection.hpp>

#include "client/drivers/grace.hpp"
#include "client/drivers/mysql_call.hpp"
#include "client/drivers/mysql_cancel.hpp"

namespace lockkeeper::client::mysql {

class Patience : public Waiter {
 public:
  Patience(std::shared_ptr<const KillTarget> target, Deadline deadline)
      : killer_(std::move(target)), deadline_(deadline) {}

  /// False when the grace is over.
  [[nodiscard]] bool wait(MYSQL* session, int events) override;

  /// To be asked between rows: where they never have to be waited for, no deadline would be noticed. False as `wait`.
  [[nodiscard]] bool has_time();

  /// For the next piece of a result: another deadline, and a whole grace after it.
  void renew(Deadline deadline);

  /// Asks the server to stop now, as at the deadline; the grace begins.
  void stop();

  /// Whether the server was asked to stop.
  [[nodiscard]] bool has_stopped() const noexcept { return has_stopped_; }
  /// Whether the deadline has passed.
  [[nodiscard]] bool is_late() const noexcept { return is_grace_; }
  /// Until when what belongs to this statement may take: its deadline or the end of its grace, but never less than a
  /// grace from now.
  [[nodiscard]] Deadline for_cleaning_up() const;

 private:
  Killer killer_;
  Deadline deadline_;  // Of the next wait: the caller's, then that of each kill.
  Grace grace_;
  bool is_grace_ = false;
  bool looked_late_ = false;  // After the deadline we look once more at what has come, then no more.
  bool has_stopped_ = false;
};

}  // namespace lockkeeper::client::mysql
