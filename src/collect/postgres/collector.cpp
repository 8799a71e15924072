#include "collect/postgres/collector.hpp"

#include <fmt/format.h>

#include <utility>

#include "collect/postgres/failures.hpp"
#include "collect/postgres/queries.hpp"

namespace lockkeeper::collect::postgres {

Collector::Collector(Driver& driver, std::string url) : driver_(driver), url_(std::move(url)) {}

void Collector::connect(Deadline deadline) {
  if (connection_) return;
  auto connection =
      driver_.connect({.url = url_, .application_name = "lockkeeper", .settings = session_settings()}, deadline);
  const ServerInfo& info = connection->server();
  if (info.version < oldest_version) {
    throw Failure({ErrorCode::server_error, "",
                   fmt::format("PostgreSQL {} is too old: version 13 or later is needed", info.version / 10000),
                   Blast::statement});
  }
  origin_ = {fmt::format("{}.{}", info.version / 10000, info.version % 10000),
             fmt::format("{}:{}", info.host, info.port), info.database};
  statements_ = look_statements(info.version);
  looks_ = 0;
  prepared_ = false;
  connection_ = std::move(connection);
}

void Collector::drop_if_lost(const Failure& failure) noexcept {
  const Blast blast = failure.error().blast;
  if (blast == Blast::connection || blast == Blast::commit_unknown) connection_.reset();
}

// One look needs no preparation; from the second on, planning is most of what can be saved. PREPARE outlives the
// transaction that it failed in: what an earlier attempt got done is cleared away first.
void Collector::prepare(Deadline deadline) {
  std::vector<std::string> prepares{"DEALLOCATE ALL"};
  std::vector<std::string> executes;
  for (std::size_t index = 0; index < statements_.size(); ++index) {
    prepares.push_back(fmt::format("PREPARE lockkeeper_{} AS {}", index, statements_[index]));
    executes.push_back(fmt::format("EXECUTE lockkeeper_{}", index));
  }
  execute(prepares, deadline);
  statements_ = std::move(executes);
  prepared_ = true;
}

std::vector<Rows> Collector::execute(std::span<const std::string> statements, Deadline deadline) {
  std::vector<Statement> batch;
  for (const auto& sql : statements) batch.push_back({sql, {}});
  return connection_->execute_batch(batch, deadline);
}

model::Snapshot Collector::look_once(Deadline deadline, Depth depth) {
  connect(deadline);
  if (looks_++ > 0 && !prepared_) prepare(deadline);
  const std::span all(statements_);
  return to_model(read_look(execute(depth == Depth::full ? all : all.first(session_statements), deadline)), origin_);
}

std::expected<model::Snapshot, model::LookFailure> Collector::look(Deadline deadline, Depth depth) {
  // Between looks a connection may end for reasons that say nothing about the server now (idle_session_timeout, a
  // firewall): one that has looked before is worth a second try, a new one is not.
  bool try_again = connection_ && looks_ > 0;
  while (true) {
    try {
      return look_once(deadline, depth);
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
