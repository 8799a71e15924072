// What looks at one server and acts on its sessions, whichever server it is.
#pragma once

#include <expected>
#include <functional>
#include <string>

#include <lockkeeper/connection.hpp>

#include "collect/noteworthy.hpp"
#include "model/guard.hpp"
#include "model/snapshot.hpp"

namespace lockkeeper::collect {

/// Told while a session that was ended rolls back what it wrote, a few times a second: where it stands.
using RollbackProgress = std::function<void(const model::Rollback&)>;

/// Belongs to one thread. Connects at the first need and again after a loss. Never throws for what the server or the
/// network does: every such failure is a LookFailure that says what to do.
class Collector {
 public:
  Collector() = default;
  Collector(const Collector&) = delete;
  Collector& operator=(const Collector&) = delete;
  virtual ~Collector() = default;

  /// One look. A connection that ended since the last look is made again.
  [[nodiscard]] virtual std::expected<model::Snapshot, model::LookFailure> look(Deadline deadline) = 0;

  /// At most a look's cost: the sessions that are noteworthy, and the number of the others. Enough to see idle
  /// transactions grow in number; nothing can be acted on. A whole look where that is as cheap, or a connection is new.
  [[nodiscard]] virtual std::expected<model::Snapshot, model::LookFailure> glance(const Noteworthy& noteworthy,
                                                                                  Deadline deadline) = 0;

  /// Ends the guarded session if it is still exactly as guarded, and waits until it is gone. While it rolls back, the
  /// deadline is put off as long as it makes progress.
  [[nodiscard]] virtual model::ActionResult terminate(const model::Guard& guard, Deadline deadline,
                                                      const RollbackProgress& progress) = 0;

  /// Cancels the statement that the guarded session runs. A session that runs none is skipped: cancelling does
  /// nothing to a sleeping transaction.
  [[nodiscard]] virtual model::ActionResult cancel(const model::Guard& guard, Deadline deadline) = 0;

  /// The URL without its secrets.
  [[nodiscard]] virtual std::string public_url() const = 0;
};

}  // namespace lockkeeper::collect
