#include "collect/postgres/failures.hpp"

#include <string_view>

#include "collect/one_line.hpp"

namespace lockkeeper::collect::postgres {
namespace {

// PgBouncer and its like refuse a startup packet with settings they do not track.
bool refused_by_pooler(const Error& error) {
  return error.message.find("unsupported startup parameter") != std::string::npos;
}

std::string_view advice_for_sqlstate(std::string_view sqlstate) {
  if (sqlstate == "55P03") {
    return "Somebody holds a system catalog exclusively (VACUUM FULL, REINDEX or LOCK TABLE on pg_catalog). Look again "
           "when it is done, or find out who: SELECT pid, mode FROM pg_locks WHERE granted AND mode = "
           "'AccessExclusiveLock';";
  }
  if (sqlstate == "57014") {
    return "Either somebody cancelled our statement (pg_cancel_backend), or the server took longer than 5 s for a look "
           "at its own views: it is overloaded, or has many thousands of locks. Look again; if it stays so, look at "
           "the machine's load and at max_locks_per_transaction.";
  }
  return "Read the server's words above; its log may say more.";
}

std::string_view advice_for(const Error& error) {
  switch (error.code) {
    case ErrorCode::unreachable:
      return "Is the server running, and does it listen there? Check host and port, listen_addresses on the server, "
             "and a firewall in between. `pg_isready -h HOST -p PORT` asks the same question.";
    case ErrorCode::authentication:
      return "Check user and password. A password is taken from the URL, from PGPASSWORD or from ~/.pgpass (which "
             "must be readable by you alone); pg_hba.conf decides who may connect from where.";
    case ErrorCode::unknown_database:
      return "Name a database that exists; `postgres` nearly always does, and the doctor sees all databases from any "
             "one.";
    case ErrorCode::too_many_connections:
      return "All slots are taken. Some are kept back: connect as a superuser, or from PostgreSQL 16 on as a member of "
             "pg_use_reserved_connections. A role or a database may have a CONNECTION LIMIT of its own.";
    case ErrorCode::not_ready: return "The server is starting up, shutting down or recovering. Try again in a moment.";
    case ErrorCode::protocol:
      return "What answers there does not speak PostgreSQL's protocol. Check the port (5432 is usual).";
    case ErrorCode::connection_lost:
      return "The server went away or ended our session: it was restarted, it crashed, or somebody terminated us. "
             "Look again.";
    case ErrorCode::deadline:
      return "The server may hang or be overloaded, a firewall may swallow packets, or it is no PostgreSQL server at "
             "all. Check the port (5432 is usual), or allow it more time with --timeout 30s.";
    case ErrorCode::configuration:
      return "Write it as postgresql://user@host:5432/database?option=value, with special characters in it "
             "percent-encoded (@ is %40, / is %2F), or as \"host=... dbname=...\" or \"service=...\". What it leaves "
             "out comes from PGHOST, PGPORT, PGUSER, PGDATABASE and PGSERVICE, as with psql.";
    case ErrorCode::permission: return "Connect as a superuser, or as a role that is a member of pg_monitor.";
    case ErrorCode::misuse: return "This is a bug in Lockkeeper; please report it.";
    default: return advice_for_sqlstate(error.sqlstate);
  }
}

}  // namespace

model::LookFailure explain(const Error& error, const std::string& where) {
  const std::string prefix = where.empty() ? "" : (where == "…" ? "the connection string" : where) + ": ";
  if (refused_by_pooler(error)) {
    return {"pooler", prefix + what_happened(error),
            "This looks like a pooler (PgBouncer, for instance). Give the URL of the server behind it: a pooler's own "
            "sessions are not the server's."};
  }
  return {std::string(to_string(error.code)), prefix + what_happened(error), std::string(advice_for(error))};
}

}  // namespace lockkeeper::collect::postgres
