#include "client/transaction_texts.hpp"

#include <fmt/format.h>

#include <exception>
#include <utility>

#include "client/texts.hpp"

namespace lockkeeper::client {
namespace {

Error error(ErrorCode code, std::string message, Blast blast = Blast::transaction) {
  return {code, "", std::move(message), blast};
}

std::string or_unknown(std::string_view shape) {
  return shape.empty() ? std::string("a statement") : fmt::format("`{}`", shape);
}

std::string_view became(CommitOutcome outcome) {
  switch (outcome) {
    case CommitOutcome::committed: return "has been committed";
    case CommitOutcome::rolled_back: return "has been rolled back";
    case CommitOutcome::unknown: break;
  }
  return "is over, and whether it was committed is unknown";
}

}  // namespace

std::string to_text(const Site& site) {
  if (site.name.empty()) return place(site.where);
  return fmt::format("\"{}\" ({})", site.name, place(site.where));
}

std::string to_text(std::chrono::steady_clock::duration time) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
  if (ms < 10'000) return fmt::format("{} ms", ms);
  return fmt::format("{:.1f} s", static_cast<double>(ms) / 1000.0);
}

Error foreign_use(const Site& transaction) {
  return error(ErrorCode::foreign_use,
               fmt::format("the transaction begun at {} belongs to the thread that began it, and was used by another "
                           "one. Give background work the Database, and let it begin a transaction of its own",
                           to_text(transaction)),
               Blast::statement);
}

Error used_after_end(const Site& transaction, CommitOutcome outcome) {
  return error(
      ErrorCode::transaction_ended,
      fmt::format("the transaction begun at {} {}; it was used afterwards through a reference that has outlived "
                  "it",
                  to_text(transaction), became(outcome)),
      Blast::statement);
}

Error used_after_scope(const Site& scope) {
  return error(
      ErrorCode::transaction_ended,
      fmt::format("the scope begun at {} is over; it was used afterwards through a reference that has outlived it",
                  to_text(scope)),
      Blast::statement);
}

Error refused_word(const Site& transaction, std::string_view word, bool active) {
  const std::string_view advice =
      active ? "only its owner ends it, by returning from transact's function or by Transaction::commit and rollback"
             : "it runs without one, each statement by itself: use Database::transact";
  return error(ErrorCode::misuse,
               fmt::format("{} was not sent: a statement does not begin or end the {} begun at {}; {}", word,
                           active ? "transaction" : "transaction of the scope", to_text(transaction), advice),
               Blast::statement);
}

Error timed_out(const Site& transaction, std::chrono::milliseconds timeout) {
  return error(
      ErrorCode::transaction_timeout,
      fmt::format("the transaction begun at {} has been open for longer than its timeout of {}; it can only be "
                  "rolled back",
                  to_text(transaction), to_text(timeout)));
}

Error ended_by_statement(const Site& transaction, std::string_view shape) {
  return error(ErrorCode::transaction_ended,
               fmt::format("{} ended the transaction begun at {}: the server says that none is open any more. What was "
                           "done before may have been committed by it, what would follow would not be part of it. "
                           "Statements that commit (on MySQL and MariaDB all that change tables) do not belong into a "
                           "transaction",
                           shape.empty() ? "something other than its owner" : or_unknown(shape), to_text(transaction)));
}

Error ended_by_server(const Site& transaction, const FailedStatement& failed) {
  return error(ErrorCode::transaction_ended,
               fmt::format("the server has rolled back the transaction begun at {}, when {} failed: {}",
                           to_text(transaction), or_unknown(failed.shape), failed.error.message));
}

Error lost(const Site& transaction, const FailedStatement& failed) {
  return error(ErrorCode::transaction_ended,
               fmt::format("the transaction begun at {} has lost its connection, and is rolled back with it, in {}: {}",
                           to_text(transaction), or_unknown(failed.shape), failed.error.message));
}

std::string not_committed(const Site& transaction) {
  return fmt::format("the transaction begun at {} was rolled back instead of committed", to_text(transaction));
}

std::string not_kept(const Site& nested) {
  return fmt::format("the nested scope begun at {} went back to its savepoint instead of keeping its work",
                     to_text(nested));
}

Error marked(std::string_view undone, const RollbackMark& mark) {
  return error(ErrorCode::rollback_only,
               fmt::format("{}: {} had marked it rollback-only: {}", undone, mark.who, mark.reason));
}

Error failed_before(std::string_view undone, const std::optional<FailedStatement>& failed) {
  std::string why = "the server says that a statement had failed in it";
  if (failed && failed->given_up) {
    why = fmt::format(
        "the stream of {} was left before its end, and stopping a statement fails a transaction on this "
        "server. Read streams to their end, or use a cursor or LIMIT",
        or_unknown(failed->shape));
  } else if (failed) {
    why = fmt::format("{} had failed in it, and its error was caught: {}", or_unknown(failed->shape),
                      failed->error.message);
  }
  return error(ErrorCode::rollback_only, fmt::format("{}: {}", undone, why));
}

Error connection_gone(std::string_view undone) {
  return error(ErrorCode::rollback_only,
               fmt::format("{}: its connection was lost, or taken back by the pool's leak policy", undone));
}

Error still_open(std::string_view undone, std::string_view what) {
  return error(ErrorCode::misuse, fmt::format("{}: {} is still open in it. End it first", undone, what));
}

Error stream_is_open(const Site& transaction) {
  return error(ErrorCode::misuse,
               fmt::format("the transaction begun at {} is in the middle of a stream; read it to its end or destroy it "
                           "before anything else is run",
                           to_text(transaction)),
               Blast::statement);
}

Error stream_was_closed(const Site& transaction) {
  return error(ErrorCode::misuse,
               fmt::format("the stream was closed before its end, when the transaction begun at {} went back to a "
                           "savepoint or the stream failed; what it would still have returned is not known",
                           to_text(transaction)),
               Blast::statement);
}

Error out_of_order(const Site& transaction) {
  return error(
      ErrorCode::misuse,
      fmt::format("a savepoint of the transaction begun at {} was ended out of order: savepoints end in reverse, "
                  "the last one first, and within the scope that made them",
                  to_text(transaction)),
      Blast::statement);
}

Error second_writer(const Site& wanted, const Site& writer) {
  return error(
      ErrorCode::propagation,
      fmt::format("the transaction at {} would wait for ever: SQLite has one writer at a time, and that is the "
                  "one that this thread began at {} and has not ended. Declare one of them read_only, or use "
                  "a savepoint (nested)",
                  to_text(wanted), to_text(writer)),
      Blast::statement);
}

Error database_gone() {
  return error(ErrorCode::misuse, "the Database was destroyed before its last transaction", Blast::statement);
}

Error needs_transaction(const Site& scope, std::string_view what) {
  return error(ErrorCode::misuse,
               fmt::format("{} needs a transaction, and the scope begun at {} runs without one", what, to_text(scope)),
               Blast::statement);
}

Error commit_refused(const Site& transaction, Error server) {
  server.message = fmt::format("the transaction begun at {} was not committed, COMMIT failed: {}", to_text(transaction),
                               server.message);
  if (server.blast == Blast::statement) server.blast = Blast::transaction;
  return server;
}

Error commit_lost(const Site& transaction, Error server) {
  server.message = fmt::format(
      "whether the transaction begun at {} was committed is unknown: the reply to COMMIT was "
      "lost ({}). Look at the data before doing it again",
      to_text(transaction), server.message);
  server.blast = Blast::commit_unknown;
  return server;
}

std::string text_of_current_exception() noexcept {
  try {
    try {
      throw;
    } catch (const std::exception& exception) {
      return exception.what();
    } catch (...) {
      return "an exception that is not a std::exception";
    }
  } catch (...) {  // No memory for the text.
    return {};
  }
}

}  // namespace lockkeeper::client
