#include "client/texts.hpp"

#include <fmt/format.h>

#include <chrono>

#include "sql/fingerprint.hpp"

namespace lockkeeper::client {
namespace {

using Clock = std::chrono::steady_clock;

std::string duration(Clock::duration time) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
  if (ms < 10'000) return fmt::format("{} ms", ms);
  return fmt::format("{:.1f} s", static_cast<double>(ms) / 1000.0);
}

std::string doing(const LeaseRecord& lease) {
  if (lease.running) return "running";
  if (lease.cursor_open) return "with an open stream or cursor, reading nothing";
  return lease.in_transaction ? "idle in a transaction" : "idle, no transaction open";
}

std::string list(const std::vector<LeaseRecord>& leases, Clock::time_point now) {
  constexpr std::size_t most = 20;
  std::string text;
  for (std::size_t i = 0; i < leases.size() && i < most; ++i) text += "\n  " + describe(leases[i], now);
  if (leases.size() > most) text += fmt::format("\n  and {} more", leases.size() - most);
  return text;
}

}  // namespace

std::string place(const std::source_location& where) {
  std::string_view file = where.file_name();
  if (file.empty()) return "an unknown place";
  if (const std::size_t name = file.rfind('/'); name != std::string_view::npos && name > 0) {
    const std::size_t folder = file.rfind('/', name - 1);
    if (folder != std::string_view::npos) file.remove_prefix(folder + 1);
  }
  return fmt::format("{}:{}", file, where.line());
}

std::string shape_of(std::string_view sql, Engine engine) {
  if (sql.empty()) return {};
  sql::Options options;
  switch (engine) {
    case Engine::postgres: options.dialect = sql::Dialect::postgres; break;
    case Engine::sqlite: options.dialect = sql::Dialect::sqlite; break;
    default: options.dialect = sql::Dialect::mysql; break;
  }
  return sql::analyze(sql, options).normalized;
}

std::string describe(const LeaseRecord& lease, Clock::time_point now) {
  std::string text = fmt::format("{} holds one for {}, taken at {}, {}", lease.unit, duration(now - lease.since),
                                 place(lease.taken_at), doing(lease));
  if (lease.backend_id > 0) text += fmt::format(" (server session {})", lease.backend_id);
  if (!lease.last_statement.empty()) {
    text += fmt::format("\n    {} {}", lease.running ? "runs:" : "ran last:", lease.last_statement);
  }
  if (!lease.stack.empty()) text += "\n    stack:\n" + lease.stack;
  return text;
}

std::string describe_timeout(const WaitRecord& wait, const std::vector<LeaseRecord>& holders,
                             std::size_t others_waiting, const std::string& last_connect_failure) {
  const Clock::time_point now = Clock::now();
  std::string text = fmt::format(
      "pool \"{}\": no connection came free within {} for {}, asked for at {} ({} leased, {} others wait)", wait.pool,
      duration(now - wait.since), wait.unit, place(wait.asked_at), holders.size(), others_waiting);
  if (!last_connect_failure.empty()) text += "\n  the last attempt to open another one failed: " + last_connect_failure;
  return text + list(holders, now);
}

std::string describe_leak(const LeaseRecord& lease, LeakAction action) {
  std::string text = fmt::format("pool \"{}\": a lease is held for longer than its leak policy allows", lease.pool);
  if (action == LeakAction::take_back) text += "; it is taken back";
  if (action == LeakAction::cancel && lease.running) text += "; its statement is cancelled";
  text += list({lease}, Clock::now());
  if (!lease.running && !lease.cursor_open && !lease.in_transaction) {
    text += "\n  It is held, with no transaction, statement or cursor open: whoever took it forgot to give it back.";
  }
  return text;
}

std::string describe_deadlock(const WaitRecord& victim, const std::vector<LeaseRecord>& holders,
                              const std::vector<WaitRecord>& waits, bool through_locks) {
  const Clock::time_point now = Clock::now();
  std::string text = fmt::format(
      "pool deadlock: {} would wait for ever for a connection of pool \"{}\", asked for at {}.\n  Everybody who could "
      "give "
      "one back waits, {}, for {}:",
      victim.unit, victim.pool, place(victim.asked_at),
      through_locks ? "for a connection or for a lock in the database" : "for a connection", victim.unit);
  text += list(holders, now);
  for (const WaitRecord& wait : waits) {
    text += fmt::format("\n  {} waits for a connection of pool \"{}\" for {}, asked for at {}", wait.unit, wait.pool,
                        duration(now - wait.since), place(wait.asked_at));
  }
  return text +
         "\n  Pass on the connection that is held, or give it back before asking for another. This request was "
         "failed so that the others can go on.";
}

}  // namespace lockkeeper::client
