#include "collect/postgres/collector.hpp"

#include <fmt/format.h>

#include <utility>

#include "collect/postgres/failures.hpp"
#include "collect/postgres/queries.hpp"

namespace lockkeeper::collect::postgres {

Collector::Collector(Driver& driver, std::string url) : driver_(driver), url_(std::move(url)) {}

void Collector::connect(Deadline deadline) {
  if (connection_) return;
  auto connection = driver_.connect(
      {.url = url_, .application_name = "lockkeeper", .settings = session_settings(), .prepared_statements = 0},
      deadline);
  const ServerInfo& info = connection->server();
  if (info.version < oldest_version) {
    throw Failure({ErrorCode::server_error, "",
                   fmt::format("PostgreSQL {} is too old: version 13 or later is needed", info.version / 10000),
                   Blast::statement});
  }
  origin_ = {fmt::format("{}.{}", info.version / 10000, info.version % 10000),
             fmt::format("{}:{}", info.host, info.port), info.database};
  statements_ = look_statements(info.version);
  facts_.reset();
  looks_ = 0;
  prepared_ = false;
  connection_ = std::move(connection);
}

void Collector::drop_if_lost(const Failure& failure) noexcept {
  const Blast blast = failure.error().blast;
  if (blast == Blast::connection || blast == Blast::commit_unknown) connection_.reset();
}

// One look needs no preparation; from the second on, planning is most of what can be saved.
void Collector::prepare(Deadline deadline) {
  execute(prepare_statements(connection_->server().version), deadline);
  statements_ = prepared_look();
  prepared_ = true;
}

std::vector<Rows> Collector::execute(std::span<const std::string> statements, Deadline deadline) {
  std::vector<Statement> batch;
  for (const auto& sql : statements) batch.push_back({sql, {}});
  return connection_->execute_batch(batch, deadline);
}

model::Snapshot Collector::observe_once(const Noteworthy* glance, Deadline deadline) {
  connect(deadline);
  if (looks_++ > 0 && !prepared_) prepare(deadline);
  if (glance != nullptr && facts_) {
    return to_model(read_glance(execute(prepared_glance(*glance), deadline), *facts_), origin_);
  }
  const LookRows rows = read_look(execute(statements_, deadline));
  facts_ = rows.facts;
  return to_model(rows, origin_);
}

std::expected<model::Snapshot, model::LookFailure> Collector::look(Deadline deadline) {
  return observe(nullptr, deadline);
}

std::expected<model::Snapshot, model::LookFailure> Collector::glance(const Noteworthy& noteworthy, Deadline deadline) {
  return observe(&noteworthy, deadline);
}

std::expected<model::Snapshot, model::LookFailure> Collector::observe(const Noteworthy* glance, Deadline deadline) {
  // Between looks a connection may end for reasons that say nothing about the server now (idle_session_timeout, a
  // firewall): one that has looked before is worth a second try, a new one is not.
  bool try_again = connection_ && looks_ > 0;
  while (true) {
    try {
      return observe_once(glance, deadline);
    } catch (const Failure& failure) {
      drop_if_lost(failure);
      if (!try_again || failure.error().code != ErrorCode::connection_lost) {
        return std::unexpected(explain(failure.error(), public_url()));
      }
    }
    try_again = false;
  }
}

}  // namespace lockkeeper::collect::postgres
