#include "client/transaction_cursor.hpp"

#include <fmt/format.h>

#include <exception>
#include <utility>

#include <lockkeeper/cursor.hpp>

namespace lockkeeper {
namespace client {
namespace {

// Appends a row of one value to another with the same columns.
void append_row(Rows& to, const Rows& from, std::size_t row) {
  for (std::size_t column = 0; column < from.columns().size(); ++column) to.append(from.cell(row, column));
}

}  // namespace

CursorBody::CursorBody(std::shared_ptr<TransactionScope> scope, std::string_view sql,
                       std::span<const Parameter> parameters)
    : scope_(std::move(scope)) {
  scope_->require_in_use();
  if (!scope_->body() || scope_->engine() != Engine::postgres) {
    stream_ = scope_->open_stream(sql, parameters, default_chunk_rows);
    return;
  }
  std::string name = fmt::format("lk_cursor_{}", scope_->body()->next_cursor());
  scope_->run(fmt::format("DECLARE {} NO SCROLL CURSOR FOR {}", name, sql), parameters);
  name_ = std::move(name);
  scope_->body()->count_cursors(1);
}

// Where the transaction is over or has failed, the server has closed it.
CursorBody::~CursorBody() {
  if (name_.empty() || !scope_->is_own_thread() || !scope_->is_active() || scope_->body()->has_failed()) return;
  try {
    scope_->run("CLOSE " + name_, {});
    scope_->body()->count_cursors(-1);
  } catch (const std::exception&) {
    return;  // It is noted with the transaction.
  }
}

Rows CursorBody::fetch(std::size_t count) {
  scope_->require_in_use();
  if (count == 0) {
    throw Failure({ErrorCode::misuse, "", "fetch was asked for 0 rows: ask for one at least", Blast::statement});
  }
  if (at_end_) return {};
  Rows rows = name_.empty() ? fetch_from_stream(count) : fetch_by_name(count);
  at_end_ = rows.size() < count;
  return rows;
}

Rows CursorBody::fetch_by_name(std::size_t count) {
  return scope_->run(fmt::format("FETCH FORWARD {} FROM {}", count, name_), {});
}

Rows CursorBody::fetch_from_stream(std::size_t count) {
  Rows rows;
  while (rows.size() < count) {
    if (next_ == chunk_.size()) {
      next_ = 0;
      chunk_.clear_rows();
      if (!stream_->next(chunk_, Deadline::max())) {
        stream_.reset();
        break;
      }
      if (rows.columns().empty()) rows.set_columns(chunk_.columns());
    }
    if (rows.columns().empty()) rows.set_columns(chunk_.columns());
    append_row(rows, chunk_, next_++);
  }
  return rows;
}

}  // namespace client

namespace detail {

std::shared_ptr<client::CursorBody> open_cursor(std::shared_ptr<client::TransactionScope> scope, std::string_view sql,
                                                std::span<const Parameter> parameters) {
  return std::make_shared<client::CursorBody>(std::move(scope), sql, parameters);
}

Rows fetch_rows(const client::TransactionScope& scope, client::CursorBody* cursor, std::size_t count) {
  if (cursor == nullptr) {
    throw Failure({ErrorCode::misuse, "", "this cursor was moved from", Blast::statement});
  }
  if (!cursor->is_of(scope)) {
    throw Failure({ErrorCode::misuse, "",
                   fmt::format("the cursor opened in the transaction begun at {} was fetched through another one",
                               client::to_text(cursor->scope().transaction_site())),
                   Blast::statement});
  }
  return cursor->fetch(count);
}

}  // namespace detail
}  // namespace lockkeeper
