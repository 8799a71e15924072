// Rows that are read as they come, and what it takes to stop reading them.
#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "client/drivers/mysql_connection.hpp"
#include "client/drivers/mysql_errors.hpp"

namespace lockkeeper::client::mysql {
namespace {

using Clock = std::chrono::steady_clock;

// Given up, a stream first drops what has come already: often that is all of it, and nothing has to be killed.
constexpr std::chrono::milliseconds time_for_what_has_come{20};

// Only a stream's handle: the statement belongs to the connection, and may be closed with it.
class MysqlStream : public RowStream {
 public:
  MysqlStream(MysqlConnection& connection, std::size_t chunk_rows) : connection_(connection), chunk_rows_(chunk_rows) {}
  ~MysqlStream() override {
    if (state_ == State::open) connection_.abandon_stream();
  }

  bool next(Rows& chunk, Deadline deadline) override {
    if (state_ == State::ended) {
      chunk.clear_rows();
      return false;
    }
    if (state_ == State::failed || !connection_.is_streaming()) throw Failure(misuse("the stream has ended"));
    state_ = State::failed;
    const bool has_rows = connection_.next_chunk(chunk, chunk_rows_, deadline);
    state_ = connection_.is_streaming() ? State::open : State::ended;
    return has_rows;
  }

 private:
  enum class State { open, ended, failed };

  MysqlConnection& connection_;
  std::size_t chunk_rows_;
  State state_ = State::open;
};

}  // namespace

std::unique_ptr<RowStream> MysqlConnection::stream(std::string_view sql, std::span<const Parameter> parameters,
                                                   std::size_t chunk_rows, Deadline deadline) {
  require_ready(deadline);
  if (chunk_rows == 0) throw Failure(misuse("a stream's chunks must have at least one row"));
  require_room(sql, parameters);
  auto running = std::make_unique<Running>(*this, sql, parameters, deadline);
  const Step step = begin_statement(*running, sql);
  if (step != Step::end) fail(step, *running);
  running->parameters = {};  // They live no longer than this call.
  streaming_ = std::move(running);
  return std::make_unique<MysqlStream>(*this, chunk_rows);
}

bool MysqlConnection::next_chunk(Rows& chunk, std::size_t most_rows, Deadline deadline) {
  Running& running = *streaming_;
  Cursor& cursor = *running.cursor;
  chunk.clear_rows();
  if (chunk.columns() != cursor.columns()) chunk.set_columns(cursor.columns());
  running.patience.renew(deadline);
  if (Clock::now() >= deadline) stop_stream();
  Step step = cursor.fetch(&chunk, running.patience);
  if (step == Step::row && running.patience.is_late()) stop_stream();
  while (step == Step::row && chunk.size() < most_rows) step = cursor.fetch_arrived(&chunk);
  if (step == Step::late || step == Step::failed) fail_stream(step);
  if (step == Step::end) {
    chunk.set_affected(cursor.columns().empty() ? cursor.affected() : 0);
    const std::unique_ptr<Running> done = std::move(streaming_);
    settle(*done);
  }
  return !chunk.empty();
}

// At the deadline: kills the statement, drops the rest of its rows and throws.
void MysqlConnection::stop_stream() {
  Running& running = *streaming_;
  if (!running.patience.is_late()) running.patience.stop();
  const Step step = drop_rows(running);
  if (step != Step::end) fail_stream(step);
  const std::unique_ptr<Running> done = std::move(streaming_);
  settle(*done);
  throw Failure(too_late("the rest of the rows was dropped", handle_ ? Blast::statement : Blast::connection));
}

Step MysqlConnection::drop_rows(Running& running) {
  Step step = Step::row;
  while (step == Step::row) {
    if (!running.patience.has_time()) return Step::late;
    step = running.cursor->fetch(nullptr, running.patience);
  }
  return step;
}

void MysqlConnection::fail_stream(Step step) {
  const std::unique_ptr<Running> running = std::move(streaming_);
  running->fault = running->cursor->fault();
  fail(step, *running);
}

void MysqlConnection::abandon_stream() noexcept {
  if (!streaming_) return;
  try {
    Running& running = *streaming_;
    const Deadline enough = Clock::now() + time_for_what_has_come;
    Step step = Step::row;
    while (step == Step::row && Clock::now() < enough) step = running.cursor->fetch_arrived(nullptr);
    if (step == Step::row || step == Step::pending) {
      running.patience.renew(Clock::now());
      running.patience.stop();
      step = drop_rows(running);
    }
    if (step == Step::late || step == Step::failed) fail_stream(step);
    const std::unique_ptr<Running> done = std::move(streaming_);
    settle(*done);
  } catch (const Failure&) {
    // The statement was given up anyway; the connection knows what is left of it.
    streaming_.reset();
  } catch (...) {
    end();
  }
}

}  // namespace lockkeeper::client::mysql
