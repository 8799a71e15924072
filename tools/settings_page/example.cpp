#include "settings_page/page.hpp"

namespace lockkeeper::tools {

std::string_view settings_example() noexcept {
  return R"(# Many clients of one application in transaction mode, and everything else of a second server in session mode.
[proxy]
listen = ["127.0.0.1:6432"]
pool_mode = "transaction"
pool_size = 20                      # server connections for one database and user
users_file = "users.txt"            # who may come in transaction mode
admin_users = ["ann"]               # who may do everything on the console,
stats_users = ["monitor"]           # and who may look
queue_timeout = "30s"
query_timeout = "5min"
idle_transaction_timeout = "1min"

[proxy.tls]
mode = "allow"                      # "require" where clients come over a network
certificate = "proxy.crt"
key = "proxy.key"

[proxy.server_tls]
mode = "verify-full"
authorities = "authorities.crt"

# All clients of this database work as one role of the server.
[databases.shop]
host = "db.example"
database = "shop_live"
user = "shop_app"
password_file = "shop_app.password"
max_connections = 60

# Any other database, under its own name, on this machine's server. Clients log in there as themselves.
[databases."*"]
host = "/run/postgresql"
pool_mode = "session"

# A MySQL or MariaDB server, on an address of its own. The console and the databases above stay on the proxy's.
[mysql.blog]
listen = ["127.0.0.1:6033"]
host = "blog.example"
pool_mode = "session"               # where [proxy] says "transaction", which is for PostgreSQL alone
pool_size = 100

# Looked at, though its clients do not come through here.
[servers.warehouse]
url = "postgresql://lockkeeper@warehouse.example/postgres"
password_file = "lockkeeper.password"

[http]
listen = ["127.0.0.1:9190"]         # dashboard, API, /metrics

[history]
file = "/var/lib/lockkeeper/history.sqlite"

# A dry run until enabled = true: the audit says what it would have done.
[policies.forgotten]
rule = "leaked-transaction"
only_if_blocking = true
exclude_users = ["backup*"]

[alerts.chat]
url = "https://chat.example/hooks/database"
min_severity = "critical"

# Reports take long, and must not take all connections.
[users.reports]
pool_size = 3
query_timeout = "2h"
)";
}

}  // namespace lockkeeper::tools
