// What an action says when something fails before, in or after its guarded statement: a driver that fails on demand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <stdexcept>
#include <variant>

#include "collect/made_rows.hpp"
#include "collect/postgres/collector.hpp"

namespace lockkeeper::collect::postgres {
namespace {

using model::ActionOutcome;
using ::testing::HasSubstr;
using Answer = std::variant<Rows, Error>;

class ScriptedConnection : public Connection {
 public:
  explicit ScriptedConnection(std::deque<Answer> answers) : answers_(std::move(answers)) { info_.version = 150000; }

  Rows execute(std::string_view, std::span<const Parameter>, Deadline) override {
    Answer answer = std::move(answers_.at(0));
    answers_.pop_front();
    if (const auto* error = std::get_if<Error>(&answer)) throw Failure(*error);
    return std::get<Rows>(std::move(answer));
  }
  std::vector<Rows> execute_batch(std::span<const Statement>, Deadline) override { return {}; }
  // An action calls nothing below: it runs single statements.
  std::unique_ptr<RowStream> stream(std::string_view, std::span<const Parameter>, std::size_t, Deadline) override {
    throw std::logic_error("an action reads no stream");
  }
  void begin(const BeginOptions&, Deadline) override { throw std::logic_error("an action opens no transaction"); }
  void ping(Deadline) override { throw std::logic_error("an action pings nobody"); }
  void reset(Deadline) override { throw std::logic_error("an action resets nothing"); }
  [[nodiscard]] std::vector<LockWait> lock_waits(std::span<const std::int64_t>, Deadline) override {
    throw std::logic_error("an action asks for no waits");
  }
  [[nodiscard]] void* native_handle() noexcept override { return nullptr; }
  [[nodiscard]] TransactionStatus transaction_status() const noexcept override { return TransactionStatus::idle; }
  std::unique_ptr<Canceller> canceller() override { return nullptr; }
  [[nodiscard]] const ServerInfo& server() const noexcept override { return info_; }
  void close() noexcept override {}

 private:
  std::deque<Answer> answers_;
  ServerInfo info_;
};

class ScriptedDriver : public Driver {
 public:
  explicit ScriptedDriver(std::deque<Answer> answers) : answers_(std::move(answers)) {}

  /// With nothing to answer there is nobody to connect to.
  std::unique_ptr<Connection> connect(const Target&, Deadline) override {
    if (answers_.empty()) throw Failure({ErrorCode::deadline, "", "no answer in time", Blast::connection});
    return std::make_unique<ScriptedConnection>(answers_);
  }
  [[nodiscard]] std::string public_url(std::string_view url) const override { return std::string(url); }

 private:
  std::deque<Answer> answers_;
};

model::ActionResult terminate(std::deque<Answer> answers,
                              Deadline deadline = std::chrono::steady_clock::now() + std::chrono::hours(1)) {
  ScriptedDriver driver(std::move(answers));
  model::Guard guard;
  guard.session = id_of(7);
  return Collector(driver, "postgresql://server").terminate(guard, deadline);
}

const Rows sent = rows_of(1, {{"t"}});
const Error deadline{ErrorCode::deadline, "", "the deadline passed", Blast::statement};
const Error lost{ErrorCode::connection_lost, "57P01", "terminating connection", Blast::connection};
const Error cancelled{ErrorCode::cancelled, "57014", "canceling statement", Blast::statement};
const Error denied{ErrorCode::permission, "42501", "must be a member", Blast::statement};
const Error catalog_locked{ErrorCode::lock_not_available, "55P03", "lock timeout", Blast::statement};

TEST(ActionOutcomes, WithoutAConnectionNothingWasDone) {
  EXPECT_EQ(terminate({}).outcome, ActionOutcome::skipped);
  EXPECT_EQ(terminate({sent}, std::chrono::steady_clock::now()).outcome, ActionOutcome::skipped) << "never sent";
}

TEST(ActionOutcomes, AGuardedStatementThatWasCutShortMayHaveSignalled) {
  for (const Error& error : {deadline, lost, cancelled}) {
    const auto result = terminate({error});
    EXPECT_EQ(result.outcome, ActionOutcome::unknown) << error.message;
    EXPECT_THAT(result.reason, HasSubstr("may have been signalled"));
    EXPECT_THAT(result.reason, HasSubstr(error.message));
  }
}

TEST(ActionOutcomes, AGuardedStatementThatTheServerRefusedHasNot) {
  EXPECT_EQ(terminate({denied}).outcome, ActionOutcome::denied);
  EXPECT_EQ(terminate({catalog_locked}).outcome, ActionOutcome::skipped);
}

TEST(ActionOutcomes, AfterTheSignalNoFailureIsSkipped) {
  EXPECT_EQ(terminate({sent, rows_of(2, {})}).outcome, ActionOutcome::done);
  const auto late = terminate({sent, deadline});
  EXPECT_EQ(late.outcome, ActionOutcome::still_there);
  EXPECT_THAT(late.reason, HasSubstr("the signal was sent"));
  for (const Error& error : {lost, cancelled, denied, catalog_locked}) {
    const auto result = terminate({sent, error});
    EXPECT_EQ(result.outcome, ActionOutcome::unknown) << error.message;
    EXPECT_THAT(result.reason, HasSubstr("the signal was sent, then "));
    EXPECT_THAT(result.reason, HasSubstr(error.message));
  }
}

}  // namespace
}  // namespace lockkeeper::collect::postgres
