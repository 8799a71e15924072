// Looks at one PostgreSQL server, again and again over one connection, and acts on its sessions.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <lockkeeper/driver.hpp>

#include "collect/postgres/noteworthy.hpp"
#include "collect/postgres/to_model.hpp"
#include "model/guard.hpp"
#include "model/snapshot.hpp"

namespace lockkeeper::collect::postgres {

/// Belongs to one thread. Connects at the first need and again after a loss. Never throws for what the server or the
/// network does: every such failure is a LookFailure that says what to do. The driver must outlive it.
class Collector {
 public:
  Collector(Driver& driver, std::string url);

  /// One look: one round trip on an open connection. A connection that ended since the last look is made again.
  [[nodiscard]] std::expected<model::Snapshot, model::LookFailure> look(Deadline deadline);

  /// A third of a look's cost: the sessions that are noteworthy, and the number of the others. Enough to see idle
  /// transactions grow in number; nothing can be acted on. Where a connection is new, a whole look.
  [[nodiscard]] std::expected<model::Snapshot, model::LookFailure> glance(const Noteworthy& noteworthy,
                                                                          Deadline deadline);

  /// Ends the guarded session if it is still exactly as guarded, and waits until it is gone.
  [[nodiscard]] model::ActionResult terminate(const model::Guard& guard, Deadline deadline);

  /// Cancels the statement that the guarded session runs. A session that runs none is skipped: cancelling does
  /// nothing to a sleeping transaction.
  [[nodiscard]] model::ActionResult cancel(const model::Guard& guard, Deadline deadline);

  /// The URL without its secrets.
  [[nodiscard]] std::string public_url() const { return driver_.public_url(url_); }

 private:
  void connect(Deadline deadline);
  void prepare(Deadline deadline);
  std::vector<Rows> execute(std::span<const std::string> statements, Deadline deadline);
  [[nodiscard]] std::expected<model::Snapshot, model::LookFailure> observe(const Noteworthy* glance, Deadline deadline);
  [[nodiscard]] model::Snapshot observe_once(const Noteworthy* glance, Deadline deadline);
  [[nodiscard]] model::ActionResult act(const model::Guard& guard, bool terminate, Deadline deadline);
  [[nodiscard]] model::ActionResult signal(const model::Guard& guard, bool terminate, Deadline deadline);
  [[nodiscard]] bool wait_until_done(const model::Guard& guard, bool terminate, Deadline deadline);
  void drop_if_lost(const Failure& failure) noexcept;

  Driver& driver_;
  std::string url_;
  std::unique_ptr<Connection> connection_;
  std::vector<std::string> statements_;  // of one look, as they are sent next
  std::optional<FactsRow> facts_;        // of the last look over this connection
  std::int64_t looks_ = 0;               // begun over this connection
  bool prepared_ = false;                // the server knows prepared_look and prepared_glance
  Origin origin_;
};

}  // namespace lockkeeper::collect::postgres
