#include "client/drivers/mysql_cancel.hpp"

#include <utility>

#include "client/drivers/mysql_call.hpp"
#include "client/drivers/mysql_connect.hpp"
#include "client/drivers/mysql_cursor.hpp"
#include "client/drivers/mysql_errors.hpp"
#include "client/drivers/mysql_session.hpp"

namespace lockkeeper::client::mysql {
namespace {

Error other_server() {
  return {ErrorCode::unreachable, "",
          "the second connection, which was to cancel the statement, reached another server of the same name",
          Blast::statement};
}

Error for_statement(Error error) {
  error.blast = Blast::statement;
  return error;
}

// While it lives, statements wait.
class Passage {
 public:
  explicit Passage(CancelGate& gate) : gate_(gate), ticket_(gate.enter()) {}
  Passage(const Passage&) = delete;
  Passage& operator=(const Passage&) = delete;
  ~Passage() {
    if (ticket_) gate_.leave(*ticket_);
  }
  [[nodiscard]] bool is_open() const noexcept { return ticket_.has_value(); }

 private:
  CancelGate& gate_;
  std::optional<std::uint64_t> ticket_;
};

}  // namespace

Result<void> Killer::reach(Deadline deadline) {
  auto connected = connect(target_->plan, deadline);
  if (!connected) return std::unexpected(for_statement(std::move(connected.error())));
  UntilDeadline waiter(deadline);
  const auto identity = learn_identity(connected->handle.get(), waiter);
  if (!identity) return std::unexpected(for_statement(identity.error()));
  if (*identity != target_->identity) return std::unexpected(other_server());
  handle_ = std::move(connected->handle);
  return {};
}

Result<void> Killer::kill(Deadline deadline) {
  if (!handle_) {
    if (const auto reached = reach(deadline); !reached) return reached;
  }
  const std::string sql = "KILL QUERY " + std::to_string(target_->connection_id);
  Cursor cursor(handle_.get());
  UntilDeadline waiter(deadline);
  const Step step = cursor.query(sql, waiter);
  if (step == Step::end) return {};
  if (step == Step::failed && cursor.fault().number == er_no_such_thread) return {};  // Nothing runs there any more.
  const Error error = step == Step::late
                          ? too_late("the server did not take the cancel request in time", Blast::statement)
                          : for_statement(statement_error(cursor.fault(), {}));
  handle_.cut();
  return std::unexpected(error);
}

std::optional<std::uint64_t> CancelGate::enter() {
  const std::lock_guard lock(mutex_);
  if (closed_) return std::nullopt;
  return *under_way_.insert(next_ticket_++).first;
}

void CancelGate::leave(std::uint64_t ticket) {
  const std::lock_guard lock(mutex_);
  under_way_.erase(ticket);
  sent_ = true;  // Also where it failed: the server may have taken it all the same.
  changed_.notify_all();
}

// Not for those that enter meanwhile: they may come without end, and may stop the statement.
bool CancelGate::wait_for_cancels(Deadline deadline) {
  std::unique_lock lock(mutex_);
  const std::uint64_t first_of_later_ones = next_ticket_;
  return changed_.wait_until(lock, deadline,
                             [&] { return under_way_.empty() || *under_way_.begin() >= first_of_later_ones; });
}

bool CancelGate::take_sent() {
  const std::lock_guard lock(mutex_);
  return std::exchange(sent_, false);
}

void CancelGate::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
}

void MysqlCanceller::cancel(Deadline deadline) {
  const Passage passage(*gate_);
  if (!passage.is_open()) {
    throw Failure({ErrorCode::connection_lost, "", "nothing to cancel: the connection is closed", Blast::connection});
  }
  Killer killer(target_);
  if (const auto killed = killer.kill(deadline); !killed) throw Failure(killed.error());
}

}  // namespace lockkeeper::client::mysql
