#include "collect/mysql/collector.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "base/random.hpp"
#include "collect/mysql/failures.hpp"
#include "collect/mysql/queries.hpp"

namespace lockkeeper::collect::mysql {
namespace {

// InnoDB renews innodb_trx and what belongs to it only when nobody has asked for 0.1 s: who asks more often sees the
// same for ever, and so does everybody else.
constexpr std::chrono::milliseconds renewal(110);
constexpr int most_renewals = 2;

// XA RECOVER is refused with an error that may mean anything (XAER_RMERR).
bool not_allowed(const Error& error) {
  if (error.blast == Blast::connection || error.blast == Blast::commit_unknown) return false;
  return error.code == ErrorCode::permission || error.message.ends_with("(error 1401)");
}

std::string version_text(int version) {
  return fmt::format("{}.{}.{}", version / 10000, version / 100 % 100, version % 100);
}

}  // namespace

Collector::Collector(Driver& driver, std::string url) : driver_(driver), url_(std::move(url)) {}

void Collector::connect(Deadline deadline) {
  if (connection_) return;
  // A setting of the other product's would be refused, and which product it is only the connection tells.
  auto connection = driver_.connect(
      {.url = url_, .application_name = "lockkeeper", .settings = {}, .prepared_statements = 0}, deadline);
  const ServerInfo& info = connection->server();
  engine_ = info.engine == lockkeeper::Engine::mariadb ? Engine::mariadb : Engine::mysql;
  const int oldest = engine_ == Engine::mariadb ? oldest_mariadb : oldest_mysql;
  if (info.version < oldest) {
    throw Failure({ErrorCode::server_error, "",
                   fmt::format("{} {} is too old: version {} or later is needed", info.product,
                               version_text(info.version), version_text(oldest)),
                   Blast::statement});
  }
  for (const auto& [name, value] : session_settings(engine_))
    connection->execute(fmt::format("SET SESSION {} = {}", name, value), deadline);
  server_ = read_server(connection->execute(server_query(engine_), deadline));
  supers_ = read_supers(connection->execute(supers_query(), deadline));
  origin_ = {version_text(info.version), fmt::format("{}:{}", info.host, info.port), info.database};
  looks_ = 0;
  connection_ = std::move(connection);
}

void Collector::drop_if_lost(const Failure& failure) noexcept {
  const Blast blast = failure.error().blast;
  if (blast == Blast::connection || blast == Blast::commit_unknown) connection_.reset();
}

// Nothing, where our account may not read it: `denied` is set then.
std::optional<Rows> Collector::ask(const std::string& sql, bool& denied, Deadline deadline) {
  try {
    return connection_->execute(sql, deadline);
  } catch (const Failure& failure) {
    if (!not_allowed(failure.error())) throw;
    denied = true;
    return std::nullopt;
  }
}

void Collector::ask_performance_schema(LookRows& rows, std::optional<std::int64_t> session, Deadline deadline) {
  if (!server_.performance_schema) return;
  bool& denied = rows.denied.performance_schema;
  const auto threads = ask(threads_query(session), denied, deadline);
  if (!threads) return;  // and nothing else of it
  rows.threads = read_threads(*threads);
  if (const auto answer = ask(switches_query(), denied, deadline)) rows.switches = read_switches(*answer);
  if (rows.switches.transactions) {
    if (const auto answer = ask(transaction_events_query(), denied, deadline))
      rows.transaction_events = read_transaction_events(*answer);
  }
  if (engine_ == Engine::mysql) {
    if (const auto answer = ask(statement_times_query(), denied, deadline))
      rows.statement_times = read_statement_times(*answer);
  }
  if (session) return;
  if (const auto answer = ask(attributes_query(), denied, deadline)) rows.attributes = read_attributes(*answer);
  if (rows.switches.metadata_locks) {
    if (const auto answer = ask(metadata_locks_query(), denied, deadline))
      rows.metadata_locks = read_metadata_locks(*answer);
  }
}

// A view that is not renewed lists transactions of sessions that have gone. A killed one's is there until it is undone,
// but says so.
void Collector::ask_transactions(LookRows& rows, Deadline deadline) {
  for (int renewals = 0; renewals <= most_renewals; ++renewals) {
    if (renewals > 0) let_it_be_renewed();
    const auto answer = ask(transactions_query(std::nullopt), rows.denied.transactions, deadline);
    last_read_ = std::chrono::steady_clock::now();
    if (!answer) return;
    rows.transactions = read_transactions(*answer);
    rows.stale_transactions = is_stale_ = lists_the_dead(rows);
    if (!rows.stale_transactions) return;
  }
}

void Collector::ask_locks(LookRows& rows, Deadline deadline) {
  const bool mariadb = engine_ == Engine::mariadb;
  bool& denied = mariadb ? rows.denied.transactions : rows.denied.performance_schema;
  if (denied || (!mariadb && !server_.performance_schema)) return;
  const auto waits = ask(lock_waits_query(engine_), denied, deadline);
  if (!waits) return;
  rows.lock_waits = read_lock_waits(*waits);
  if (rows.lock_waits.size() > most_lock_waits) {
    rows.lock_waits.resize(most_lock_waits);
    rows.lock_waits_cut = true;
  }
  if (rows.lock_waits.empty()) return;
  if (const auto locks = ask(locks_query(engine_, contended_locks(rows)), denied, deadline))
    rows.locks = read_locks(*locks);
}

void Collector::ask_statements(LookRows& rows, Deadline deadline) {
  if (!rows.switches.transactions) return;
  const auto threads = sleeping_threads(rows);
  if (threads.empty()) return;
  if (const auto answer = ask(statements_query(threads), rows.denied.performance_schema, deadline))
    rows.statements = read_statements(*answer);
}

// Two that look as often as that, in turns, never leave it those 0.1 s. So whoever has seen something stale waits for a
// time of its own: they fall out of step.
void Collector::let_it_be_renewed() const {
  auto pause = renewal;
  if (is_stale_) pause += std::chrono::milliseconds(base::random_number() % (2 * renewal.count()));
  std::this_thread::sleep_until(last_read_ + pause);  // tidy: waits for the server's own interval, 0.33 s at most
}

LookRows Collector::read_look(Deadline deadline) {
  let_it_be_renewed();
  LookRows rows;
  rows.engine = engine_;
  rows.server = server_;
  rows.supers = supers_;
  const NowRow now = read_now(connection_->execute(now_query(), deadline));
  rows.now = now.time;
  rows.backslashes = now.backslashes;
  rows.sessions = read_sessions(connection_->execute(sessions_query(engine_, std::nullopt), deadline));
  ask_performance_schema(rows, std::nullopt, deadline);
  ask_transactions(rows, deadline);
  ask_locks(rows, deadline);
  last_read_ = std::chrono::steady_clock::now();
  if (const auto answer = ask(prepared_query(), rows.denied.prepared, deadline)) rows.prepared = read_prepared(*answer);
  ask_statements(rows, deadline);
  return rows;
}

std::expected<model::Snapshot, model::LookFailure> Collector::look(Deadline deadline) {
  // A connection may end between looks for reasons that say nothing about the server now (wait_timeout, a firewall):
  // one that has looked before is worth a second try.
  bool try_again = connection_ && looks_ > 0;
  while (true) {
    try {
      connect(deadline);
      ++looks_;
      return to_model(read_look(deadline), origin_);
    } catch (const Failure& failure) {
      drop_if_lost(failure);
      if (!try_again || failure.error().code != ErrorCode::connection_lost)
        return std::unexpected(explain(failure.error(), public_url()));
    }
    try_again = false;
  }
}

std::expected<model::Snapshot, model::LookFailure> Collector::glance(const Noteworthy& /*noteworthy*/,
                                                                     Deadline deadline) {
  return look(deadline);
}

}  // namespace lockkeeper::collect::mysql
