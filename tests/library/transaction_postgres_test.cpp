// What only a PostgreSQL server can show: failed transactions, deferred constraints, real retries, lost commits.
#include <libpq-fe.h>

#include <atomic>
#include <barrier>
#include <chrono>
#include <future>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "library/transaction_fixture.hpp"
#include "support/servers.hpp"

namespace lockkeeper::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class PostgresTransactions : public OnTransactions {
 protected:
  static void statement(const std::string& text) {
    Session session = connect();
    session.execute(text);
  }

  /// Ends the session behind the handle, as PostgreSQL's own client would end a transaction in it.
  static void say(void* native_handle, const char* text) {
    PGresult* result = PQexec(static_cast<PGconn*>(native_handle), text);
    EXPECT_EQ(PQresultStatus(result), PGRES_COMMAND_OK);
    PQclear(result);
  }
};

TEST_P(PostgresTransactions, AStatementThatFailedIsNamedByTheCommit) {
  const Error error = error_of([&] {
    db().transact([](auto& tx) {
      insert(tx, 1, "secret");
      EXPECT_EQ(error_of([&] { insert(tx, 1, "secret"); }).code, ErrorCode::constraint);
    });
  });
  EXPECT_EQ(error.code, ErrorCode::rollback_only);
  EXPECT_THAT(error.message, AllOf(HasSubstr("INSERT INTO entry"), HasSubstr("duplicate key"),
                                   HasSubstr("transaction_postgres_test.cpp"), Not(HasSubstr("secret"))));
  EXPECT_EQ(committed_rows(), 0);
  EXPECT_EQ(in_use(), 0U);
  EXPECT_THAT(events_.of(EventKind::dirty_return), IsEmpty());
}

TEST_P(PostgresTransactions, WhatFollowsAFailureSaysWhatHadFailed) {
  EXPECT_THROW(db().transact([](auto& tx) {
    EXPECT_THROW(tx.execute("SELECT 1 / 0"), Failure);
    const Error next = error_of([&] { tx.execute("SELECT 1"); });
    EXPECT_EQ(next.sqlstate, "25P02");
    EXPECT_THAT(next.message, AllOf(HasSubstr("What had failed"), HasSubstr("division by zero")));
  }),
               Failure);
}

TEST_P(PostgresTransactions, ASavepointRevivesAFailedTransaction) {
  db().transact([&](auto& tx) {
    insert(tx, 1);
    {
      Savepoint savepoint = tx.savepoint();
      EXPECT_THROW(insert(tx, 1), Failure);
      std::move(savepoint).rollback();
    }
    insert(tx, 2);
    EXPECT_THROW(db().transact({.propagation = Propagation::nested}, [](auto& nested) { insert(nested, 1); }), Failure);
    insert(tx, 3);
  });
  EXPECT_EQ(committed_rows(), 3);
}

TEST_P(PostgresTransactions, AFailureSwallowedInANestedScopeUndoesIt) {
  db().transact([&](auto& tx) {
    insert(tx, 1);
    const Error error = error_of([&] {
      db().transact({.propagation = Propagation::nested}, [](auto& nested) {
        insert(nested, 2);
        EXPECT_THROW(insert(nested, 1), Failure);
      });
    });
    EXPECT_EQ(error.code, ErrorCode::rollback_only);
    EXPECT_THAT(error.message, AllOf(HasSubstr("savepoint"), HasSubstr("INSERT INTO entry")));
    insert(tx, 3);
  });
  EXPECT_EQ(committed_rows(), 2);
}

TEST_P(PostgresTransactions, AStreamLeftEarlyIsNamedByTheCommit) {
  const Error error = error_of([&] {
    db().transact([](auto& tx) {
      for (const auto& row : tx.template stream<int>(tested().endless_rows_sql)) {
        if (std::get<0>(row) == 3) break;
      }
      EXPECT_EQ(error_of([&] { tx.execute("SELECT 1"); }).sqlstate, "25P02");
    });
  });
  EXPECT_EQ(error.code, ErrorCode::rollback_only);
  EXPECT_THAT(error.message, AllOf(HasSubstr("the stream of `SELECT lpad"), HasSubstr("use a cursor")));
  EXPECT_EQ(in_use(), 0U);
}

TEST_P(PostgresTransactions, NoNestedScopeBeginsInAFailedOne) {
  EXPECT_THROW(db().transact([&](auto& tx) {
    EXPECT_THROW(tx.execute("SELECT 1 / 0"), Failure);
    const Error error = error_of([&] { db().transact({.propagation = Propagation::nested}, [](auto&) {}); });
    EXPECT_EQ(error.code, ErrorCode::rollback_only);
    EXPECT_THAT(error.message, HasSubstr("division by zero"));
  }),
               Failure);
}

TEST_P(PostgresTransactions, ADeferredConstraintRefusesTheCommit) {
  statement("ALTER TABLE entry ADD CONSTRAINT note_once UNIQUE (note) DEFERRABLE INITIALLY DEFERRED");
  const auto violate = [](TransactionRef tx) {
    insert(tx, 1, "same");
    insert(tx, 2, "same");
  };
  const Error error = error_of([&] { db().transact(violate); });
  EXPECT_EQ(error.code, ErrorCode::constraint);
  EXPECT_EQ(error.sqlstate, "23505");
  EXPECT_EQ(error.blast, Blast::transaction);
  EXPECT_THAT(error.message, HasSubstr("was not committed"));
  Transaction tx = db().begin();
  violate(tx.ref());
  EXPECT_EQ(std::move(tx).commit(), CommitOutcome::rolled_back);
  EXPECT_EQ(committed_rows(), 0);
  EXPECT_EQ(in_use(), 0U);
}

// A deferred trigger makes COMMIT take its time; meanwhile the server ends the session.
TEST_P(PostgresTransactions, ACommitWhoseSessionIsEndedIsUnknown) {
  statement(
      "CREATE OR REPLACE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS "
      "$$BEGIN PERFORM pg_sleep(60); RETURN NULL; END$$");
  statement(
      "CREATE CONSTRAINT TRIGGER lingers AFTER INSERT ON entry DEFERRABLE INITIALLY DEFERRED "
      "FOR EACH ROW EXECUTE FUNCTION linger()");
  std::promise<int> backend;
  std::thread terminator([&, pid = backend.get_future()]() mutable {
    Session session = connect();
    const int ended = pid.get();
    wait_until(
        [&] {
          return session.value<bool>(
              "SELECT count(*) = 1 FROM pg_stat_activity WHERE pid = $1 AND query = 'COMMIT' AND "
              "wait_event = 'PgSleep'",
              ended);
        },
        default_patience, "the COMMIT that lingers");
    session.execute("SELECT pg_terminate_backend($1)", ended);
  });
  int runs = 0;
  const Error error = error_of([&] {
    db().transact({.retry = {.attempts = 3}}, [&](auto& tx) {
      ++runs;
      insert(tx, 1);
      backend.set_value(tx.template value<int>("SELECT pg_backend_pid()"));
    });
  });
  terminator.join();
  EXPECT_EQ(error.blast, Blast::commit_unknown);
  EXPECT_THAT(error.message, HasSubstr("unknown"));
  EXPECT_EQ(runs, 1);
  EXPECT_EQ(metrics().unknown_commits, 1U);
  ASSERT_THAT(events_.of(EventKind::unknown_commit), SizeIs(1));
  EXPECT_NE(events_.of(EventKind::unknown_commit)[0].leases.at(0).backend_id, 0);
  EXPECT_EQ(in_use(), 0U);
}

TEST_P(PostgresTransactions, EndedBehindOurBackIsSeenBeforeTheNextStatement) {
  const std::string place = here(1);
  Transaction tx = db().begin();
  TransactionRef ref = tx.ref();
  insert(ref, 1);
  say(ref.native_handle(), "COMMIT");
  const Error error = error_of([&] { insert(ref, 2); });
  EXPECT_EQ(error.code, ErrorCode::transaction_ended);
  EXPECT_THAT(error.message, AllOf(HasSubstr("ended the transaction"), HasSubstr(place)));
  EXPECT_EQ(committed_rows(), 1) << "the second row must not commit by itself";
  EXPECT_EQ(std::move(tx).commit(), CommitOutcome::unknown);
  EXPECT_THAT(events_.of(EventKind::unknown_commit), SizeIs(1));
  EXPECT_EQ(in_use(), 0U);
}

TEST_P(PostgresTransactions, EndedBehindOurBackIsNotCommittedByTransact) {
  const Error error = error_of([&] {
    db().transact([](auto& tx) {
      insert(tx, 1);
      say(tx.native_handle(), "ROLLBACK");
    });
  });
  EXPECT_EQ(error.code, ErrorCode::transaction_ended);
  EXPECT_EQ(error.blast, Blast::commit_unknown);
  EXPECT_EQ(metrics().commits, 0U);
}

TEST_P(PostgresTransactions, WhichTheServerHasLostIsRolledBack) {
  const Error error = error_of([&] {
    db().transact([](auto& tx) {
      insert(tx, 1);
      const int pid = tx.template value<int>("SELECT pg_backend_pid()");
      statement("SELECT pg_terminate_backend(" + std::to_string(pid) + ")");
      EXPECT_EQ(error_of([&] { insert(tx, 2); }).code, ErrorCode::connection_lost);
    });
  });
  EXPECT_EQ(error.code, ErrorCode::rollback_only);
  EXPECT_EQ(metrics().unknown_commits, 0U);
  EXPECT_EQ(committed_rows(), 0);
  EXPECT_EQ(in_use(), 0U);
}

TEST_P(PostgresTransactions, BeginAsAsked) {
  const auto settings_of = [&](const TransactionOptions& options) {
    return db().transact(options, [](auto& tx) {
      return tx.template value<std::string>(
          "SELECT current_setting('transaction_isolation') || '/' || "
          "current_setting('transaction_read_only') || '/' || "
          "current_setting('transaction_deferrable')");
    });
  };
  EXPECT_EQ(settings_of({}), "read committed/off/off");
  EXPECT_EQ(settings_of({.isolation = Isolation::read_uncommitted}), "read uncommitted/off/off");
  EXPECT_EQ(settings_of({.isolation = Isolation::read_committed}), "read committed/off/off");
  EXPECT_EQ(settings_of({.isolation = Isolation::repeatable_read}), "repeatable read/off/off");
  EXPECT_EQ(settings_of({.isolation = Isolation::serializable}), "serializable/off/off");
  EXPECT_EQ(settings_of({.isolation = Isolation::serializable, .read_only = true, .deferrable = true}),
            "serializable/on/on");
  EXPECT_EQ(settings_of({}), "read committed/off/off") << "nothing sticks to the connection";
}

TEST_P(PostgresTransactions, ReadOnlyOnesDoNotWrite) {
  const Error error = error_of([&] { db().transact({.read_only = true}, [](auto& tx) { insert(tx, 1); }); });
  EXPECT_EQ(error.sqlstate, "25006");
}

// Both read what the other one writes: one of them has to run again.
TEST_P(PostgresTransactions, SerializationFailuresAreRetried) {
  insert_rows(2);
  std::barrier both_have_read(2);
  std::atomic<int> runs{0};
  const auto swap = [&](int from, int to) {
    bool first = true;
    db().transact({.isolation = Isolation::serializable, .retry = {.attempts = 10}}, [&](auto& tx) {
      ++runs;
      const auto note = tx.template value<std::string>("SELECT note FROM entry WHERE id = $1", from);
      if (std::exchange(first, false)) both_have_read.arrive_and_wait();
      tx.execute("UPDATE entry SET note = $1 WHERE id = $2", note, to);
    });
  };
  std::thread other([&] { swap(1, 2); });
  swap(2, 1);
  other.join();
  EXPECT_GT(runs, 2);
  Session session = connect();
  EXPECT_EQ(session.value<int>("SELECT count(DISTINCT note) FROM entry"), 1) << "as if one had run after the other";
}

INSTANTIATE_TEST_SUITE_P(Databases, PostgresTransactions, ::testing::ValuesIn(postgres_cases()),
                         [](const auto& tested) { return tested.param.label; });

}  // namespace
}  // namespace lockkeeper::testing
