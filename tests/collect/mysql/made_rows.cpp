#include "collect/mysql/made_rows.hpp"

#include <algorithm>
#include <utility>

namespace lockkeeper::collect::mysql::testing {
namespace {

constexpr model::Duration timer_now = 2h;  // of performance_schema's clock

}  // namespace

LookRows quiet_server(model::Engine engine) {
  LookRows rows;
  rows.engine = engine;
  rows.server = {server_start, 151, 1024, 10, true, "monitor@%"};
  rows.now = noon;
  rows.switches = {true, true, true};
  rows.statement_times = {{99, timer_now, timer_now, false, true}};
  return rows;
}

SessionRow& add_session(LookRows& rows, std::int64_t id, std::string command, model::Duration since, std::string text) {
  const bool asleep = command == "Sleep";
  rows.threads.push_back({id + 100, id});
  rows.statement_times.push_back({id + 100, timer_now - since, asleep ? timer_now - since : timer_now, asleep, false});
  SessionRow row;
  row.id = id;
  row.user = "app";
  row.host = "10.0.0.7:50000";
  row.database = "shop";
  row.command = std::move(command);
  row.in_state = std::chrono::floor<std::chrono::seconds>(since);
  if (!text.empty()) row.text = std::move(text);
  return rows.sessions.emplace_back(std::move(row));
}

TransactionRow& add_transaction(LookRows& rows, std::int64_t session, model::Duration age, std::int64_t modified) {
  return rows.transactions.emplace_back("trx" + std::to_string(session), "RUNNING", noon - age, std::nullopt, session,
                                        1, modified, modified);
}

TransactionEventRow& add_transaction_event(LookRows& rows, std::int64_t session, model::Duration age) {
  return rows.transaction_events.emplace_back(session + 100, 10, std::nullopt, 1h, age);
}

void add_row_wait(LookRows& rows, std::int64_t waiter, std::int64_t blocker) {
  const auto lock_of = [&](std::int64_t session) {
    const std::string id = std::to_string(session) + ":5:3:2";
    if (std::ranges::count(rows.locks, id, &LockRow::id) == 0)
      rows.locks.push_back({id, "shop.post", "PRIMARY", "RECORD", "X,REC_NOT_GAP"});
    return id;
  };
  const std::string wanted = lock_of(waiter);
  const auto named = [&](std::int64_t session) {
    return rows.engine == model::Engine::mysql ? std::to_string(session + 100) : "trx" + std::to_string(session);
  };
  rows.lock_waits.push_back({named(waiter), named(blocker), "trx" + std::to_string(blocker), wanted, lock_of(blocker)});
}

}  // namespace lockkeeper::collect::mysql::testing
