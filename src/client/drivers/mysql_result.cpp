#include "client/drivers/mysql_result.hpp"

#include <utility>

#include "client/drivers/mysql_cells.hpp"

namespace lockkeeper::client::mysql {
namespace {

// The packet that ends a result: this byte, the number of warnings, the status.
constexpr unsigned char end_of_rows = 0xFE;

std::vector<std::string> names_of(const MYSQL_FIELD* fields, unsigned int count) {
  std::vector<std::string> names;
  for (unsigned int column = 0; column < count; ++column) {
    names.emplace_back(fields[column].name, fields[column].name_length);
  }
  return names;
}

// libmariadb does not look at it when it reads a prepared statement's rows one by one. After the row of a procedure's
// OUT parameters the procedure's own outcome always follows: MySQL says so before that row, and no more behind it.
void take_status_of_end(MYSQL* session) {
  const unsigned char* packet = session->net.read_pos;
  if (packet == nullptr || packet[0] != end_of_rows) return;
  const bool were_out_parameters = (session->server_status & SERVER_PS_OUT_PARAMS) != 0;
  session->server_status = static_cast<unsigned int>(packet[3]) | static_cast<unsigned int>(packet[4]) << 8U;
  if (were_out_parameters) session->server_status |= SERVER_MORE_RESULTS_EXIST;
}

}  // namespace

Step ResultReader::open() {
  const unsigned int count = mysql_field_count(session_);
  if (count == 0) {
    affected_ = statement_ != nullptr ? mysql_stmt_affected_rows(statement_) : mysql_affected_rows(session_);
    return Step::end;
  }
  const MYSQL_FIELD* fields = nullptr;
  if (statement_ != nullptr) {
    fields = statement_->fields;
  } else {
    result_ = mysql_use_result(session_);
    if (result_ == nullptr) return Step::failed;
    fields = mysql_fetch_fields(result_);
  }
  columns_ = names_of(fields, count);
  has_rows_left_ = true;
  return Step::end;
}

int ResultReader::start() {
  forget_tls_errors(session_);
  return statement_ != nullptr ? mysql_stmt_fetch_start(&fetched_, statement_)
                               : mysql_fetch_row_start(&text_row_, result_);
}

int ResultReader::go_on(int events) {
  forget_tls_errors(session_);
  return statement_ != nullptr ? mysql_stmt_fetch_cont(&fetched_, statement_, events)
                               : mysql_fetch_row_cont(&text_row_, result_, events);
}

Step ResultReader::read(Rows* rows, Waiter* waiter) {
  if (!has_rows_left_) return Step::end;
  int events = std::exchange(suspended_, 0);
  if (events == 0) events = start();
  while (events != 0) {
    if (waiter == nullptr && !is_ready(session_, events)) {
      suspended_ = events;
      return Step::pending;
    }
    if (waiter != nullptr && !waiter->wait(session_, events)) {
      give_up(session_, events, [this](int more) { return go_on(more); });
      has_rows_left_ = false;
      return Step::late;
    }
    events = go_on(events);
  }
  return take(rows);
}

Step ResultReader::take(Rows* rows) {
  const bool is_binary = statement_ != nullptr;
  if (is_binary ? fetched_ == 0 || fetched_ == MYSQL_DATA_TRUNCATED : text_row_ != nullptr) {
    if (rows != nullptr) append_row(*rows);
    return Step::row;
  }
  has_rows_left_ = false;
  const bool at_end = is_binary ? fetched_ == MYSQL_NO_DATA : mysql_errno(session_) == 0;
  if (!at_end) return Step::failed;
  if (is_binary) take_status_of_end(session_);
  return Step::end;
}

void ResultReader::append_row(Rows& rows) {
  const auto count = static_cast<unsigned int>(columns_.size());
  if (statement_ != nullptr) {
    for (unsigned int column = 0; column < count; ++column) append_binary_cell(rows, statement_, column, scratch_);
    return;
  }
  const MYSQL_FIELD* fields = mysql_fetch_fields(result_);
  const unsigned long* lengths = mysql_fetch_lengths(result_);
  for (unsigned int column = 0; column < count; ++column) {
    append_text_cell(rows, fields[column], text_row_[column], lengths[column]);
  }
}

void ResultReader::forget() noexcept {
  if (const int events = std::exchange(suspended_, 0); events != 0) {
    give_up(session_, events, [this](int more) { return go_on(more); });
  }
  if (std::exchange(has_rows_left_, false)) cut_socket(session_);
  MYSQL_RES* result = std::exchange(result_, nullptr);
  if (result == nullptr) return;
  result->handle = nullptr;  // Or libmariadb reads, and waits for, the rows that are left.
  mysql_free_result(result);
}

}  // namespace lockkeeper::client::mysql
