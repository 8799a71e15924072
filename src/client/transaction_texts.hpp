// What transactions say, for the person who is woken by it: which one, where it began, what happened, what to do.
#pragma once

#include <chrono>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>

#include <lockkeeper/error.hpp>
#include <lockkeeper/transaction.hpp>

namespace lockkeeper::client {

/// Where a transaction or scope began, and what it was called there.
struct Site {
  std::source_location where;
  std::string name;
};

/// "\"checkout\" (src/orders.cpp:17)", or only the place.
[[nodiscard]] std::string to_text(const Site& site);
/// "1240 ms", "17.3 s".
[[nodiscard]] std::string to_text(std::chrono::steady_clock::duration time);

/// Who marked a transaction rollback-only, and why.
struct RollbackMark {
  std::string who;  ///< A place.
  std::string reason;
};

/// The statement after which the server would only roll back.
struct FailedStatement {
  std::string shape;  ///< Without literals; empty: not known.
  Error error;
  bool given_up = false;  ///< Its stream was left before the end, and no error was seen.
};

// Each is the whole Error that is thrown.
[[nodiscard]] Error foreign_use(const Site& transaction);
[[nodiscard]] Error used_after_end(const Site& transaction, CommitOutcome outcome);
/// Of a scope that was not the transaction's owner.
[[nodiscard]] Error used_after_scope(const Site& scope);
[[nodiscard]] Error refused_word(const Site& transaction, std::string_view word, bool active);
[[nodiscard]] Error timed_out(const Site& transaction, std::chrono::milliseconds timeout);
[[nodiscard]] Error ended_by_statement(const Site& transaction, std::string_view shape);
[[nodiscard]] Error ended_by_server(const Site& transaction, const FailedStatement& failed);
[[nodiscard]] Error lost(const Site& transaction, const FailedStatement& failed);

/// What was rolled back although its function returned well: "the transaction begun at ... was rolled back instead of
/// committed", "the nested scope begun at ... went back to its savepoint".
[[nodiscard]] std::string not_committed(const Site& transaction);
[[nodiscard]] std::string not_kept(const Site& nested);
[[nodiscard]] Error marked(std::string_view undone, const RollbackMark& mark);
[[nodiscard]] Error failed_before(std::string_view undone, const std::optional<FailedStatement>& failed);
[[nodiscard]] Error connection_gone(std::string_view undone);
[[nodiscard]] Error still_open(std::string_view undone, std::string_view what);

[[nodiscard]] Error stream_is_open(const Site& transaction);
[[nodiscard]] Error stream_was_closed(const Site& transaction);
[[nodiscard]] Error out_of_order(const Site& transaction);
[[nodiscard]] Error database_gone();
[[nodiscard]] Error second_writer(const Site& wanted, const Site& writer);
[[nodiscard]] Error needs_transaction(const Site& scope, std::string_view what);

/// What COMMIT was refused with, and its reply lost: the server's error with our place before it.
[[nodiscard]] Error commit_refused(const Site& transaction, Error error);
[[nodiscard]] Error commit_lost(const Site& transaction, Error error);

/// The text of an exception that is being handled, for marks and events.
[[nodiscard]] std::string text_of_current_exception() noexcept;

}  // namespace lockkeeper::client
