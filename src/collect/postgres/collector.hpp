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

#include "collect/collector.hpp"
#include "collect/postgres/to_model.hpp"
#include "model/guard.hpp"
#include "model/snapshot.hpp"

namespace lockkeeper::collect::postgres {

/// See collect::Collector. The driver must outlive it.
class Collector final : public collect::Collector {
 public:
  Collector(Driver& driver, std::string url);

  /// One round trip on an open connection.
  [[nodiscard]] std::expected<model::Snapshot, model::LookFailure> look(Deadline deadline) override;

  /// A third of a look's cost.
  [[nodiscard]] std::expected<model::Snapshot, model::LookFailure> glance(const Noteworthy& noteworthy,
                                                                          Deadline deadline) override;

  /// Nothing is told of progress: an abort takes PostgreSQL no time.
  [[nodiscard]] model::ActionResult terminate(const model::Guard& guard, Deadline deadline,
                                              const RollbackProgress& progress = {}) override;
  [[nodiscard]] model::ActionResult cancel(const model::Guard& guard, Deadline deadline) override;
  [[nodiscard]] std::string public_url() const override { return driver_.public_url(url_); }

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
