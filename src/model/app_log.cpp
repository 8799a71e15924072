#include "model/app_log.hpp"

namespace lockkeeper::model {

std::string_view to_string(PoolLibrary library) noexcept {
  switch (library) {
    case PoolLibrary::hikari: return "HikariCP";
    case PoolLibrary::sqlalchemy: return "SQLAlchemy";
    case PoolLibrary::sequelize: return "Sequelize";
    case PoolLibrary::node_postgres: return "node-postgres";
    case PoolLibrary::psycopg_pool: return "psycopg_pool";
    case PoolLibrary::django: return "Django";
    case PoolLibrary::database_sql: return "database/sql";
    case PoolLibrary::npgsql: return "Npgsql";
    case PoolLibrary::pgbouncer: return "PgBouncer";
    case PoolLibrary::other: return "a driver";
  }
  return "";
}

std::string_view to_string(ComplaintKind kind) noexcept {
  switch (kind) {
    case ComplaintKind::timed_out: return "timed_out";
    case ComplaintKind::refused: return "refused";
    case ComplaintKind::server_full: return "server_full";
    case ComplaintKind::leak: return "leak";
    case ComplaintKind::leak_returned: return "leak_returned";
  }
  return "";
}

}  // namespace lockkeeper::model
