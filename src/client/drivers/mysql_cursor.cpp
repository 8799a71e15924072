#include "client/drivers/mysql_cursor.hpp"

#include "client/drivers/mysql_binds.hpp"

namespace lockkeeper::client::mysql {

Step Cursor::query(std::string_view sql, Waiter& waiter) {
  int status = 0;
  const bool in_time = call(
      session_, waiter,
      [&] { return mysql_real_query_start(&status, session_, sql.data(), static_cast<unsigned long>(sql.size())); },
      [&](int events) { return mysql_real_query_cont(&status, session_, events); });
  return in_time ? begun(status) : Step::late;
}

Step Cursor::execute(MYSQL_STMT* statement, std::span<const Parameter> parameters, Waiter& waiter) {
  statement_ = statement;
  Binds binds(parameters);
  if (mysql_stmt_bind_param(statement, binds.data()) != 0) return after(Step::failed);
  // Or libmariadb insists on the columns of the time when it was prepared; the server tells today's with every answer.
  statement->field_count = 0;
  int status = 0;
  const bool in_time = call(
      session_, waiter, [&] { return mysql_stmt_execute_start(&status, statement); },
      [&](int events) { return mysql_stmt_execute_cont(&status, statement, events); });
  return in_time ? begun(status) : Step::late;
}

Step Cursor::begun(int status) {
  if (status != 0) return after(Step::failed);
  first_.emplace(session_, statement_);
  if (first_->open() == Step::failed) return after(Step::failed);
  is_open_ = first_->has_rows_left() || mysql_more_results(session_) != 0;
  return Step::end;
}

// What a step means for the whole: a fault is kept, and the answer has ended with anything but a row.
Step Cursor::after(Step step) {
  if (step == Step::failed) fault_ = statement_ != nullptr ? fault_of(statement_) : fault_of(session_);
  if (step != Step::row && step != Step::pending) is_open_ = false;
  return step;
}

Step Cursor::fetch(Rows* rows, Waiter& waiter) {
  if (!is_open_) return Step::end;
  const Step step = first_->read(rows, &waiter);
  return after(step == Step::end ? skip_results(waiter) : step);
}

Step Cursor::fetch_arrived(Rows* rows) {
  if (!is_open_) return Step::end;
  const Step step = first_->read(rows, nullptr);
  const bool has_more = step == Step::end && mysql_more_results(session_) != 0;
  return after(has_more ? Step::pending : step);
}

Step Cursor::skip_results(Waiter& waiter) {
  Step step = Step::end;
  while (step == Step::end && mysql_more_results(session_) != 0) step = skip_next_result(waiter);
  return step;
}

Step Cursor::skip_next_result(Waiter& waiter) {
  int status = 0;
  const bool is_binary = statement_ != nullptr;
  const bool in_time = call(
      session_, waiter,
      [&] {
        return is_binary ? mysql_stmt_next_result_start(&status, statement_)
                         : mysql_next_result_start(&status, session_);
      },
      [&](int events) {
        return is_binary ? mysql_stmt_next_result_cont(&status, statement_, events)
                         : mysql_next_result_cont(&status, session_, events);
      });
  if (!in_time) return Step::late;
  if (status != 0) return Step::failed;
  ResultReader reader(session_, statement_);
  Step step = reader.open();
  while (step == Step::end && reader.has_rows_left()) {
    step = reader.read(nullptr, &waiter);
    if (step == Step::row) step = Step::end;
  }
  return step;
}

}  // namespace lockkeeper::client::mysql
