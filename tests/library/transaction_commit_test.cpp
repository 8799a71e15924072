// What COMMIT may answer, and when a transaction is run again: on a server whose answers the test scripts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <lockkeeper/database.hpp>

#include "client/driver_under_test.hpp"
#include "library/recorder.hpp"
#include "library/stub_driver.hpp"

namespace lockkeeper::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// What the statements of all connections do instead of succeeding.
struct Script {
  std::function<void(Connection&)> at_begin;
  std::function<void(Connection&)> at_commit;
  std::function<void(Connection&)> after_commit;
  std::function<void(Connection&)> at_rollback;
};

class ScriptedConnection : public StubConnection {
 public:
  ScriptedConnection(std::shared_ptr<StubServer> server, Script& script)
      : StubConnection(std::move(server)), script_(script) {}
  using StubConnection::execute;
  Rows execute(std::string_view sql, std::span<const Parameter> parameters, Deadline deadline) override {
    if (sql == "COMMIT" && script_.at_commit) script_.at_commit(*this);
    if (sql == "ROLLBACK" && script_.at_rollback) script_.at_rollback(*this);
    Rows rows = StubConnection::execute(sql, parameters, deadline);
    if (sql == "COMMIT" && script_.after_commit) script_.after_commit(*this);
    return rows;
  }
  void begin(const BeginOptions& options, Deadline deadline) override {
    StubConnection::begin(options, deadline);
    if (script_.at_begin) script_.at_begin(*this);
  }
  /// As the server does where it refuses a COMMIT.
  void forget_transaction() { StubConnection::execute("ROLLBACK", {}, {}); }

 private:
  Script& script_;
};

class ScriptedDriver : public StubDriver {
 public:
  ScriptedDriver(std::shared_ptr<StubServer> server, Script& script)
      : StubDriver(server), server_(std::move(server)), script_(script) {}
  std::unique_ptr<Connection> connect(const Target&, Deadline) override {
    return std::make_unique<ScriptedConnection>(server_, script_);
  }

 private:
  std::shared_ptr<StubServer> server_;
  Script& script_;
};

struct Commit : ::testing::Test {
  Script script;
  std::shared_ptr<StubServer> server = std::make_shared<StubServer>();
  EventRecorder events;
  Database db{std::make_shared<ScriptedDriver>(server, script), Target{},
              PoolSettings{.name = "scripted", .maximum_size = 2}, events};
  std::vector<std::string> ended;

  PoolMetrics metrics() { return db.pool().metrics(); }
  void note_ends(TransactionRef tx) {
    tx.after_commit([this](Database&) { ended.push_back("commit"); });
    tx.after_rollback([this](Database&) { ended.push_back("rollback"); });
    tx.after_completion([this](Database&, CommitOutcome outcome) { ended.emplace_back(to_string(outcome)); });
  }
  void lose_the_reply() {
    script.at_commit = [](Connection& connection) {
      connection.close();
      throw Failure({ErrorCode::connection_lost, "", "the server closed the connection", Blast::commit_unknown});
    };
  }
  void refuse_commit(ErrorCode code, int times = 1) {
    script.at_commit = [this, code, left = std::make_shared<int>(times)](Connection& connection) {
      if ((*left)-- == 0) {
        script.at_commit = nullptr;
        return;
      }
      static_cast<ScriptedConnection&>(connection).forget_transaction();
      throw Failure({code, "23503", "still referenced by order 7", Blast::transaction});
    };
  }
};

TEST_F(Commit, WhoseReplyIsLostIsUnknown) {
  lose_the_reply();
  Transaction tx = db.begin({.name = "payment"});
  tx.ref().execute("SELECT 1");
  note_ends(tx.ref());
  EXPECT_EQ(std::move(tx).commit(), CommitOutcome::unknown);
  EXPECT_THAT(ended, ElementsAre("unknown"));
  EXPECT_EQ(metrics().unknown_commits, 1U);
  EXPECT_EQ(metrics().commits, 0U);
  EXPECT_EQ(metrics().rollbacks, 0U);
  EXPECT_EQ(metrics().in_use, 0U);
  const std::vector<Event> told = events.of(EventKind::unknown_commit);
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_THAT(told[0].message, AllOf(HasSubstr("\"payment\""), HasSubstr("unknown"), HasSubstr("Look at the data")));
  ASSERT_THAT(told[0].leases, SizeIs(1));
}

// MySQL with completion_type = CHAIN: what was committed is not what is open now, and no status tells them apart.
TEST_F(Commit, AfterWhichATransactionIsOpenIsUnknownAndTold) {
  script.after_commit = [](Connection& connection) { connection.begin({}, Deadline::max()); };
  Transaction tx = db.begin({.name = "payment"});
  tx.ref().execute("SELECT 1");
  EXPECT_EQ(std::move(tx).commit(), CommitOutcome::unknown);
  EXPECT_EQ(metrics().unknown_commits, 1U);
  const std::vector<Event> told = events.of(EventKind::unknown_commit);
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_THAT(told[0].message, HasSubstr("COMMIT succeeded, yet a transaction is open"));
  EXPECT_THAT(told[0].leases, SizeIs(1));
  EXPECT_TRUE(events.wait_for(EventKind::dirty_return)) << "what is open now is rolled back";
}

TEST_F(Commit, WhoseReplyIsLostIsThrownByTransactAndNeverRetried) {
  lose_the_reply();
  int runs = 0;
  const Error error = error_of([&] { db.transact({.retry = {.attempts = 5}}, [&](auto&) { ++runs; }); });
  EXPECT_EQ(error.code, ErrorCode::connection_lost);
  EXPECT_EQ(error.blast, Blast::commit_unknown);
  EXPECT_THAT(error.message, AllOf(HasSubstr("transaction_commit_test.cpp"), HasSubstr("the server closed")));
  EXPECT_EQ(runs, 1);
}

TEST_F(Commit, UnknownIsNotRetriedWhateverItsCode) {
  script.at_commit = [](Connection& connection) {
    connection.close();
    throw Failure({ErrorCode::serialization, "40001", "odd", Blast::commit_unknown});
  };
  int runs = 0;
  EXPECT_EQ(error_of([&] { db.transact({.retry = {.attempts = 5}}, [&](auto&) { ++runs; }); }).blast,
            Blast::commit_unknown);
  EXPECT_EQ(runs, 1);
}

TEST_F(Commit, RefusedByTheServerIsRolledBack) {
  refuse_commit(ErrorCode::constraint);
  Transaction tx = db.begin();
  note_ends(tx.ref());
  EXPECT_EQ(std::move(tx).commit(), CommitOutcome::rolled_back);
  EXPECT_THAT(ended, ElementsAre("rollback", "rolled_back"));
  EXPECT_EQ(metrics().in_use, 0U);
  EXPECT_EQ(metrics().rollbacks, 1U);
  EXPECT_EQ(metrics().unknown_commits, 0U);
}

TEST_F(Commit, RefusedByTheServerIsThrownByTransact) {
  refuse_commit(ErrorCode::constraint);
  const Error error = error_of([&] { db.transact([](auto&) { return 1; }); });
  EXPECT_EQ(error.code, ErrorCode::constraint);
  EXPECT_EQ(error.sqlstate, "23503");
  EXPECT_EQ(error.blast, Blast::transaction);
  EXPECT_THAT(error.message, AllOf(HasSubstr("was not committed"), HasSubstr("still referenced by order 7")));
}

TEST_F(Commit, ThatLeavesTheTransactionOpenIsRolledBack) {
  script.at_commit = [](Connection&) {
    throw Failure({ErrorCode::lock_not_available, "", "the database is locked", Blast::statement});
  };
  const Error error = error_of([&] { db.transact([](auto&) {}); });
  EXPECT_EQ(error.code, ErrorCode::lock_not_available);
  EXPECT_EQ(error.blast, Blast::transaction);
  EXPECT_EQ(server->rollbacks, 1);
  EXPECT_THAT(events.of(EventKind::dirty_return), IsEmpty());
  EXPECT_EQ(metrics().in_use, 0U);
}

TEST_F(Commit, OnAConnectionThatDiesBeforeItIsSentIsRolledBack) {
  Transaction tx = db.begin();
  server->dead = true;
  EXPECT_EQ(std::move(tx).commit(), CommitOutcome::rolled_back);
  EXPECT_EQ(metrics().unknown_commits, 0U);
  EXPECT_EQ(metrics().in_use, 0U);
}

TEST_F(Commit, AfterALostConnectionIsRefusedWithTheStatement) {
  const Error error = error_of([&] {
    db.transact([](auto& tx) {
      EXPECT_EQ(error_of([&] { tx.execute("DIE"); }).code, ErrorCode::connection_lost);
      EXPECT_EQ(error_of([&] { tx.execute("SELECT 1"); }).code, ErrorCode::transaction_ended);
    });
  });
  EXPECT_EQ(error.code, ErrorCode::rollback_only);
  EXPECT_THAT(error.message, AllOf(HasSubstr("DIE"), HasSubstr("the stub server went away")));
  EXPECT_EQ(metrics().in_use, 0U);
}

TEST_F(Commit, ABeginThatFailsHalfWayGivesTheConnectionBackClean) {
  script.at_begin = [](Connection&) {
    throw Failure({ErrorCode::deadline, "", "no answer to BEGIN", Blast::transaction});
  };
  EXPECT_EQ(error_of([&] { Transaction tx = db.begin(); }).code, ErrorCode::deadline);
  script.at_begin = nullptr;
  EXPECT_EQ(error_of([&] { db.transact({.propagation = Propagation::mandatory}, [](auto&) {}); }).code,
            ErrorCode::propagation)
      << "nothing is current";
  ASSERT_TRUE(events.wait_for(EventKind::dirty_return));
  Lease lease = db.pool().acquire();
  lease.execute("SELECT 1");
  EXPECT_EQ(lease.transaction_status(), TransactionStatus::idle);
}

TEST_F(Commit, OfAConnectionThatThePoolTookBackIsRefused) {
  PoolSettings impatient = db.pool().settings();
  impatient.leak = {.after = 300ms, .action = LeakAction::take_back};
  db.pool().change(impatient);
  Transaction tx = db.begin();
  TransactionRef ref = tx.ref();
  ref.execute("SELECT 1");
  ASSERT_TRUE(events.wait_for(EventKind::reclaimed));
  EXPECT_EQ(error_of([&] { ref.execute("SELECT 2"); }).code, ErrorCode::reclaimed);
  const Error error = error_of([&] { static_cast<void>(std::move(tx).commit()); });
  EXPECT_EQ(error.code, ErrorCode::rollback_only);
  EXPECT_THAT(error.message, AllOf(HasSubstr("SELECT"), HasSubstr("leak policy")));
  EXPECT_EQ(metrics().in_use, 0U);
  EXPECT_EQ(metrics().unknown_commits, 0U);
}

TEST_F(Commit, OfAConnectionThatThePoolTookBackUnnoticedIsRefused) {
  PoolSettings impatient = db.pool().settings();
  impatient.leak = {.after = 300ms, .action = LeakAction::take_back};
  db.pool().change(impatient);
  Transaction tx = db.begin();
  static_cast<void>(tx.ref().native_handle());
  ASSERT_TRUE(events.wait_for(EventKind::reclaimed));
  const Error error = error_of([&] { static_cast<void>(std::move(tx).commit()); });
  EXPECT_EQ(error.code, ErrorCode::rollback_only);
  EXPECT_THAT(error.message, HasSubstr("taken back"));
}

TEST_F(Commit, AnAbandonedOneWhoseRollbackFailsIsToldAndDiscarded) {
  script.at_rollback = [](Connection& connection) {
    connection.close();
    throw Failure({ErrorCode::connection_lost, "", "gone", Blast::connection});
  };
  {
    const Transaction tx = db.begin({.name = "lost"});
  }
  EXPECT_THAT(events.of(EventKind::abandoned_transaction), SizeIs(1));
  const std::vector<Event> told = events.of(EventKind::rollback_failed);
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_THAT(told[0].message, HasSubstr("\"lost\""));
  EXPECT_EQ(metrics().in_use, 0U);
  EXPECT_EQ(metrics().abandoned_transactions, 1U);
}

TEST_F(Commit, AFailedRollbackIsTriedOnceMore) {
  std::atomic<int> tries{0};
  script.at_rollback = [&](Connection&) {
    if (++tries == 1) throw Failure({ErrorCode::cancelled, "57014", "a late cancel", Blast::statement});
  };
  Transaction tx = db.begin();
  std::move(tx).rollback();
  EXPECT_EQ(tries, 2);
  EXPECT_THAT(events.of(EventKind::dirty_return), IsEmpty());
}

const TransactionOptions three_times{.retry = {.attempts = 3, .first_pause = 1ms}};

Failure serialization() { return Failure({ErrorCode::serialization, "40001", "try again", Blast::transaction}); }

TEST_F(Commit, RetriesTheWholeFunctionAfterASerializationFailure) {
  int runs = 0;
  const int result = db.transact(three_times, [&](auto&) {
    if (++runs < 3) throw serialization();
    return runs;
  });
  EXPECT_EQ(result, 3);
  const std::vector<Event> told = events.of(EventKind::retry);
  ASSERT_THAT(told, SizeIs(2));
  EXPECT_THAT(told[1].message,
              AllOf(HasSubstr("attempt 3 of 3"), HasSubstr("try again"), HasSubstr("transaction_commit_test.cpp")));
  ASSERT_TRUE(told[1].error);
  EXPECT_EQ(told[1].error->code, ErrorCode::serialization);
  EXPECT_EQ(metrics().rollbacks, 2U);
  EXPECT_EQ(metrics().commits, 1U);
}

TEST_F(Commit, RetriesAfterACommitRefusedForSerialization) {
  refuse_commit(ErrorCode::serialization, 2);
  int runs = 0;
  db.transact(three_times, [&](auto&) { ++runs; });
  EXPECT_EQ(runs, 3);
}

TEST_F(Commit, RetriesAfterADeadlock) {
  int runs = 0;
  db.transact(three_times, [&](auto&) {
    if (++runs == 1) throw Failure({ErrorCode::deadlock, "40P01", "victim", Blast::transaction});
  });
  EXPECT_EQ(runs, 2);
}

TEST_F(Commit, GivesUpAfterTheLastAttempt) {
  int runs = 0;
  const auto fail = [&](auto&) {
    ++runs;
    throw serialization();
  };
  const Error error = error_of([&] { db.transact(three_times, fail); });
  EXPECT_EQ(error.code, ErrorCode::serialization);
  EXPECT_THAT(error.message, AllOf(HasSubstr("try again"), HasSubstr("tried 3 times")));
  EXPECT_EQ(runs, 3);
  EXPECT_EQ(metrics().in_use, 0U);
}

TEST_F(Commit, DoesNotRetryUnlessAsked) {
  int runs = 0;
  const auto fail = [&](auto&) {
    ++runs;
    throw serialization();
  };
  EXPECT_EQ(error_of([&] { db.transact(fail); }).code, ErrorCode::serialization);
  EXPECT_EQ(runs, 1);
}

TEST_F(Commit, DoesNotRetryWhatIsNotTheDatabasesWish) {
  int runs = 0;
  EXPECT_THROW(db.transact(three_times,
                           [&](auto&) {
                             ++runs;
                             throw std::runtime_error("no");
                           }),
               std::runtime_error);
  EXPECT_EQ(error_of([&] {
              db.transact(three_times, [&](auto&) {
                ++runs;
                throw Failure({ErrorCode::constraint, "23505", "twice", Blast::transaction});
              });
            }).code,
            ErrorCode::constraint);
  EXPECT_EQ(runs, 2);
}

TEST_F(Commit, DoesNotRetryAfterAnOutsideEffectAndSaysSo) {
  int runs = 0;
  const Error error = error_of([&] {
    db.transact(three_times, [&](auto& tx) {
      ++runs;
      tx.outside_effect("charged the card");
      throw serialization();
    });
  });
  EXPECT_EQ(runs, 1);
  EXPECT_EQ(error.code, ErrorCode::serialization);
  EXPECT_THAT(error.message, AllOf(HasSubstr("try again"), HasSubstr("charged the card")));
}

TEST_F(Commit, AnOutsideEffectInsideCountsForAllAround) {
  int runs = 0;
  const auto fail_after_an_effect_inside = [&](auto&) {
    ++runs;
    db.transact({.propagation = Propagation::requires_new},
                [&](auto&) { db.without_transaction([](auto& session) { session.outside_effect("sent a letter"); }); });
    throw serialization();
  };
  EXPECT_THAT(error_of([&] { db.transact(three_times, fail_after_an_effect_inside); }).message,
              HasSubstr("sent a letter"));
  EXPECT_EQ(runs, 1);
}

TEST_F(Commit, OnlyTheCallThatBeganItRetries) {
  int outer_runs = 0, inner_runs = 0;
  db.transact(three_times, [&](auto&) {
    ++outer_runs;
    db.transact(three_times, [&](auto&) {
      if (++inner_runs < 3) throw serialization();
    });
  });
  EXPECT_EQ(outer_runs, 3);
  EXPECT_EQ(inner_runs, 3);
}

TEST_F(Commit, ANestedScopeIsNotRetriedAlone) {
  int runs = 0;
  EXPECT_THROW(db.transact([&](auto&) {
    db.transact({.propagation = Propagation::nested, .retry = {.attempts = 3}}, [&](auto&) {
      ++runs;
      throw serialization();
    });
  }),
               Failure);
  EXPECT_EQ(runs, 1);
}

TEST_F(Commit, TheBudgetEndsRetries) {
  int runs = 0;
  const TransactionOptions no_time{.retry = {.attempts = 10, .first_pause = 20ms, .budget = 5ms}};
  EXPECT_EQ(error_of([&] {
              db.transact(no_time, [&](auto&) {
                ++runs;
                throw serialization();
              });
            }).code,
            ErrorCode::serialization);
  EXPECT_EQ(runs, 1);
}

TEST_F(Commit, EndsOfAttemptsAreTheirOwn) {
  int runs = 0;
  db.transact(three_times, [&](auto& tx) {
    note_ends(tx);
    if (++runs == 1) throw serialization();
  });
  EXPECT_THAT(ended, ElementsAre("rollback", "rolled_back", "commit", "committed"));
}

TEST_F(Commit, AWatchdogCancelsWhatRuns) {
  const Error error = error_of([&] { db.transact({.timeout = 300ms}, [](auto& tx) { tx.execute("SLEEP"); }); });
  EXPECT_EQ(error.code, ErrorCode::transaction_timeout);
  EXPECT_THAT(error.message, HasSubstr("It stopped `SLEEP`"));
  EXPECT_THAT(events.of(EventKind::transaction_timeout), SizeIs(1));
  EXPECT_EQ(metrics().in_use, 0U);
}

}  // namespace
}  // namespace lockkeeper::testing
