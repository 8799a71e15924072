// What a server says of a prepared statement, as its client was told it, and what becomes of that where the statement
// is made again: its tables may have changed meanwhile.
//
// On a connection of its own, a client would be refused ("cached plan must not change result type"). Here the statement
// is new on another connection, and would give rows that the client reads as it was told. So it is described behind
// each Parse of ours, and what is to be run with it waits for the answer: one round trip for each statement on each
// server connection, of those alone that a client has had described.
#include <utility>

#include "sql/statement_kind.hpp"
#include "track/postgres/session.hpp"
#include "wire/postgres/backend.hpp"
#include "wire/postgres/frontend.hpp"

namespace lockkeeper::track::postgres {

using model::WallTime;
using wire::postgres::Target;

namespace {

// No client's, and none of ours: see Session::server_name.
constexpr std::string_view no_statement = "lockkeeper: changed";

}  // namespace

// Whether PostgreSQL itself looks again at what it gives: not so FETCH, whose rows are those of the cursor.
bool Session::is_comparable(const Prepared& prepared) {
  using enum sql::StatementKind;
  const sql::StatementKind kind = prepared.statement->kind;
  return kind == select || kind == select_locking || sql::writes(kind);
}

// The statement has been made just now; `just_parsed`: as the client's own, by this name of its.
void Session::compare(std::string_view server_name, const PreparedPtr& prepared, Output& out, WallTime now,
                      std::string_view just_parsed) {
  if (!prepared->description.known()) return;
  wire::postgres::append_describe(out.to_server, Target::statement, server_name);
  Expected& expected = expect_ours(Expect::describe, Purpose::prepare, now);
  expected.concerns = prepared;
  expected.name = just_parsed;
}

bool Session::holds_client() const noexcept {
  return (hold_ == Hold::description && compares_last()) ||
         (hold_ == Hold::name && exchange_.batches() > 0 && !copy_in_ && is_open(held_name_));
}

// A comparison that what its client sends next depends on.
bool Session::compares_last() const noexcept {
  if (exchange_.empty()) return false;
  const Expected& last = exchange_.back();
  return last.kind == Expect::describe && last.purpose == Purpose::prepare && last.name.empty();
}

// The client's message uses what was made just before it.
bool Session::hold(const PreparedPtr& prepared, Output& out) {
  if (!compares_last() || exchange_.back().concerns != prepared) return false;
  wire::postgres::append_flush(out.to_server);
  hold_ = Hold::description;
  return true;
}

bool Session::wants_description() const noexcept {
  if (exchange_.empty() || !exchange_.front().concerns) return false;
  const Expected& expected = exchange_.front();
  const Description& known = expected.concerns->description;
  return expected.purpose == Purpose::prepare || !(expected.portal ? known.known() : known.whole());
}

void Session::described(const Message& message) {
  const std::string types = std::exchange(described_types_, {});
  if (!wants_description() || !message.whole()) return;
  const bool has_rows = message.type == wire::postgres::backend::row_description;
  compared(exchange_.front(), read_description(types, has_rows, message.body));
}

void Session::compared(const Expected& expected, const Description& now_described) {
  const Prepared& prepared = *expected.concerns;
  const bool is_ours = expected.purpose == Purpose::prepare;
  const bool is_same = prepared.description.agrees_with(now_described);
  if (is_same) prepared.description.learn(now_described);
  if (hold_ == Hold::description && is_ours && expected.name.empty()) hold_ = is_same ? Hold::same : Hold::changed;
  if (is_same || !is_ours) return;
  // Nobody who was told otherwise may use it; who prepares the text from now on gets a statement of today's.
  forget(prepared);
  shared_.prepared.retire(prepared);
  // The client itself has just prepared it, as it is now.
  Name* entry = expected.name.empty() ? nullptr : entry_of(expected.name);
  if (entry != nullptr && entry->confirmed == expected.concerns) entry->confirmed = read_again(prepared, now_described);
}

// In place of a message that would use it: one that the server refuses, so that its transaction fails as it would have.
Step Session::refuse_changed(Expect kind, std::string_view name, const Message& message, Output& out, WallTime now) {
  wire::postgres::append_describe(out.to_server, Target::statement, no_statement);
  Expected& expected = expect(kind, now);
  expected.changed = true;
  if (kind == Expect::describe) expected.concerns = find(name);
  return {.skip = wire::postgres::header_size + message.size};
}

}  // namespace lockkeeper::track::postgres
