// Rows of MySQL's views for the tests of to_model, as a server would give them.
#pragma once

#include <chrono>
#include <string>

#include "collect/mysql/rows.hpp"

namespace lockkeeper::collect::mysql::testing {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""min;
using std::chrono_literals::operator""s;
using std::chrono_literals::operator""ms;

inline const model::WallTime noon{std::chrono::sys_days{std::chrono::year{2026} / 11 / 28} + 12h};
inline const model::WallTime server_start = noon - 24h;

/// A MySQL that shows everything, with nobody connected; it is noon.
[[nodiscard]] LookRows quiet_server(model::Engine engine = model::Engine::mysql);

/// Adds a session of user "app" that sleeps (or runs `text`) since `since`, and its thread: 100 more than its id.
SessionRow& add_session(LookRows& rows, std::int64_t id, std::string command, model::Duration since,
                        std::string text = "");

/// Gives the session a transaction in innodb_trx.
TransactionRow& add_transaction(LookRows& rows, std::int64_t session, model::Duration age, std::int64_t modified = 0);

/// Gives it one in performance_schema, as event 10 of its thread.
TransactionEventRow& add_transaction_event(LookRows& rows, std::int64_t session, model::Duration age);

/// `waiter` wants the row of shop.post that `blocker` has locked, or waits for ahead of it.
void add_row_wait(LookRows& rows, std::int64_t waiter, std::int64_t blocker);

}  // namespace lockkeeper::collect::mysql::testing
