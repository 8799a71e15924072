#include "collect/mysql/rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <string_view>

#include "collect/cells.hpp"

namespace lockkeeper::collect::mysql {
namespace {

constexpr std::string_view utc = "+00";  // our session's time zone, which the server's texts leave out

model::Duration microseconds(Cells& cells) { return model::Duration(cells.integer()); }

template <class Row>
std::vector<Row> read_each(const Rows& rows, std::size_t columns, Row (*read)(Cells)) {
  if (rows.columns().size() != columns)
    surprised(fmt::format("{} columns", columns), fmt::format("{}", rows.columns().size()));
  std::vector<Row> result;
  result.reserve(rows.size());
  for (std::size_t row = 0; row < rows.size(); ++row) result.push_back(read(Cells(rows, row)));
  return result;
}

SessionRow session(Cells cells) {
  SessionRow row;
  row.id = cells.integer();
  row.user = cells.text();
  row.host = cells.text();
  row.database = cells.text();
  row.command = cells.text();
  row.in_state = std::max(microseconds(cells), model::Duration::zero());  // MariaDB: below 0 after a clock's jump
  row.state = cells.text();
  row.text = cells.maybe_text();
  return row;
}

TransactionRow transaction(Cells cells) {
  TransactionRow row;
  row.id = cells.text();
  row.state = cells.text();
  row.started_at = cells.maybe_time(utc).value_or(model::WallTime{});
  row.wait_started_at = cells.maybe_time(utc);
  row.session = cells.integer();
  row.tables_locked = cells.integer();
  row.rows_locked = cells.integer();
  row.rows_modified = cells.integer();
  return row;
}

ThreadRow thread(Cells cells) {
  ThreadRow row;
  row.thread = cells.integer();
  row.session = cells.integer();
  return row;
}

StatementTimeRow statement_time(Cells cells) {
  StatementTimeRow row;
  row.thread = cells.integer();
  row.started = microseconds(cells);
  row.ended = microseconds(cells);
  row.has_ended = cells.integer() != 0;
  row.ours = cells.integer() != 0;
  return row;
}

TransactionEventRow transaction_event(Cells cells) {
  TransactionEventRow row;
  row.thread = cells.integer();
  row.event = cells.integer();
  row.begun_by = cells.maybe_integer();
  row.started = microseconds(cells);
  row.age = microseconds(cells);
  return row;
}

LockWaitRow lock_wait(Cells cells) {
  LockWaitRow row;
  row.waiter = cells.text();
  row.blocker = cells.text();
  row.blocking_transaction = cells.text();
  row.requested = cells.text();
  row.held = cells.text();
  return row;
}

LockRow lock(Cells cells) {
  LockRow row;
  row.id = cells.text();
  row.table = cells.text();
  row.index = cells.text();
  row.kind = cells.text();
  row.mode = cells.text();
  return row;
}

MetadataLockRow metadata_lock(Cells cells) {
  MetadataLockRow row;
  row.kind = cells.text();
  const std::string schema = cells.text();
  const std::string name = cells.text();
  row.target = schema.empty() ? name : name.empty() ? schema : schema + "." + name;
  row.mode = cells.text();
  row.granted = cells.integer() != 0;
  row.thread = cells.integer();
  return row;
}

AttributeRow attribute(Cells cells) {
  AttributeRow row;
  row.session = cells.integer();
  row.name = cells.text();
  row.value = cells.text();
  return row;
}

StatementRow statement(Cells cells) {
  StatementRow row;
  row.thread = cells.integer();
  row.event = cells.integer();
  row.transaction = cells.maybe_integer();
  row.started = microseconds(cells);
  row.ended = microseconds(cells);
  row.text = cells.text();
  row.digest = cells.maybe_text();
  row.rows = cells.integer();
  row.error = cells.text();
  return row;
}

// 'monitor'@'%' is the user monitor. A quote in a name is doubled.
std::string user_of(std::string_view grantee) {
  const auto at = grantee.rfind('@');
  std::string_view name = grantee.substr(0, at);
  if (name.size() >= 2 && name.front() == '\'' && name.back() == '\'') name = name.substr(1, name.size() - 2);
  std::string user;
  for (std::size_t index = 0; index < name.size(); ++index) {
    user += name[index];
    if (name[index] == '\'' && index + 1 < name.size() && name[index + 1] == '\'') ++index;
  }
  return user;
}

std::string xid_part(std::string_view bytes) {
  const bool plain =
      std::ranges::all_of(bytes, [](char byte) { return byte >= ' ' && byte <= '~' && byte != '\'' && byte != '\\'; });
  if (plain) return fmt::format("'{}'", bytes);
  std::string hex = "X'";
  for (const char byte : bytes) hex += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return hex + "'";
}

// formatID, gtrid_length, bqual_length, data: both parts one after the other.
std::string xid(Cells cells) {
  const std::int64_t format = cells.integer();
  const std::int64_t first = cells.integer();
  const std::int64_t second = cells.integer();
  const std::string data = cells.text();
  if (first < 0 || second < 0 || first + second != std::ssize(data)) surprised("an XID of two parts", data);
  const auto split = static_cast<std::size_t>(first);
  return fmt::format("{},{},{}", xid_part(std::string_view(data).substr(0, split)),
                     xid_part(std::string_view(data).substr(split)), format);
}

}  // namespace

ServerRow read_server(const Rows& rows) {
  if (rows.size() != 1 || rows.columns().size() != 6) surprised("one row of 6 columns", fmt::format("{}", rows.size()));
  Cells cells(rows, 0);
  ServerRow row;
  row.started_at = cells.maybe_time(utc).value_or(model::WallTime{});
  row.max_connections = cells.integer();
  row.text_size = cells.integer();
  row.history_size = cells.integer();
  row.performance_schema = cells.integer() != 0;
  row.role = cells.text();
  return row;
}

NowRow read_now(const Rows& rows) {
  if (rows.size() != 1) surprised("one row with the time", fmt::format("{} rows", rows.size()));
  Cells cells(rows, 0);
  NowRow row;
  row.time = cells.maybe_time(utc).value_or(model::WallTime{});
  row.backslashes = cells.integer() != 0 ? sql::Backslashes::plain : sql::Backslashes::escapes;
  return row;
}

Switches read_switches(const Rows& rows) {
  std::vector<std::string> on;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    Cells cells(rows, row);
    const std::string name = cells.text();
    if (cells.text() == "YES") on.push_back(name);
  }
  const auto is_on = [&](std::string_view name) { return std::ranges::find(on, name) != on.end(); };
  Switches switches;
  switches.statements = is_on("events_statements_current") && is_on("events_statements_history");
  switches.transactions = is_on("events_transactions_current") && is_on("transaction");
  switches.metadata_locks = is_on("wait/lock/metadata/sql/mdl");
  return switches;
}

std::vector<std::string> read_supers(const Rows& rows) {
  return read_each<std::string>(rows, 1, [](Cells cells) { return user_of(cells.text()); });
}

std::vector<SessionRow> read_sessions(const Rows& rows) { return read_each(rows, 8, session); }
std::vector<TransactionRow> read_transactions(const Rows& rows) { return read_each(rows, 8, transaction); }
std::vector<ThreadRow> read_threads(const Rows& rows) { return read_each(rows, 2, thread); }
std::vector<StatementTimeRow> read_statement_times(const Rows& rows) { return read_each(rows, 5, statement_time); }
std::vector<TransactionEventRow> read_transaction_events(const Rows& rows) {
  return read_each(rows, 5, transaction_event);
}
std::vector<LockWaitRow> read_lock_waits(const Rows& rows) { return read_each(rows, 5, lock_wait); }
std::vector<LockRow> read_locks(const Rows& rows) { return read_each(rows, 5, lock); }
std::vector<MetadataLockRow> read_metadata_locks(const Rows& rows) { return read_each(rows, 6, metadata_lock); }
std::vector<AttributeRow> read_attributes(const Rows& rows) { return read_each(rows, 3, attribute); }
std::vector<std::string> read_prepared(const Rows& rows) { return read_each(rows, 4, xid); }
std::vector<StatementRow> read_statements(const Rows& rows) { return read_each(rows, 9, statement); }

}  // namespace lockkeeper::collect::mysql
