// What a server answers.
#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "track/mysql/session.hpp"

namespace lockkeeper::track::mysql {
namespace {

using model::WallTime;
using wire::mysql::Command;
using wire::mysql::ReplyOutcome;
using wire::mysql::ReplyPart;

// As much as a client that never closes any statement may make us hold: as many as a server keeps of all its clients,
// unless set otherwise (max_prepared_stmt_count).
constexpr std::size_t most_prepared = 16'382;
// Open at the same time and told of; a client that has more is recorded without the others.
constexpr std::size_t most_cursors = 256;

std::int64_t number_of(std::uint64_t count) noexcept {
  constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  return static_cast<std::int64_t>(std::min(count, most));
}

std::string_view sqlstate_of(const ReplyOutcome& outcome) noexcept {
  if (!outcome.failed) return {};
  const bool given = outcome.sqlstate.front() != '\0';
  return given ? std::string_view(outcome.sqlstate.data(), outcome.sqlstate.size()) : "HY000";
}

}  // namespace

std::size_t Session::wanted_from_server(std::uint32_t size) const noexcept {
  return lost_ ? 0 : std::min<std::size_t>(size, wire::mysql::reply_head);
}

void Session::server_goes_on(std::uint32_t size) noexcept {
  if (reply_) reply_->server_goes_on(size);
}

Step Session::server(const Message& message, WallTime now) {
  if (lost_) return {};
  if (!reply_) return unasked(message);
  const ReplyPart part = reply_->server(message.body.substr(0, wire::mysql::reply_head), message.size);
  if (reply_->lost()) return lose("the server sent what the protocol does not allow here");
  if (reply_->complete()) return complete(now);
  if (part == ReplyPart::ok || part == ReplyPart::end_of_rows) part_done(part, now);
  return {};
}

// Nobody asked: the server closes the connection, and says why.
Step Session::unasked(const Message& message) {
  if (wire::mysql::decode_error(message.body)) return {.server_ends = true};
  return lose("the server sent what nobody asked for");
}

// One of several statements in a text is done, and the next follows.
void Session::part_done(ReplyPart part, WallTime now) {
  const Asked& asked = asked_.front();
  const ReplyOutcome& outcome = reply_->outcome();
  if (!asked.parts || !outcome.status.more_results()) return;
  const Part& current = (*asked.parts)[part_];
  if (current.call && part != ReplyPart::ok) return;
  transactions_.done(ended(asked, current.statement, outcome), outcome.status, now);
  now_in_database_of(asked, part_);
  counted_ = {outcome.rows, outcome.affected_rows, outcome.bytes};
  part_ = std::min(part_ + 1, asked.parts->size() - 1);
}

Ended Session::ended(const Asked& asked, const model::StatementPtr& statement, const ReplyOutcome& outcome) const {
  const std::uint64_t affected = outcome.affected_rows - counted_.affected;
  return {.statement = statement,
          .sent_at = asked.sent_at,
          .parameters = asked.parameters,
          .rows = number_of(std::max(outcome.rows - counted_.rows, affected)),
          .bytes = number_of(outcome.bytes - counted_.bytes),
          .error = sqlstate_of(outcome)};
}

Step Session::complete(WallTime now) {
  const ReplyOutcome outcome = reply_->outcome();
  settle(asked_.front(), outcome, now);
  static_cast<void>(asked_.pop());
  next_reply();
  state_since_ = now;
  return {.answered = true, .transaction_over = !in_transaction()};
}

void Session::next_reply() {
  part_ = 0;
  counted_ = {};
  reply_.reset();
  if (!asked_.empty()) reply_.emplace(asked_.front().command, connected_.capabilities);
}

void Session::settle(const Asked& asked, const ReplyOutcome& outcome, WallTime now) {
  switch (asked.command) {
    case Command::query:
    case Command::execute:
    case Command::bulk_execute: return run_done(asked, outcome, now);
    case Command::change_user:
    case Command::reset_connection: return begin_anew(asked, outcome, now);
    case Command::prepare: prepared(asked, outcome); break;
    case Command::fetch: fetched(asked, outcome); break;
    case Command::reset_statement:
      cursors_.erase(asked.number);
      if (const PreparedPtr prepared = find(asked.number)) prepared->sent = {};
      break;
    case Command::init_db:
      if (!outcome.failed) now_in_database_of(asked, 0);
      break;
    default: break;
  }
  if (!outcome.failed && outcome.has_status) transactions_.told(outcome.status, now);
}

void Session::run_done(const Asked& asked, const ReplyOutcome& outcome, WallTime now) {
  // A text that was answered as one statement was one, whatever is in it.
  const bool several = asked.parts && (part_ > 0 || outcome.failed);
  const Ended run = ended(asked, several ? (*asked.parts)[part_].statement : asked.statement, outcome);
  if (outcome.failed) {
    transactions_.failed(run, outcome.error_code, now);
  } else {
    transactions_.done(run, outcome.has_status ? outcome.status : transactions_.status(), now);
    if (several || !asked.parts) now_in_database_of(asked, part_);
  }
  if (asked.command == Command::execute) opened_cursor(asked, outcome, now);
}

void Session::now_in_database_of(const Asked& asked, std::size_t part) {
  if (!asked.used || part >= asked.used->size()) return;
  const std::string& database = (*asked.used)[part];
  if (database.empty() || database == who_->database) return;
  auto who = std::make_shared<model::ClientIdentity>(*who_);
  who->database = database;
  who_ = std::move(who);
  transactions_.record().client(who_);
}

void Session::prepared(const Asked& asked, const ReplyOutcome& outcome) {
  if (outcome.failed) {
    if (last_prepared_ == asked.prepared) last_prepared_ = nullptr;
    return;
  }
  if (!asked.prepared || prepared_.size() >= most_prepared) return;
  asked.prepared->number = outcome.prepared.statement;
  asked.prepared->parameters = outcome.prepared.parameters;
  prepared_[outcome.prepared.statement] = asked.prepared;
}

// Running it again closes the one before.
void Session::opened_cursor(const Asked& asked, const ReplyOutcome& outcome, WallTime now) {
  if (!asked.prepared) return;
  const std::uint32_t number = asked.prepared->number;
  cursors_.erase(number);
  const bool open = !outcome.failed && outcome.status.cursor_exists() && !outcome.status.last_row_sent();
  if (!open || cursors_.size() >= most_cursors || !prepared_.contains(number)) return;
  cursors_.emplace(number, model::OpenPortal{"statement " + std::to_string(number), asked.statement, now});
}

void Session::fetched(const Asked& asked, const ReplyOutcome& outcome) {
  const auto cursor = cursors_.find(asked.prepared ? asked.prepared->number : asked.number);
  if (cursor == cursors_.end()) return;
  cursor->second.rows += number_of(outcome.rows);
  if (outcome.failed || outcome.status.last_row_sent()) cursors_.erase(cursor);
}

// The server has rolled back and forgotten everything, whoever the client is now. A login that fails is refused after
// that, and the connection is closed.
void Session::begin_anew(const Asked& asked, const ReplyOutcome& outcome, WallTime now) {
  if (outcome.failed && asked.command == Command::reset_connection) return;
  transactions_.reset(now);
  prepared_.clear();
  last_prepared_ = nullptr;
  cursors_.clear();
  if (outcome.failed) return;
  if (asked.who) {
    who_ = asked.who;
    transactions_.record().client(who_);
  }
  if (outcome.has_status) transactions_.told(outcome.status, now);
}

}  // namespace lockkeeper::track::mysql
