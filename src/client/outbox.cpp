#include <lockkeeper/outbox.hpp>

#include <fmt/format.h>
#include <lockkeeper/detail/statement.hpp>

#include "client/outbox_bell.hpp"
#include "client/outbox_sql.hpp"
#include "client/outbox_values.hpp"

namespace lockkeeper {
namespace {

Failure misuse(std::string message) { return Failure({ErrorCode::misuse, "", std::move(message), Blast::statement}); }

constexpr std::size_t longest_name = 255;

void require_transaction(const TransactionRef& tx, std::string_view what) {
  if (tx.is_active()) return;
  throw misuse(fmt::format("Outbox::{} outside a transaction: it belongs to what the transaction commits", what));
}

void require_length(std::string_view what, std::string_view text, std::size_t least) {
  if (text.size() >= least && text.size() <= longest_name) return;
  throw misuse(
      fmt::format("Outbox::add: the {} has {} bytes; {} to {} are possible", what, text.size(), least, longest_name));
}

// The engine's own words, and what to do about it.
[[noreturn]] void explain(const Failure& failure, const std::string& table) {
  Error error = failure.error();
  // Undefined table: PostgreSQL, MySQL; SQLite has no code for it.
  const bool is_missing = error.sqlstate == "42P01" || error.sqlstate == "42S02" ||
                          error.message.find("no such table") != std::string::npos;
  if (is_missing) error.message += fmt::format("\n  Outbox::migrate creates the outbox's table {}.", table);
  throw Failure(std::move(error));
}

Rows run(TransactionRef& tx, const std::string& table, const std::string& sql,
         const std::vector<Parameter>& parameters) {
  try {
    return tx.run(sql, parameters);
  } catch (const Failure& failure) {
    explain(failure, table);
  }
}

std::vector<OutboxRecord> read_records(const Rows& rows) {
  std::vector<OutboxRecord> records;
  records.reserve(rows.size());
  for (std::size_t row = 0; row < rows.size(); ++row) {
    records.push_back({.id = detail::read_cell<std::int64_t>(rows, row, 0),
                       .topic = detail::read_cell<std::string>(rows, row, 1),
                       .key = detail::read_cell<std::string>(rows, row, 2),
                       .idempotency_key = detail::read_cell<std::string>(rows, row, 3),
                       .attempts = detail::read_cell<unsigned>(rows, row, 4),
                       .claimed = detail::read_cell<int>(rows, row, 5) != 0,
                       .created_at = detail::read_cell<TimePoint>(rows, row, 6),
                       .due_at = detail::read_cell<TimePoint>(rows, row, 7),
                       .last_error = detail::read_cell<std::optional<std::string>>(rows, row, 8).value_or("")});
  }
  return records;
}

}  // namespace

Outbox::Outbox(std::string table) : table_(std::move(table)) {
  // As every engine takes it; the length is ours.
  static_cast<void>(detail::quote_table(Engine::postgres, table_));
  const std::size_t point = table_.rfind('.');
  const std::size_t name = point == std::string::npos ? table_.size() : table_.size() - point - 1;
  if (name <= client::longest_outbox_name) return;
  throw misuse(fmt::format("Outbox: the table's name has {} bytes; its indexes' names leave room for {}", name,
                           client::longest_outbox_name));
}

std::int64_t Outbox::add(TransactionRef tx, std::string_view topic, std::string_view key,
                         std::string_view payload) const {
  require_transaction(tx, "add");
  require_length("topic", topic, 1);
  require_length("key", key, 0);
  const client::OutboxSql sql(tx.engine(), table_);
  const std::string idempotency_key = client::new_uuid();
  const Rows inserted =
      run(tx, table_, sql.add(), {Parameter(idempotency_key), Parameter(topic), Parameter(key), Parameter(payload)});
  tx.after_commit([table = table_](Database&) { client::ring_bells(table); });
  if (sql.last_id().empty()) return detail::read_cell<std::int64_t>(inserted, 0, 0);
  return tx.value<std::int64_t>(sql.last_id());
}

std::vector<OutboxRecord> Outbox::without_outcome(TransactionRef tx, std::chrono::milliseconds older_than,
                                                  std::size_t most) const {
  const client::OutboxSql sql(tx.engine(), table_);
  return read_records(
      run(tx, table_, sql.without_outcome(), {Parameter(client::to_microseconds(older_than)), Parameter(most)}));
}

std::vector<OutboxRecord> Outbox::dead_letters(TransactionRef tx, std::size_t most) const {
  const client::OutboxSql sql(tx.engine(), table_);
  return read_records(run(tx, table_, sql.dead_letters(), {Parameter(most)}));
}

bool Outbox::requeue(TransactionRef tx, std::int64_t id) const {
  require_transaction(tx, "requeue");
  const client::OutboxSql sql(tx.engine(), table_);
  const bool found = run(tx, table_, sql.requeue(), {Parameter(id)}).affected() > 0;
  if (found) tx.after_commit([table = table_](Database&) { client::ring_bells(table); });
  return found;
}

std::uint64_t Outbox::purge_delivered(TransactionRef tx, std::chrono::milliseconds older_than, std::size_t most) const {
  const client::OutboxSql sql(tx.engine(), table_);
  return run(tx, table_, sql.purge(), {Parameter(client::to_microseconds(older_than)), Parameter(most)}).affected();
}

}  // namespace lockkeeper
