#include "collect/mysql/sessions.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "collect/cells.hpp"
#include "sql/fingerprint.hpp"

namespace lockkeeper::collect::mysql {
namespace {

// The process list cuts a text off there; to be asked for less is to be told less.
constexpr std::int64_t process_list_text = 16'384;
constexpr std::int64_t process_list_text_of_mysql = 1'024;  // performance_schema's, whatever its settings say

template <class Row>
const Row* find(const std::map<std::int64_t, const Row*>& rows, std::int64_t key) {
  const auto found = rows.find(key);
  return found == rows.end() ? nullptr : found->second;
}

model::SessionKind kind_of(const SessionRow& row) {
  using enum model::SessionKind;
  if (row.command.starts_with("Binlog Dump")) return replication;
  const bool own = row.user == "system user" || row.user == "event_scheduler" || row.command == "Daemon" ||
                   row.command.starts_with("Slave_") || row.command.starts_with("Replica_");
  return own ? background : client;
}

model::SessionState state_of(const SessionRow& row, bool in_transaction) {
  using enum model::SessionState;
  if (row.command == "Sleep") return in_transaction ? idle_in_transaction : idle;
  if (row.command == "Connect" && row.user == "unauthenticated user") return other;
  return active;
}

// A host without a port came by the socket.
std::string client_of(const SessionRow& row) { return row.host == "localhost" ? "local socket" : row.host; }

std::string application_of(std::int64_t session, const LookRows& rows) {
  std::string library;
  for (const auto& attribute : rows.attributes) {
    if (attribute.session != session) continue;
    if (attribute.name == "program_name" && !attribute.value.empty()) return attribute.value;
    if (attribute.name == "_client_name") library = attribute.value;
  }
  return library;
}

std::string wait_of(const SessionRow& row, const TransactionRow* transaction) {
  if (row.command == "Sleep") return "";
  if (transaction != nullptr && transaction->state == "LOCK WAIT") return "InnoDB: lock";
  return row.command == "Killed" ? "Killed: " + row.state : row.state.starts_with("Waiting") ? row.state : "";
}

std::optional<model::Transaction> transaction_of(const LookRows& rows, const TransactionRow* row,
                                                 const TransactionEventRow* event) {
  if (row == nullptr && event == nullptr) return std::nullopt;
  model::Transaction transaction;
  transaction.started_at = event != nullptr ? rows.now - event->age : row->started_at;
  if (row == nullptr) return transaction;  // it has touched nothing
  transaction.wrote = row->rows_modified > 0;
  transaction.rows_modified = row->rows_modified;
  transaction.rows_locked = row->rows_locked;
  transaction.tables_locked = row->tables_locked;
  transaction.rolling_back = row->state == "ROLLING BACK";
  return transaction;
}

model::PastStatement past(const StatementRow& row, const LookRows& rows, const TransactionEventRow& transaction) {
  // performance_schema's clock to the wall's: the transaction's age was taken by the former as of `now`.
  const model::WallTime epoch = rows.now - transaction.age - transaction.started;
  return {to_statement(row.text, rows.server.text_size, rows.backslashes, row.digest), epoch + row.started,
          row.ended - row.started, row.rows, row.error};
}

}  // namespace

Directory::Directory(const LookRows& rows) : rows_(rows) {
  for (const auto& row : rows.threads) {
    by_session_[row.session] = &row;
    by_thread_[row.thread] = &row;
  }
  for (const auto& row : rows.transactions) transactions_[row.session] = &row;
  for (const auto& row : rows.transactions) sessions_by_transaction_[row.id] = row.session;
  for (const auto& row : rows.transaction_events) events_[row.thread] = &row;
  for (const auto& row : rows.statement_times) {
    times_[row.thread] = &row;
    if (row.ours) now_ = row.ended;
  }
}

std::optional<model::SessionId> Directory::of_transaction(const std::string& id) const {
  const auto found = sessions_by_transaction_.find(id);
  return found == sessions_by_transaction_.end() ? std::nullopt : std::optional(id_of(found->second));
}

std::optional<model::SessionId> Directory::waiter_of(const LockWaitRow& row) const {
  return rows_.engine == model::Engine::mysql ? of_thread(to_integer(row.waiter)) : of_transaction(row.waiter);
}

// By its transaction: a lock's thread is the one that wrote it down. A row that was inserted is locked without a lock,
// until somebody else wants it: that one writes the lock down in the other's name, and would seem to wait for itself.
std::optional<model::SessionId> Directory::blocker_of(const LockWaitRow& row) const {
  if (const auto session = of_transaction(row.blocking_transaction)) return session;
  const bool says_nothing = rows_.engine != model::Engine::mysql || row.blocker.empty() || row.blocker == row.waiter;
  return says_nothing ? std::nullopt : of_thread(to_integer(row.blocker));
}

std::optional<model::Duration> Directory::since_statement(std::int64_t session, bool asleep) const {
  const ThreadRow* thread = thread_of(session);
  const StatementTimeRow* time = thread == nullptr || !now_ ? nullptr : find(times_, thread->thread);
  if (time == nullptr || time->has_ended != asleep) return std::nullopt;  // it went on between two of our queries
  return std::max(*now_ - (asleep ? time->ended : time->started), model::Duration::zero());
}

std::optional<model::SessionId> Directory::of_thread(std::int64_t thread) const {
  const ThreadRow* row = find(by_thread_, thread);
  return row == nullptr ? std::nullopt : std::optional(id_of(row->session));
}

const ThreadRow* Directory::thread_of(std::int64_t session) const { return find(by_session_, session); }

const TransactionRow* Directory::transaction_of(std::int64_t session) const { return find(transactions_, session); }

const TransactionEventRow* Directory::event_of(std::int64_t session) const {
  const ThreadRow* thread = thread_of(session);
  return thread == nullptr ? nullptr : find(events_, thread->thread);
}

model::Statement to_statement(std::string_view text, std::int64_t most_bytes, sql::Backslashes backslashes,
                              std::optional<std::string> digest) {
  // Cut up to three bytes earlier so as not to split a character.
  const bool cut = std::ssize(text) >= most_bytes - 3;
  const auto analyzed =
      sql::analyze(text, {.dialect = sql::Dialect::mysql, .backslashes = backslashes, .truncated = cut});
  return {analyzed.fingerprint, analyzed.kind, analyzed.normalized, analyzed.truncated, std::move(digest)};
}

std::optional<model::StatementHistory> history_of(std::int64_t session, const LookRows& rows,
                                                  const Directory& directory) {
  const TransactionEventRow* transaction = directory.event_of(session);
  if (transaction == nullptr) return std::nullopt;
  model::StatementHistory history;
  std::int64_t of_thread = 0;
  std::int64_t first_event = 0;
  for (const auto& row : rows.statements) {
    if (row.thread != transaction->thread) continue;
    ++of_thread;
    // The statement that began the transaction without a BEGIN is around it, not in it.
    if (row.transaction != transaction->event && row.event != transaction->begun_by) continue;
    if (history.statements.empty()) first_event = row.event;
    history.statements.push_back(past(row, rows, *transaction));
  }
  if (of_thread == 0) return std::nullopt;
  // Events are numbered by thread, and other kinds of event take numbers too: at most so many are gone.
  const std::int64_t begin = transaction->begun_by ? *transaction->begun_by : transaction->event + 1;
  if (of_thread >= rows.server.history_size && first_event > begin) history.lost_at_most = first_event - begin;
  return history;
}

model::Session to_session(const SessionRow& row, const LookRows& rows, const Directory& directory) {
  const TransactionRow* transaction = directory.transaction_of(row.id);
  model::Session session;
  session.id = directory.id_of(row.id);
  session.kind = kind_of(row);
  session.transaction = transaction_of(rows, transaction, directory.event_of(row.id));
  session.state = state_of(row, session.transaction.has_value());
  session.application = application_of(row.id, rows);
  session.user = row.user;
  session.database = row.database;
  session.client = client_of(row);
  session.superuser = std::ranges::find(rows.supers, row.user) != rows.supers.end();
  const bool asleep = row.command == "Sleep";
  session.state_changed_at = rows.now - directory.since_statement(row.id, asleep).value_or(row.in_state);
  if (!asleep) session.statement_started_at = session.state_changed_at;
  session.wait_event = wait_of(row, transaction);
  if (row.text && !row.text->empty()) {
    const auto most = rows.engine == model::Engine::mariadb ? process_list_text : process_list_text_of_mysql;
    session.statement = to_statement(*row.text, most, rows.backslashes, {});
  }
  if (session.state != model::SessionState::idle_in_transaction) return session;
  session.transaction->history = history_of(row.id, rows, directory);
  const auto& history = session.transaction->history;
  if (history && !history->statements.empty() && !history->statements.back().statement.text.empty())
    session.statement = history->statements.back().statement;
  return session;
}

}  // namespace lockkeeper::collect::mysql
