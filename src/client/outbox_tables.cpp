// The outbox's tables: DDL, which every database writes its own way.
#include <fmt/format.h>
#include <lockkeeper/detail/statement.hpp>

#include "client/outbox_sql.hpp"

namespace lockkeeper::client {
namespace {

constexpr std::string_view columns_after_id =
    "idempotency_key varchar(36) NOT NULL UNIQUE, "
    "topic varchar(255) NOT NULL, "
    "message_key varchar(255) NOT NULL, "
    "payload {text} NOT NULL, "
    "state varchar(16) NOT NULL DEFAULT 'pending', "
    "attempts integer NOT NULL DEFAULT 0, "
    "due_at {time} NOT NULL, "
    "claim_token varchar(36) NULL, "
    "created_at {time} NOT NULL, "
    "finished_at {time} NULL, "
    "last_error text NULL";

struct Types {
  std::string_view id, text, time;
};

Types types_of(Engine engine) noexcept {
  switch (engine) {
    case Engine::postgres: return {"bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY", "text", "timestamptz"};
    // AUTOINCREMENT: an id must not come again after a purge.
    case Engine::sqlite: return {"integer PRIMARY KEY AUTOINCREMENT", "text", "text"};
    case Engine::mysql:
    case Engine::mariadb: break;
  }
  return {"bigint NOT NULL AUTO_INCREMENT PRIMARY KEY", "longtext", "datetime(6)"};
}

std::string columns_of(Engine engine) {
  const Types types = types_of(engine);
  return fmt::format("id {}, {}", types.id,
                     fmt::format(columns_after_id, fmt::arg("text", types.text), fmt::arg("time", types.time)));
}

}  // namespace

std::vector<std::string> OutboxSql::create() const {
  const std::string head = "CREATE TABLE IF NOT EXISTS " + table_ + " (" + columns_of(engine_);
  if (detail::is_mysql(engine_)) {
    // One statement: each commits by itself here. Binary collation: keys that differ in case are different keys.
    return {head +
            ", KEY due (state, id, due_at), KEY of_key (state, message_key, id, due_at), "
            "KEY finished (state, finished_at)) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"};
  }
  // SQLite wants the schema before the index's name, PostgreSQL before the table's.
  const bool is_sqlite = engine_ == Engine::sqlite;
  const std::string index_schema =
      is_sqlite && !schema_.empty() ? detail::quote_column(engine_, schema_) + "." : std::string();
  const std::string on = is_sqlite ? detail::quote_column(engine_, plain_) : table_;
  const auto index = [&](std::string_view name, std::string_view what) {
    return fmt::format("CREATE INDEX IF NOT EXISTS {}{} ON {} {}", index_schema,
                       detail::quote_column(engine_, fmt::format("{}_{}", plain_, name)), on, what);
  };
  return {head + ")", index("due", "(id, due_at) WHERE state = 'pending'"),
          index("of_key", "(message_key, id, due_at) WHERE state = 'pending'"),
          index("finished", "(state, finished_at) WHERE finished_at IS NOT NULL")};
}

}  // namespace lockkeeper::client
