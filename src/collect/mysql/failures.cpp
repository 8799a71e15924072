#include "collect/mysql/failures.hpp"

#include <string_view>

#include "collect/one_line.hpp"

namespace lockkeeper::collect::mysql {
namespace {

std::string_view advice_for(const Error& error) {
  switch (error.code) {
    case ErrorCode::unreachable:
      return "Is the server running, and does it listen there? Check host and port, bind-address and skip-networking "
             "on "
             "the server, and a firewall in between. `mysqladmin -h HOST -P PORT ping` asks the same question.";
    case ErrorCode::authentication:
      return "Check user and password: the URL's, or MYSQL_PWD. An account is a user and a host: SELECT user, host "
             "FROM "
             "mysql.user; shows from where each may come.";
    case ErrorCode::unknown_database:
      return "Name a database that exists, or none: the doctor sees all databases from any one.";
    case ErrorCode::too_many_connections:
      return "All of max_connections are taken. One more is kept for an account with CONNECTION_ADMIN (MySQL) or "
             "CONNECTION ADMIN (MariaDB), or SUPER: connect as one. An account may have a MAX_USER_CONNECTIONS of its "
             "own.";
    case ErrorCode::not_ready: return "The server is starting up or shutting down. Try again in a moment.";
    case ErrorCode::protocol:
      return "What answers there is no MySQL or MariaDB server. Check the port (3306 is usual).";
    case ErrorCode::connection_lost:
      return "The server went away or ended our session: it was restarted, it crashed, or somebody killed us. Look "
             "again.";
    case ErrorCode::deadline:
      return "The server may hang or be overloaded, a firewall may swallow packets, or it is no such server at all. "
             "Check the port (3306 is usual), or allow it more time with --timeout 30s.";
    case ErrorCode::configuration:
      return "Write it as mysql://user@host:3306/database?option=value (or mariadb://), with special characters in it "
             "percent-encoded (@ is %40, / is %2F). The options are in the manual page of lockkeeper-doctor.";
    case ErrorCode::permission:
      return "Grant the account PROCESS ON *.* and SELECT ON performance_schema.*, or connect as another.";
    case ErrorCode::misuse: return "This is a bug in Lockkeeper; please report it.";
    default: return "Read the server's words above; its error log may say more.";
  }
}

}  // namespace

model::LookFailure explain(const Error& error, const std::string& where) {
  return {std::string(to_string(error.code)), (where.empty() ? "" : where + ": ") + what_happened(error),
          std::string(advice_for(error))};
}

}  // namespace lockkeeper::collect::mysql
