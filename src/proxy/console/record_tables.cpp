// Our own: who holds what, and what their transactions did.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "proxy/console/tables.hpp"

namespace lockkeeper::proxy::console {
namespace {

using model::Duration;
using model::FoldedRun;
using model::RecordedClient;
using model::TransactionRecord;
using model::WallTime;

std::string age(WallTime now, WallTime since) { return model::to_human(std::max(now - since, Duration::zero())); }

bool is_running(const RecordedClient& client) {
  return client.state == model::ClientState::active && client.statement != nullptr;
}

std::string last_statement(const RecordedClient& client) {
  return client.statement ? shortened(client.statement->text) : std::string();
}

// The one that runs is not in the record yet.
std::int64_t statements_so_far(const RecordedClient& client) {
  return (client.transaction ? client.transaction->statements() : 0) + (is_running(client) ? 1 : 0);
}

Row holder_row(const RecordedClient& client, WallTime now) {
  const auto& transaction = client.transaction;
  return {std::to_string(client.who->id),
          client.who->application,
          client.who->user,
          client.who->database,
          client.who->address,
          std::string(model::to_string(client.state)),
          age(now, client.state_since),
          transaction ? std::optional(age(now, transaction->id().started_at)) : std::nullopt,
          std::to_string(client.server->session.pid),
          fmt::format("{}", fmt::join(client.pins, ", ")),
          model::to_rfc3339(client.server->held_since),
          std::to_string(statements_so_far(client)),
          last_statement(client),
          client.unit.value()};
}

Row transaction_row(const RecordedClient& client, WallTime now) {
  const TransactionRecord& record = *client.transaction;
  // What runs has not been added to the time in the database.
  const Duration running =
      is_running(client) && client.statement_started_at ? now - *client.statement_started_at : Duration::zero();
  const Duration busy = record.busy() + std::max(running, Duration::zero());
  const Duration open = std::max(now - record.id().started_at, Duration::zero());
  return {transaction_name(client.who->id, record.id()),
          std::to_string(client.who->id),
          client.who->application,
          model::to_rfc3339(record.id().started_at),
          model::to_human(open),
          is_running(client) ? std::nullopt : std::optional(age(now, record.last_end())),
          std::to_string(statements_so_far(client)),
          std::to_string(record.rows_written()),
          model::to_human(busy),
          model::to_human(std::max(open - busy, Duration::zero())),
          last_statement(client)};
}

/// Numbers the statements of a record as it writes them.
class StatementTable {
 public:
  explicit StatementTable(WallTime began) : began_(began) {}

  // Of one run, or of what is not known, nothing is said.
  static std::optional<std::string> same_parameters(const FoldedRun& run) {
    if (run.count == 1 || !run.first.parameters || !run.last.parameters) return std::nullopt;
    return run.same_parameters ? "yes" : "no";
  }

  void add(const FoldedRun& run) {
    rows_.push_back({std::to_string(number_), run.first.statement->text, std::to_string(run.count),
                     std::to_string(run.rows), std::to_string(run.bytes), age(run.first.started_at, began_),
                     model::to_human(run.busy), model::to_human(run.gap_before), same_parameters(run),
                     run.last.error.empty() ? std::nullopt : std::optional(run.last.error)});
    number_ += run.count;
  }

  void add_dropped(std::int64_t count) {
    if (count == 0) return;
    rows_.push_back({std::to_string(number_), "(not kept)", std::to_string(count), std::nullopt, std::nullopt,
                     std::nullopt, std::nullopt, std::nullopt, std::nullopt, std::nullopt});
    number_ += count;
  }

  void add_running(const RecordedClient& client, WallTime now) {
    const WallTime started = client.statement_started_at.value_or(now);
    rows_.push_back({std::to_string(number_), client.statement->text, "1", std::nullopt, std::nullopt,
                     age(started, began_), fmt::format("{}, running", age(now, started)),
                     age(started, client.transaction->last_end()), std::nullopt, std::nullopt});
  }

  Rows take() && { return std::move(rows_); }

 private:
  WallTime began_;
  std::int64_t number_ = 1;
  Rows rows_;
};

template <class Order>
std::vector<const RecordedClient*> chosen(const View& view, bool (*wanted)(const RecordedClient&), Order order) {
  std::vector<const RecordedClient*> clients;
  for (const RecordedClient& each : view.recorded) {
    if (wanted(each)) clients.push_back(&each);
  }
  std::ranges::sort(clients, {}, [&](const RecordedClient* each) { return order(*each); });
  return clients;
}

}  // namespace

Rows holder_rows(const View& view) {
  Rows rows;
  const auto holds = [](const RecordedClient& each) { return each.server.has_value(); };
  for (const auto* each : chosen(view, holds, [](const RecordedClient& one) { return one.server->held_since; }))
    rows.push_back(holder_row(*each, view.now));
  return rows;
}

Rows transaction_rows(const View& view) {
  Rows rows;
  const auto open = [](const RecordedClient& each) { return each.transaction.has_value(); };
  for (const auto* each :
       chosen(view, open, [](const RecordedClient& one) { return one.transaction->id().started_at; }))
    rows.push_back(transaction_row(*each, view.now));
  return rows;
}

std::expected<Rows, Failure> statement_rows(const Command& command, const View& view) {
  constexpr std::string_view hint = "SHOW TRANSACTIONS lists those that are open.";
  const auto client =
      std::ranges::find_if(view.recorded, [&](const RecordedClient& each) { return each.who->id == command.client; });
  if (client == view.recorded.end() || !client->transaction)
    return std::unexpected(
        Failure{"42704", fmt::format("client {} has no transaction open", command.client), std::string(hint)});
  const TransactionRecord& record = *client->transaction;
  const std::string name = transaction_name(command.client, record.id());
  if (command.transaction.contains('-') && command.transaction != name)
    return std::unexpected(Failure{"42704",
                                   fmt::format("transaction {} is over; client {} has {} open now",
                                               shortened(command.transaction), command.client, name),
                                   std::string(hint)});
  StatementTable table(record.id().started_at);
  for (const FoldedRun& each : record.first()) table.add(each);
  table.add_dropped(record.dropped());
  for (const FoldedRun& each : record.last()) table.add(each);
  if (is_running(*client)) table.add_running(*client, view.now);
  return std::move(table).take();
}

Rows finding_rows(const View& view) {
  Rows rows;
  if (!view.diagnosis) return rows;
  for (const model::Finding& each : view.diagnosis->findings) {
    const auto told =
        std::ranges::find_if(each.remedies, [](const model::Remedy& remedy) { return !remedy.statement.empty(); });
    rows.push_back({each.rule.value(), std::string(model::to_string(each.severity)),
                    std::string(model::to_string(each.confidence)), each.title, std::to_string(each.count),
                    each.id.value(), each.fix,
                    told == each.remedies.end() ? std::nullopt : std::optional(told->statement)});
  }
  return rows;
}

Rows recording_rows(std::string_view lines) {
  Rows rows;
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    rows.push_back({std::string(lines.substr(0, end))});
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
  return rows;
}

}  // namespace lockkeeper::proxy::console
