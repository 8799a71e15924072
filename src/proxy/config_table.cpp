#include "proxy/config_table.hpp"

#include <algorithm>
#include <iterator>

#include "proxy/config_kinds.hpp"

namespace lockkeeper::proxy {
namespace {

using namespace kinds;

// Each bound with its reason.
constexpr Bounds worker_bounds{1, 64};    // threads; one is enough for 100,000 transactions a second
constexpr Bounds pool_bounds{1, 10'000};  // more sessions than any PostgreSQL bears
constexpr Bounds min_pool_bounds{0, 10'000};
constexpr Bounds client_bounds{1, 1'000'000};  // 3 KiB each
constexpr Bounds connection_bounds{0, 100'000};
constexpr Bounds prepared_bounds{0, 10'000};  // each costs the server's memory as well
constexpr Bounds port_bounds{1, 65'535};
constexpr std::uint64_t least_buffer = 4096;
constexpr std::uint64_t most_buffer = 1024 * 1024;

SettingTable<ProxyConfig> pool_settings() {
  using P = ProxyConfig;
  return {
      list("listen", &P::listen, "a list of addresses like [\"127.0.0.1:6432\"]", at_restart,
           "Where clients connect to: addresses with ports; * is everywhere."),
      text("unix_socket_folder", &P::unix_socket_folder, at_restart,
           "The folder of a Unix socket for clients; it is named after the port of the first address."),
      whole("workers", &P::workers, worker_bounds, at_restart, "Threads that carry the traffic."),
      choice<IoBackend>("io", &P::io, at_restart,
                        "How the kernel is asked for input and output; auto takes io_uring where it is allowed."),
      size("relay_buffer", &P::relay_buffer, least_buffer, most_buffer, at_restart,
           "How much is held for a slow reader, per connection and direction, until its other side has to wait."),
      choice<PoolMode>("pool_mode", &P::pool_mode, at_reload,
                       "How long a client keeps a server connection: until it leaves, or until its transaction ends."),
      whole("pool_size", &P::pool_size, pool_bounds, at_reload, "Most server connections for one database and user."),
      whole("min_pool_size", &P::min_pool_size, min_pool_bounds, at_reload,
            "Server connections for one database and user that stay open though nobody needs them."),
      whole(
          "max_clients", &P::max_clients, client_bounds, at_reload,
          "Most clients at a time; later ones are refused, so that a flood of them cannot take all memory and files."),
      whole("max_database_connections", &P::max_database_connections, connection_bounds, at_reload,
            "Most server connections for one database over all users; 0: no limit but the pools'."),
      whole("max_user_connections", &P::max_user_connections, connection_bounds, at_reload,
            "Most server connections for one user over all databases; 0: no limit but the pools'."),
      whole("max_prepared_statements", &P::max_prepared_statements, prepared_bounds, at_reload,
            "Named statements kept prepared on one server connection, in transaction mode; the least recently used "
            "goes first. 0: clients that name statements are refused."),
  };
}

SettingTable<ProxyConfig> time_settings() {
  using P = ProxyConfig;
  return {
      duration("server_lifetime", &P::server_lifetime, Off::allowed, at_reload,
               "A server connection older than this is closed when it is free."),
      duration("server_idle_timeout", &P::server_idle_timeout, Off::allowed, at_reload,
               "A server connection that nobody has used for this long is closed, down to min_pool_size."),
      duration(
          "server_check_after", &P::server_check_after, Off::allowed, at_reload,
          "A server connection that was free for this long is asked for a sign of life before a client gets it. One "
          "that gives none within 5 s, or within connect_timeout where that is shorter, is closed, and the client "
          "gets another. In session mode no connection is used again, so none is asked."),
      duration("connect_timeout", &P::connect_timeout, Off::never, at_reload,
               "How long a connection to a server may take, its login included."),
      duration("server_login_retry", &P::server_login_retry, Off::allowed, at_reload,
               "How long nothing is tried after a connection to a server failed."),
      duration("login_timeout", &P::login_timeout, Off::never, at_reload, "How long a client may take to log in."),
      duration("queue_timeout", &P::queue_timeout, Off::never, at_reload,
               "How long a client may wait for a server connection."),
      duration("query_timeout", &P::query_timeout, Off::allowed, at_reload,
               "How long one query may run; it is then cancelled and its client told."),
      duration("idle_transaction_timeout", &P::idle_transaction_timeout, Off::allowed, at_reload,
               "How long a transaction may be open without running anything; it is then rolled back and its client "
               "closed."),
      duration("transaction_timeout", &P::transaction_timeout, Off::allowed, at_reload,
               "How long a transaction may be open at all."),
      duration("client_idle_timeout", &P::client_idle_timeout, Off::allowed, at_reload,
               "How long a client may do nothing outside a transaction."),
      duration("drain_timeout", &P::drain_timeout, Off::never, at_reload,
               "How long clients have to end their transactions when the proxy is told to stop."),
      duration("cancel_timeout", &P::cancel_timeout, Off::never, at_reload,
               "How long a cancelled query may take to end, and a cancel request to be done, before the server "
               "connection is "
               "closed."),
  };
}

SettingTable<ProxyConfig> login_settings() {
  using P = ProxyConfig;
  return {
      choice<AuthMethod>(
          "auth", &P::auth, at_reload,
          "How clients prove who they are; auto is pass-through in session mode and scram-sha-256 in "
          "transaction mode. pass-through lets the server ask, plain asks for the password itself, trust "
          "asks nobody."),
      flag("allow_trust_from_anywhere", &P::allow_trust_from_anywhere, at_reload,
           "Allows auth = \"trust\" while listening on other than loopback addresses."),
      text("users_file", &P::users_file, at_reload,
           "The file of users and their passwords, md5 hashes or SCRAM verifiers, in the format of PgBouncer's "
           "userlist.txt."),
      list("admin_users", &P::admin_users, "a list of names", at_reload, "Users who may do everything on the console."),
      list("stats_users", &P::stats_users, "a list of names", at_reload, "Users who may look on the console."),
      flag("record", &P::record, at_reload, "Remembers the statements of open transactions."),
      flag("record_parameters", &P::record_parameters, at_reload,
           "Remembers a hash of literals and bound parameters, to tell the same statement with the same values; never "
           "the "
           "values."),
      flag("keep_literals", &P::keep_literals, at_reload,
           "Keeps the values that stand in the text of statements; they may be anybody's personal data."),
  };
}

SettingTable<DatabaseConfig> make_database_table() {
  using D = DatabaseConfig;
  return {
      text("host", &D::host, at_reload, "The server's name or address, or the folder of its Unix socket."),
      whole("port", &D::port, port_bounds, at_reload, "The server's port."),
      text("database", &D::database, at_reload, "The database's name on the server, if it is another than here."),
      text("user", &D::user, at_reload, "Whom to log in as on the server, whoever the client is."),
      secret("password", &D::password, at_reload, "The password of user."),
      text("password_file", &D::password_file, at_reload, "A file whose first line is the password of user."),
      choice<PoolMode>("pool_mode", &D::pool_mode, at_reload, "As in [proxy], for this database."),
      whole("pool_size", &D::pool_size, pool_bounds, at_reload, "As in [proxy], for this database."),
      whole("min_pool_size", &D::min_pool_size, min_pool_bounds, at_reload, "As in [proxy], for this database."),
      whole("max_connections", &D::max_connections, connection_bounds, at_reload,
            "max_database_connections of [proxy], for this database."),
      duration("server_lifetime", &D::server_lifetime, Off::allowed, at_reload, "As in [proxy], for this database."),
      duration("server_idle_timeout", &D::server_idle_timeout, Off::allowed, at_reload,
               "As in [proxy], for this database."),
      duration("connect_timeout", &D::connect_timeout, Off::never, at_reload, "As in [proxy], for this database."),
      duration("queue_timeout", &D::queue_timeout, Off::never, at_reload, "As in [proxy], for this database."),
      duration("query_timeout", &D::query_timeout, Off::allowed, at_reload, "As in [proxy], for this database."),
      duration("idle_transaction_timeout", &D::idle_transaction_timeout, Off::allowed, at_reload,
               "As in [proxy], for this database."),
      duration("transaction_timeout", &D::transaction_timeout, Off::allowed, at_reload,
               "As in [proxy], for this database."),
      duration("client_idle_timeout", &D::client_idle_timeout, Off::allowed, at_reload,
               "As in [proxy], for this database."),
      flag("keep_literals", &D::keep_literals, at_reload, "As in [proxy], for this database."),
  };
}

SettingTable<MysqlServerConfig> make_mysql_table() {
  using M = MysqlServerConfig;
  SettingTable<M> table{
      list("listen", &M::listen, "a list of addresses like [\"127.0.0.1:6033\"]", at_restart,
           "Where clients of this server connect to. Must be given: a server's greeting comes before its client says "
           "whom it wants, so each server has addresses of its own."),
      text("host", &M::host, at_reload, "The server's name or address; not its Unix socket."),
      whole("port", &M::port, port_bounds, at_reload, "The server's port."),
      choice<PoolMode>("pool_mode", &M::pool_mode, at_reload,
                       "As in [proxy], for this server; here \"session\" alone, as yet."),
      whole(
          "pool_size", &M::pool_size, pool_bounds, at_reload,
          "Most server connections over all databases and users; later clients wait. Not set: max_clients, so that the "
          "server's own limit is what counts."),
      whole("max_user_connections", &M::max_user_connections, connection_bounds, at_reload,
            "As in [proxy], for this server."),
      duration("connect_timeout", &M::connect_timeout, Off::never, at_reload, "As in [proxy], for this server."),
      duration("queue_timeout", &M::queue_timeout, Off::never, at_reload, "As in [proxy], for this server."),
      duration("query_timeout", &M::query_timeout, Off::allowed, at_reload, "As in [proxy], for this server."),
      duration("idle_transaction_timeout", &M::idle_transaction_timeout, Off::allowed, at_reload,
               "As in [proxy], for this server."),
      duration("transaction_timeout", &M::transaction_timeout, Off::allowed, at_reload,
               "As in [proxy], for this server."),
      duration("client_idle_timeout", &M::client_idle_timeout, Off::allowed, at_reload,
               "As in [proxy], for this server."),
      flag("keep_literals", &M::keep_literals, at_reload, "As in [proxy], for this server."),
  };
  // An empty list is no value that one could write: it is told as "not set".
  table.front().write = [write = table.front().write](const M& section) {
    return section.listen.empty() ? std::string() : write(section);
  };
  return table;
}

SettingTable<UserConfig> make_user_table() {
  using U = UserConfig;
  return {
      choice<PoolMode>("pool_mode", &U::pool_mode, at_reload, "As in [proxy], for this user on any database."),
      whole("pool_size", &U::pool_size, pool_bounds, at_reload, "As in [proxy], for this user on any database."),
      whole("max_connections", &U::max_connections, connection_bounds, at_reload,
            "max_user_connections of [proxy], for this user."),
      duration("queue_timeout", &U::queue_timeout, Off::never, at_reload, "As in [proxy], for this user."),
      duration("query_timeout", &U::query_timeout, Off::allowed, at_reload, "As in [proxy], for this user."),
      duration("idle_transaction_timeout", &U::idle_transaction_timeout, Off::allowed, at_reload,
               "As in [proxy], for this user."),
      duration("transaction_timeout", &U::transaction_timeout, Off::allowed, at_reload,
               "As in [proxy], for this user."),
      duration("client_idle_timeout", &U::client_idle_timeout, Off::allowed, at_reload,
               "As in [proxy], for this user."),
  };
}

}  // namespace

const SettingTable<ProxyConfig>& proxy_table() {
  static const auto table = [] {
    SettingTable<ProxyConfig> all = pool_settings();
    std::ranges::move(time_settings(), std::back_inserter(all));
    std::ranges::move(login_settings(), std::back_inserter(all));
    return all;
  }();
  return table;
}

const SettingTable<ClientTlsConfig>& client_tls_table() {
  using T = ClientTlsConfig;
  static const SettingTable<T> table{
      choice<ClientTlsMode>("mode", &T::mode, at_reload, "Whether clients may, or must, encrypt."),
      text("certificate", &T::certificate, at_reload, "The file of our certificate and those above it (PEM)."),
      text("key", &T::key, at_reload, "The file of the certificate's private key (PEM), readable by nobody else."),
  };
  return table;
}

const SettingTable<ServerTlsConfig>& server_tls_table() {
  using T = ServerTlsConfig;
  static const SettingTable<T> table{
      choice<ServerTlsMode>("mode", &T::mode, at_reload,
                            "Whether connections to servers are encrypted, and what a server must show: as libpq's "
                            "sslmode."),
      text("authorities", &T::authorities, at_reload,
           "The file of the authorities (PEM) that servers' certificates must come from."),
  };
  return table;
}

const SettingTable<DatabaseConfig>& database_table() {
  static const auto table = make_database_table();
  return table;
}

const SettingTable<MysqlServerConfig>& mysql_table() {
  static const auto table = make_mysql_table();
  return table;
}

const SettingTable<UserConfig>& user_table() {
  static const auto table = make_user_table();
  return table;
}

}  // namespace lockkeeper::proxy
