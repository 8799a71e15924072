#include "client/outbox_sql.hpp"

#include <bit>

#include <fmt/format.h>
#include <lockkeeper/detail/statement.hpp>

namespace lockkeeper::client {
namespace {

// SQLite keeps times as text that sorts; to the millisecond, which is what its clock gives.
constexpr std::string_view sqlite_now = "strftime('%Y-%m-%d %H:%M:%f', 'now')";

// The time of the statement, not of the transaction, which may have begun long ago.
std::string_view now_of(Engine engine) noexcept {
  switch (engine) {
    case Engine::postgres: return "statement_timestamp()";
    case Engine::mysql:
    case Engine::mariadb: return "UTC_TIMESTAMP(6)";
    case Engine::sqlite: return sqlite_now;
  }
  return "CURRENT_TIMESTAMP";
}

std::string_view later_of(Engine engine) noexcept {
  switch (engine) {
    case Engine::postgres: return "statement_timestamp() + CAST(? AS bigint) * interval '1 microsecond'";
    case Engine::mysql:
    case Engine::mariadb: return "UTC_TIMESTAMP(6) + INTERVAL ? MICROSECOND";
    case Engine::sqlite: return "strftime('%Y-%m-%d %H:%M:%f', 'now', printf('%+.3f seconds', ? / 1000000.0))";
  }
  return {};
}

std::string_view ago_of(Engine engine) noexcept {
  switch (engine) {
    case Engine::postgres: return "statement_timestamp() - CAST(? AS bigint) * interval '1 microsecond'";
    case Engine::mysql:
    case Engine::mariadb: return "UTC_TIMESTAMP(6) - INTERVAL ? MICROSECOND";
    case Engine::sqlite: return "strftime('%Y-%m-%d %H:%M:%f', 'now', printf('%+.3f seconds', ? / -1000000.0))";
  }
  return {};
}

constexpr std::string_view look_shape =
    "SELECT m.id, m.message_key, m.attempts, CASE WHEN m.claim_token IS NULL THEN 0 ELSE 1 END FROM {table} m "
    "WHERE m.state = 'pending' AND m.due_at <= {moment} AND (m.message_key = '' OR NOT EXISTS (SELECT 1 FROM {table} e "
    "WHERE e.state = 'pending' AND e.message_key = m.message_key AND e.id < m.id AND e.due_at > {moment})) "
    "ORDER BY m.id LIMIT ?";

constexpr std::string_view record_columns =
    "SELECT id, topic, message_key, idempotency_key, attempts, "
    "CASE WHEN state = 'pending' AND claim_token IS NOT NULL AND due_at > {now} THEN 1 ELSE 0 END, "
    "created_at, due_at, last_error FROM {table} ";

}  // namespace

std::size_t padded_ids(std::size_t ids) noexcept { return std::bit_ceil(ids); }

OutboxSql::OutboxSql(Engine engine, std::string_view table) : engine_(engine) {
  const std::size_t point = table.rfind('.');
  plain_ = table.substr(point == std::string_view::npos ? 0 : point + 1);
  if (point != std::string_view::npos) schema_ = table.substr(0, point);
  table_ = detail::quote_table(engine, table);
  versions_ = detail::quote_table(engine, schema_.empty() ? "lockkeeper_schema" : schema_ + ".lockkeeper_schema");
}

std::string OutboxSql::word(std::string_view name) const {
  if (name == "table") return table_;
  if (name == "versions") return versions_;
  if (name == "now") return std::string(now_of(engine_));
  return {};
}

std::string OutboxSql::write(std::string_view shape, std::size_t ids) const {
  std::string sql;
  std::size_t parameters = 0;
  const auto put = [&](std::string_view text) {
    for (const char each : text) {
      if (each == '?') {
        detail::append_placeholder(sql, engine_, ++parameters);
      } else {
        sql += each;
      }
    }
  };
  while (!shape.empty()) {
    const std::size_t open = shape.find('{');
    put(shape.substr(0, open));
    if (open == std::string_view::npos) break;
    const std::size_t close = shape.find('}', open);
    const std::string_view name = shape.substr(open + 1, close - open - 1);
    shape.remove_prefix(close + 1);
    if (name == "later") {
      put(later_of(engine_));
    } else if (name == "ago") {
      put(ago_of(engine_));
    } else if (name == "moment") {
      put(binds_now() ? "?" : now_of(engine_));
    } else if (name == "ids") {
      for (std::size_t id = 0; id < ids; ++id) put(id == 0 ? "?" : ", ?");
    } else {
      sql += word(name);  // Names may hold a question mark.
    }
  }
  return sql;
}

std::string OutboxSql::add() const {
  std::string sql = write(
      "INSERT INTO {table} (idempotency_key, topic, message_key, payload, due_at, created_at) "
      "VALUES (?, ?, ?, ?, {now}, {now})");
  if (last_id().empty()) sql += " RETURNING id";
  return sql;
}

std::string_view OutboxSql::last_id() const noexcept {
  // MariaDB has RETURNING and MySQL has not; this both have.
  return detail::is_mysql(engine_) ? "SELECT LAST_INSERT_ID()" : "";
}

// SQLite's "now" is one moment for one step, and a statement with many rows takes many: a message could come due
// between being left out itself and being asked whether it holds back the next of its key. There the moment is bound.
std::string OutboxSql::look() const { return write(look_shape); }

std::string OutboxSql::lock(std::size_t ids) const {
  std::string sql = write(
      "SELECT id, topic, message_key, payload, idempotency_key, attempts, created_at FROM {table} "
      "WHERE id IN ({ids}) AND state = 'pending' AND due_at <= {now} ORDER BY id",
      ids);
  // On SQLite the transaction is the only one that writes.
  if (engine_ != Engine::sqlite) sql += " FOR UPDATE SKIP LOCKED";
  return sql;
}

std::string OutboxSql::claim(std::size_t ids) const {
  return write("UPDATE {table} SET claim_token = ?, due_at = {later}, attempts = attempts + 1 WHERE id IN ({ids})",
               ids);
}

std::string OutboxSql::release(std::size_t ids) const {
  return write(
      "UPDATE {table} SET claim_token = NULL, due_at = {now}, attempts = attempts - 1 "
      "WHERE claim_token = ? AND state = 'pending' AND id IN ({ids})",
      ids);
}

std::string OutboxSql::delivered() const {
  return write(
      "UPDATE {table} SET state = 'delivered', finished_at = {now}, claim_token = NULL, last_error = NULL "
      "WHERE id = ? AND state <> 'delivered'");
}

std::string OutboxSql::retry() const {
  return write(
      "UPDATE {table} SET claim_token = NULL, due_at = {later}, last_error = ? "
      "WHERE id = ? AND claim_token = ? AND state = 'pending'");
}

std::string OutboxSql::bury() const {
  return write(
      "UPDATE {table} SET state = 'dead', finished_at = {now}, claim_token = NULL, last_error = ? "
      "WHERE id = ? AND claim_token = ? AND state = 'pending'");
}

std::string OutboxSql::bury_expired() const {
  return write(
      "UPDATE {table} SET state = 'dead', finished_at = {now}, claim_token = NULL, last_error = ? "
      "WHERE id = ? AND state = 'pending' AND claim_token IS NOT NULL AND due_at <= {now}");
}

std::string OutboxSql::without_outcome() const {
  return write(std::string(record_columns) + "WHERE state = 'pending' AND created_at <= {ago} ORDER BY id LIMIT ?");
}

std::string OutboxSql::dead_letters() const {
  return write(std::string(record_columns) + "WHERE state = 'dead' AND finished_at IS NOT NULL ORDER BY id LIMIT ?");
}

std::string OutboxSql::requeue() const {
  return write(
      "UPDATE {table} SET state = 'pending', attempts = 0, due_at = {now}, finished_at = NULL, claim_token = NULL "
      "WHERE id = ? AND state = 'dead'");
}

std::string OutboxSql::purge() const {
  if (detail::is_mysql(engine_)) {
    return write("DELETE FROM {table} WHERE state = 'delivered' AND finished_at < {ago} ORDER BY finished_at LIMIT ?");
  }
  return write(
      "DELETE FROM {table} WHERE id IN "
      "(SELECT id FROM {table} WHERE state = 'delivered' AND finished_at < {ago} ORDER BY finished_at LIMIT ?)");
}

std::string OutboxSql::create_versions() const {
  return write(
      "CREATE TABLE IF NOT EXISTS {versions} (component varchar(255) NOT NULL PRIMARY KEY, version integer NOT NULL)");
}

std::string OutboxSql::version() const { return write("SELECT version FROM {versions} WHERE component = ?"); }

std::string OutboxSql::insert_version() const {
  return write("INSERT INTO {versions} (component, version) VALUES (?, ?)");
}

std::string OutboxSql::update_version() const { return write("UPDATE {versions} SET version = ? WHERE component = ?"); }

}  // namespace lockkeeper::client
