#include "rules/wording.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "model/guard.hpp"

namespace lockkeeper::rules {
namespace {

// Tables first and strongest mode first: that is what a person looks for.
std::vector<std::string> listed(const std::map<std::string, std::int64_t>& folded, std::size_t most) {
  std::vector<std::string> result;
  for (const auto& [name, count] : folded) {
    if (result.size() == most) {
      result.push_back(fmt::format("{} more", folded.size() - most));
      break;
    }
    result.push_back(count > 1 ? fmt::format("{} ({} times)", name, count) : name);
  }
  return result;
}

model::StatementLine not_kept(std::int64_t count, bool at_most) {
  model::StatementLine line;
  line.count = 0;
  line.dropped = count;
  line.dropped_at_most = at_most;
  return line;
}

void fold(std::map<std::string, std::int64_t>& folded, const model::HeldLock& lock) {
  folded[fmt::format("{} on {}", lock.mode, lock.target)] += lock.count;
}

}  // namespace

std::string counted(std::int64_t count, std::string_view one, std::string_view many) {
  if (count == 1) return fmt::format("1 {}", one);
  return many.empty() ? fmt::format("{} {}s", count, one) : fmt::format("{} {}", count, many);
}

std::string grouped(std::int64_t count) {
  std::string digits = std::to_string(count);
  const std::ptrdiff_t first = count < 0 ? 1 : 0;
  for (auto place = std::ssize(digits) - 3; place > first; place -= 3)
    digits.insert(static_cast<std::size_t>(place), 1, ',');
  return digits;
}

std::string owner(const model::Session& session) {
  if (session.kind == model::SessionKind::background) return "the server itself";
  const std::string_view user = session.user.empty() ? "unknown" : std::string_view(session.user);
  if (session.application.empty()) return fmt::format("user {}, database {}", user, session.database);
  return fmt::format("application \"{}\" (user {}, database {})", session.application, user, session.database);
}

std::vector<std::string> held_locks(std::span<const model::Session* const> sessions, std::size_t most) {
  std::map<std::string, std::int64_t> folded;
  for (const model::Session* session : sessions) {
    for (const auto& lock : session->locks) fold(folded, lock);
  }
  return listed(folded, most);
}

std::vector<std::string> held_locks(std::span<const model::HeldLock> locks, std::size_t most) {
  std::map<std::string, std::int64_t> folded;
  for (const auto& lock : locks) fold(folded, lock);
  return listed(folded, most);
}

std::string likely_mistake_after(const model::Session& session) {
  using enum sql::StatementKind;
  const auto kind = session.statement ? session.statement->kind : unknown;
  const bool read_last = kind == select || kind == show || kind == fetch;
  if (read_last && session.transaction && session.transaction->wrote) {
    return "After what it wrote and before its commit the code returned early, threw without a rollback, or waits for "
           "something outside the database (a remote call, a queue, a sleep) while it holds row locks.";
  }
  switch (kind) {
    case begin:
      return "The transaction was opened and then nothing was run in it: it is opened too early, and the code waits "
             "for something else (another connection, a lock, a remote service), or it returned before its first "
             "statement.";
    case select:
    case show:
    case fetch:
      return "A read opened the transaction and nothing ended it: a session was used after, or beyond, the request "
             "that owned it (background work, a lazy load), or the code returned early or threw before commit and "
             "rollback.";
    case insert:
    case update:
    case delete_:
    case merge:
    case select_locking:
      return "Between this statement and its commit the code returned early, threw without a rollback, or waits for "
             "something outside the database (a remote call, a queue, a sleep) while it holds row locks.";
    case savepoint:
    case release:
    case rollback_to:
      return "The code ended an inner step (a savepoint) and then never ended the outer transaction: inner and outer "
             "owner each believe that the other commits.";
    default:
      return "The code that began the transaction did not reach its commit or rollback: an early return, an exception, "
             "or a wait for something outside the database.";
  }
}

bool holds_transaction_locks(const model::Session& session) {
  if (session.transaction && session.transaction->wrote) return true;
  return std::ranges::any_of(session.locks, [](const model::HeldLock& lock) { return lock.kind != "advisory"; });
}

std::string lost_by_ending(std::int64_t sessions, std::int64_t wrote, std::optional<std::int64_t> rows_modified) {
  if (wrote == 0) return "nothing was written, so nothing is lost";
  std::string text = wrote != sessions ? fmt::format("what {} of them wrote is rolled back", wrote)
                     : sessions == 1   ? "what it wrote is rolled back"
                                       : "what they wrote is rolled back";
  if (!rows_modified) return text;
  text += fmt::format(", {}{}{}", sessions == 1 ? "" : "up to ",
                      *rows_modified == 1 ? "1 row" : grouped(*rows_modified) + " rows", sessions == 1 ? "" : " each");
  const model::Duration time = model::estimated_rollback(*rows_modified);
  if (time >= std::chrono::seconds(1)) text += fmt::format(" in about {}", model::to_human(time));
  return text;
}

void add_innodb_counts(const model::Session& session, model::Evidence& evidence) {
  if (!session.transaction) return;
  const auto add = [&](const char* name, std::optional<std::int64_t> count) {
    if (count) evidence.items.push_back({name, *count});
  };
  add("rows_modified", session.transaction->rows_modified);
  add("rows_locked", session.transaction->rows_locked);
  add("tables_locked", session.transaction->tables_locked);
}

void add_history(const model::Session& session, model::Evidence& evidence) {
  if (!session.transaction || !session.transaction->history || !evidence.statements.empty()) return;
  const model::StatementHistory& history = *session.transaction->history;
  if (history.lost_at_most > 0) {
    evidence.statements.push_back(not_kept(history.lost_at_most, true));
    evidence.items.push_back({"statements_lost_at_most", history.lost_at_most});
  }
  const std::int64_t without_text = std::ranges::count_if(
      history.statements, [](const model::PastStatement& run) { return run.statement.text.empty(); });
  if (without_text > 0) evidence.items.push_back({"statements_without_text", without_text});
  std::optional<model::WallTime> end;
  for (const auto& run : history.statements) {
    if (run.statement.text.empty()) {
      evidence.statements.push_back(not_kept(1, false));
      end = run.started_at + run.duration;
      continue;
    }
    model::StatementLine line;
    line.text = run.statement.text;
    line.rows = run.rows;
    line.started_at = run.started_at;
    line.busy = run.duration;
    if (end) line.gap_before = std::max(run.started_at - *end, model::Duration::zero());
    line.error = run.error;
    end = run.started_at + run.duration;
    evidence.statements.push_back(std::move(line));
  }
}

std::vector<std::int64_t> pids(std::span<const model::SessionId> sessions) {
  std::vector<std::int64_t> result;
  for (const auto& session : sessions) result.push_back(session.pid);
  return result;
}

}  // namespace lockkeeper::rules
