#include "cli/run_request.hpp"

#include <CLI/CLI.hpp>

#include "cli/common_options.hpp"

namespace lockkeeper::cli {
namespace {

constexpr const char* run_footer = R"(
Applications connect to Lockkeeper instead of the server. It pools, remembers what every open transaction did, and says
which are stuck: psql -h 127.0.0.1 -p 6432 pgbouncer -c 'SHOW HOLDERS'
Ends on SIGTERM or SIGINT once open transactions are done (drain_timeout), at once on a second one; SIGHUP reads the
configuration again.
Examples:
  lockkeeper run postgresql://postgres@127.0.0.1:5432/shop
  lockkeeper run postgresql://app:secret@127.0.0.1/shop --listen 127.0.0.1:6432 --pool-mode transaction
  lockkeeper run mysql://app@127.0.0.1/shop --listen 127.0.0.1:6033 --console 127.0.0.1:6432
  lockkeeper run postgresql://postgres@127.0.0.1:5432/shop --http 127.0.0.1:9190 --history shop.sqlite
  lockkeeper run postgresql://watcher@db.example/shop --no-proxy --http 127.0.0.1:9190
  lockkeeper run --config /etc/lockkeeper.toml
  lockkeeper run postgresql://watcher@db.example/shop --no-proxy --http 127.0.0.1:9190 --app-log webshop=webshop.log
  lockkeeper run --config /etc/lockkeeper.toml --check
)";

}  // namespace

void add_run(CLI::App& command, RunRequest& request) {
  command.footer(run_footer);
  command.add_option("URL", request.url, "The server, where no configuration file names databases");
  command.add_option("--config", request.config, "The configuration (docs/configuration.md)")->type_name("FILE");
  command.add_flag("--check", request.check, "Only read the configuration, and say what is wrong with it");
  command
      .add_option("--listen", request.listen,
                  "Where clients connect [default: 127.0.0.1:6432; with a mysql:// URL 127.0.0.1:6033]")
      ->type_name("ADDRESS:PORT");
  command
      .add_option(
          "--console", request.console,
          "Where the console is, with a mysql:// URL [default: 127.0.0.1:6432]; else it is where clients connect")
      ->type_name("ADDRESS:PORT");
  command.add_option("--pool-mode", request.pool_mode, "session or transaction [default: session]")->type_name("MODE");
  command
      .add_option("--pool-size", request.pool_size,
                  "Server connections for each database and user; of a mysql:// URL's server over all")
      ->type_name("COUNT");
  command
      .add_option("--auth", request.auth,
                  "How clients prove who they are [default: as the server asks; scram-sha-256 in transaction mode]")
      ->type_name("METHOD");
  command.add_option("--io", request.io, "auto, io_uring or epoll [default: auto]")->type_name("BACKEND");
  command.add_option("--workers", request.workers, "Threads [default: 1]")->type_name("COUNT");
  command.add_flag_callback("--no-record", [&request] { request.record = false; }, "Do not keep what transactions did");
  command.add_flag_callback(
      "--no-look", [&request] { request.look = false; },
      "Do not look at the server itself: who waits for a lock, and who comes another way, stays unknown");
  command.add_flag_callback(
      "--no-proxy", [&request] { request.proxy = false; },
      "Do not stand in front of the URL's server: only look at it");
  command.add_option("--http", request.http, "Where the dashboard, the API and the metrics are [default: nowhere]")
      ->type_name("ADDRESS:PORT");
  command.add_flag("--http-actions", request.http_actions, "Let the dashboard and the API end sessions");
  add_app_logs(command, request.app_logs,
               "Follow this application's log, for what it tells of its pool (NAME is its application_name on the "
               "server); may be given several times",
               AppLogs::followed);
  command
      .add_option("--history", request.history, "Keep what happens in this file, and what is learnt [default: none]")
      ->type_name("FILE");
  command
      .add_option_function<std::string>(
          "--audit", [&request](const std::string& path) { request.audit = path; },
          "Append every action to this file [default: ~/.local/state/lockkeeper/audit.jsonl]")
      ->type_name("FILE");
  add_limits(command, request.common);  // It prints addresses and log lines: neither JSON nor colours.
}

}  // namespace lockkeeper::cli
