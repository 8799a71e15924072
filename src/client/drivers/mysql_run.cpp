// How a MysqlConnection runs one statement: everything between a caller's text and its rows or its Failure.
#include <algorithm>
#include <chrono>
#include <memory>
#include <new>
#include <string>
#include <utility>

#include "client/drivers/mysql_binds.hpp"
#include "client/drivers/mysql_commit_words.hpp"
#include "client/drivers/mysql_connection.hpp"
#include "client/drivers/mysql_errors.hpp"
#include "client/drivers/socket_wait.hpp"

namespace lockkeeper::client::mysql {
namespace {

// Asking the clock costs as much as reading a short row.
constexpr std::size_t rows_between_looks = 64;

// Around the text and the parameters in their packet.
constexpr std::size_t packet_overhead = 64;

struct StatementClose {
  void operator()(MYSQL_STMT* statement) const noexcept { mysql_stmt_close(statement); }
};
using OwnStatement = std::unique_ptr<MYSQL_STMT, StatementClose>;

bool may_commit(std::string_view sql, TransactionStatus status) {
  return status == TransactionStatus::open ? may_end_transaction(sql) : !never_commits_by_itself(sql);
}

// The server did not run it, because it does not know it any more.
bool must_be_prepared_anew(const Fault& fault) {
  return fault.number == er_unknown_statement_handler || fault.number == er_need_reprepare;
}

Failure wrong_count(std::size_t placeholders, std::size_t parameters) {
  return Failure(misuse("the statement has " + std::to_string(placeholders) + " placeholders, but " +
                        std::to_string(parameters) + " parameters were given"));
}

}  // namespace

MysqlConnection::Running::Running(MysqlConnection& connection, std::string_view sql, std::span<const Parameter> bound,
                                  Deadline deadline)
    : before(connection.transaction_status()),
      may_commit(mysql::may_commit(sql, before)),
      parameters(bound),
      patience(connection.target_, deadline) {}

Rows MysqlConnection::run(std::string_view sql, std::span<const Parameter> parameters, Deadline deadline) {
  require_ready(deadline);
  require_room(sql, parameters);
  Running running(*this, sql, parameters, deadline);
  const Step step = begin_statement(running, sql);
  if (step != Step::end) fail(step, running);
  Rows rows = read_all(running);
  settle(running);
  return rows;
}

// Before anything is sent the end of a session is certain and harmless; afterwards it may be a lost commit.
void MysqlConnection::require_ready(Deadline deadline) {
  require_open();
  UntilDeadline waiter(std::max(deadline, std::chrono::steady_clock::now() + std::chrono::seconds(1)));
  if (has_input(mysql_get_socket(handle_.get()))) {  // The server's last words, or the end of the socket.
    if (auto alive = mysql::ping(handle_.get(), waiter); !alive) {
      end();
      if (alive.error().code != ErrorCode::deadline) alive.error().code = ErrorCode::connection_lost;
      alive.error().blast = Blast::connection;
      throw Failure(std::move(alive.error()));
    }
  }
  if (std::chrono::steady_clock::now() >= deadline) {
    throw Failure(too_late("the statement was not sent", Blast::statement));
  }
  if (!gate_->wait_for_cancels(deadline)) {
    throw Failure(too_late("a cancel request for the statement before is still under way", Blast::statement));
  }
  if (!gate_->take_sent()) return;
  if (const Step step = absorb_kill(waiter); step != Step::end) {
    end();
    if (step == Step::late) throw Failure(too_late("the server did not answer", Blast::connection));
    throw Failure(
        {ErrorCode::connection_lost, "", "the session was lost after a cancelled statement", Blast::connection});
  }
}

// The server would read it, refuse it and close the connection.
void MysqlConnection::require_room(std::string_view sql, std::span<const Parameter> parameters) const {
  const std::size_t bytes = sql.size() + packet_bytes(parameters) + packet_overhead;
  if (facts_.largest_packet == 0 || bytes <= facts_.largest_packet) return;
  throw Failure({ErrorCode::configuration, "",
                 "the statement and its parameters take " + std::to_string(bytes) +
                     " bytes, more than the server's max_allowed_packet of " + std::to_string(facts_.largest_packet),
                 Blast::statement});
}

Step MysqlConnection::begin_statement(Running& running, std::string_view sql) {
  running.cursor.emplace(handle_.get());
  const Step step = running.parameters.empty() ? begin_text(running, sql) : begin_prepared(running, sql);
  if (step == Step::failed && running.fault.number == 0) running.fault = running.cursor->fault();
  return step;
}

Step MysqlConnection::begin_text(Running& running, std::string_view sql) {
  running.is_sent = true;
  const Step step = running.cursor->query(sql, running.patience);
  const bool is_parse_error = step == Step::failed && running.cursor->fault().number == er_parse_error;
  return is_parse_error && sql.contains('?') ? look_for_placeholders(running, sql) : step;
}

// Was it a parameter that was missing? The server knows better than we where a '?' is a placeholder.
Step MysqlConnection::look_for_placeholders(Running& running, std::string_view sql) {
  const Fault parse_error = running.cursor->fault();
  running.is_sent = false;  // It was not run.
  MYSQL_STMT* statement = nullptr;
  const Step step = prepare(running, sql, statement);
  if (step == Step::late) return step;
  const unsigned long placeholders = step == Step::end ? mysql_stmt_param_count(statement) : 0;
  running.fault = parse_error;
  if (placeholders == 0) return Step::failed;
  settle(running);
  throw wrong_count(placeholders, 0);
}

Step MysqlConnection::begin_prepared(Running& running, std::string_view sql) {
  for (bool is_second = false;; is_second = true) {
    MYSQL_STMT* statement = statements_.find(sql);
    if (statement == nullptr) {
      if (const Step step = prepare(running, sql, statement); step != Step::end) return step;
    }
    const unsigned long placeholders = mysql_stmt_param_count(statement);
    if (placeholders != running.parameters.size()) {
      settle(running);
      throw wrong_count(placeholders, running.parameters.size());
    }
    running.is_sent = true;
    const Step step = running.cursor->execute(statement, running.parameters, running.patience);
    if (is_second || step != Step::failed || !must_be_prepared_anew(running.cursor->fault())) return step;
    running.is_sent = false;
    running.cursor.emplace(handle_.get());
    if (!statements_.drop(sql, running.patience)) return Step::late;
  }
}

// Into the cache, where it stays at least until this statement has settled.
Step MysqlConnection::prepare(Running& running, std::string_view sql, MYSQL_STMT*& statement) {
  for (bool is_second = false;; is_second = true) {
    OwnStatement made(mysql_stmt_init(handle_.get()));
    if (!made) throw std::bad_alloc();
    int status = 0;
    const bool in_time = call(
        handle_.get(), running.patience,
        [&] {
          return mysql_stmt_prepare_start(&status, made.get(), sql.data(), static_cast<unsigned long>(sql.size()));
        },
        [&](int events) { return mysql_stmt_prepare_cont(&status, made.get(), events); });
    if (!in_time) return Step::late;
    if (status == 0) {
      statement = made.release();
      statements_.keep(sql, statement);
      return Step::end;
    }
    running.fault = fault_of(made.get());
    // The server has a limit for all its sessions together; ours may well be those that it has too many of.
    const bool makes_room = running.fault.number == er_max_prepared_statements && !statements_.empty() && !is_second;
    if (!makes_room) return Step::failed;
    running.fault = {};
    if (!statements_.drop_all(running.patience)) return Step::late;
  }
}

Rows MysqlConnection::read_all(Running& running) {
  Cursor& cursor = *running.cursor;
  Rows rows;
  rows.set_columns(cursor.columns());
  Step step = Step::end;
  for (std::size_t count = 1; (step = cursor.fetch(&rows, running.patience)) == Step::row; ++count) {
    if (count % rows_between_looks == 0 && !running.patience.has_time()) fail(Step::late, running);
  }
  if (step != Step::end) {
    running.fault = cursor.fault();
    fail(step, running);
  }
  rows.set_affected(rows.columns().empty() ? cursor.affected() : rows.size());
  return rows;
}

// After its success: the statement did happen, whatever becomes of the connection now.
void MysqlConnection::settle(Running& running) {
  UntilDeadline waiter(running.patience.for_cleaning_up());
  const bool is_clean = !running.patience.has_stopped() || absorb_kill(waiter) == Step::end;
  if (!is_clean || !statements_.trim(waiter)) end();
}

// A kill that comes after its statement has ended may stop the next one: let that be one that does nothing.
Step MysqlConnection::absorb_kill(Waiter& waiter) {
  Cursor nothing(handle_.get());
  const Step step = nothing.query("DO 0", waiter);
  const bool is_absorbed = step == Step::failed && nothing.fault().number == er_query_interrupted;
  return is_absorbed ? Step::end : step;
}

void MysqlConnection::fail(Step step, Running& running) {
  if (step == Step::late) {
    lose(too_late("the server did not stop the statement in time", Blast::connection), running);
  }
  Error error = statement_error(running.fault, running.parameters);
  if (!running.fault.is_from_server() && !running.fault.is_end_of_session()) error.code = ErrorCode::protocol;
  if (!running.fault.is_from_server() || running.fault.is_end_of_session()) lose(std::move(error), running);
  // Error packets do not tell the transaction's status, which deadlocks, DDL and procedures change: so ask.
  UntilDeadline waiter(running.patience.for_cleaning_up());
  const bool is_clean = !running.patience.has_stopped() || absorb_kill(waiter) == Step::end;
  if (!is_clean || !mysql::ping(handle_.get(), waiter) || !statements_.trim(waiter)) {
    end();
    error.blast = Blast::connection;
    throw Failure(std::move(error));
  }
  if (running.fault.number == er_query_interrupted && running.patience.is_late()) {
    error.code = ErrorCode::deadline;
    error.message = "the deadline passed; the statement was cancelled";
  }
  const bool is_given_up =
      running.before == TransactionStatus::open && (handle_.get()->server_status & SERVER_STATUS_IN_TRANS) == 0;
  error.blast = is_given_up ? Blast::transaction : Blast::statement;
  throw Failure(std::move(error));
}

void MysqlConnection::lose(Error error, Running& running) {
  error.blast = running.may_commit && running.is_sent ? Blast::commit_unknown : Blast::connection;
  running.cursor.reset();  // While its session exists.
  end();
  throw Failure(std::move(error));
}

}  // namespace lockkeeper::client::mysql
