// Locks that end with the transaction, on real databases: who waits, who is skipped, who fails, and until when.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <latch>
#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include <lockkeeper/database.hpp>
#include <lockkeeper/row_locks.hpp>

#include "library/data_engine.hpp"
#include "support/servers.hpp"

namespace lockkeeper::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(RowLockClauses, AreTheEnginesOwn) {
  EXPECT_EQ(for_update_clause(Engine::postgres, WhenLocked::skip), " FOR UPDATE SKIP LOCKED");
  EXPECT_EQ(for_update_clause(Engine::mariadb, WhenLocked::fail), " FOR UPDATE NOWAIT");
  EXPECT_EQ(for_share_clause(Engine::mysql, WhenLocked::wait), " FOR SHARE");
  EXPECT_EQ(for_share_clause(Engine::mariadb, WhenLocked::wait), " LOCK IN SHARE MODE");
  EXPECT_EQ(for_update_clause(Engine::sqlite, WhenLocked::fail), "");
  EXPECT_EQ(for_share_clause(Engine::sqlite, WhenLocked::skip), "");
}

class DataLocks : public OnEngine {
 protected:
  using Work = std::function<void(TransactionRef)>;

  static void make_jobs() {
    make_table("job", "id integer PRIMARY KEY, state varchar(20) NOT NULL, version bigint NOT NULL");
    Session session = connect();
    session.execute("INSERT INTO job VALUES (1, 'new', 1), (2, 'new', 1), (3, 'new', 1)");
  }

  // Another thread's transaction that has done `work` and stays open until this object goes.
  class Holder {
   public:
    Holder(Database& db, const Work& work) {
      std::latch done(1);
      thread_ = std::jthread([this, &db, &work, &done] {
        db.transact([&](TransactionRef tx) {
          work(tx);
          done.count_down();
          released_.get_future().wait();
        });
      });
      done.wait();
    }
    void release() {
      if (!thread_.joinable()) return;
      released_.set_value();
      thread_.join();
    }
    ~Holder() { release(); }

   private:
    std::promise<void> released_;
    std::jthread thread_;
  };

  static std::vector<int> lock_jobs(TransactionRef tx, WhenLocked when_locked) {
    std::vector<int> ids;
    for (const auto& [id] : for_update<int>(tx, when_locked, "SELECT id FROM job ORDER BY id -- all"))
      ids.push_back(id);
    return ids;
  }

  // The session that works for the transaction, as the server names it.
  static std::int64_t backend(TransactionRef tx) {
    return tx.value<std::int64_t>(engine() == Engine::postgres ? "SELECT pg_backend_pid()" : "SELECT CONNECTION_ID()");
  }

  // Returns once the server says that the session waits for a lock.
  static void wait_until_blocked(std::int64_t waiter) {
    Session watcher = connect();
    const auto is_blocked = [&] { return !watcher.connection().lock_waits({&waiter, 1}, soon()).empty(); };
    wait_until(is_blocked, default_patience, "the other transaction to wait for the lock");
  }

  static bool locks_rows() { return engine() != Engine::sqlite; }
  static bool locks_names() { return !detail::is_mysql(engine()); }
};

TEST_P(DataLocks, SkippedRowsAreThoseOfOthers) {
  if (!locks_rows()) GTEST_SKIP() << "locks no rows";
  make_jobs();
  Database db = database();
  Holder other(db, [](TransactionRef tx) {
    const auto mine = for_update<int, std::string>(tx, WhenLocked::skip, "SELECT id, state FROM job WHERE id = 2");
    EXPECT_THAT(mine, ElementsAre(std::tuple(2, "new")));
  });
  db.transact([](TransactionRef tx) { EXPECT_THAT(lock_jobs(tx, WhenLocked::skip), ElementsAre(1, 3)); });
  other.release();
  db.transact([](TransactionRef tx) { EXPECT_THAT(lock_jobs(tx, WhenLocked::skip), ElementsAre(1, 2, 3)); });
}

TEST_P(DataLocks, FailsAtOnceWhereItMayNotWait) {
  if (!locks_rows()) GTEST_SKIP() << "locks no rows";
  make_jobs();
  Database db = database();
  const Holder other(db, [](TransactionRef tx) {
    EXPECT_EQ(for_update(tx, WhenLocked::wait, "SELECT * FROM job WHERE id = 2").size(), 1U);
  });
  const auto before = std::chrono::steady_clock::now();
  const Error error = error_of([&] { db.transact([](TransactionRef tx) { lock_jobs(tx, WhenLocked::fail); }); });
  EXPECT_EQ(error.code, ErrorCode::lock_not_available);
  EXPECT_LT(std::chrono::steady_clock::now() - before, 5s);
}

TEST_P(DataLocks, WaitsUntilTheOtherTransactionEndsAndSeesWhatItWrote) {
  if (!locks_rows()) GTEST_SKIP() << "locks no rows";
  make_jobs();
  Database db = database();
  Holder other(db, [](TransactionRef tx) {
    for_update(tx, WhenLocked::wait, "SELECT * FROM job WHERE id = 2");
    tx.execute("UPDATE job SET state = 'done' WHERE id = 2");
  });
  std::promise<std::int64_t> waiting;
  auto seen = std::async(std::launch::async, [&] {
    return db.transact([&](TransactionRef tx) {
      waiting.set_value(backend(tx));
      return std::get<0>(
          for_update<std::string>(tx, WhenLocked::wait, sql("SELECT state FROM job WHERE id = $1"), 2).at(0));
    });
  });
  wait_until_blocked(waiting.get_future().get());
  EXPECT_EQ(seen.wait_for(0s), std::future_status::timeout);
  other.release();
  EXPECT_EQ(seen.get(), "done");
}

TEST_P(DataLocks, ReadersShareWhatWritersCannotHave) {
  if (!locks_rows()) GTEST_SKIP() << "locks no rows";
  make_jobs();
  Database db = database();
  const Holder reader(db, [](TransactionRef tx) { for_share(tx, WhenLocked::wait, "SELECT * FROM job WHERE id = 1"); });
  db.transact([](TransactionRef tx) {
    EXPECT_EQ(for_share<int>(tx, WhenLocked::fail, "SELECT id FROM job WHERE id = 1").size(), 1U);
    EXPECT_TRUE(for_update<int>(tx, WhenLocked::skip, "SELECT id FROM job WHERE id = 1").empty());
  });
}

TEST_P(DataLocks, AQueueIsWorkedOffByManyWithoutDoingAnythingTwice) {
  make_jobs();
  Database db = database(3);
  {
    std::vector<std::jthread> workers;
    for (int worker = 0; worker < 3; ++worker) {
      workers.emplace_back([&] {
        for (int round = 0; round < 3; ++round) {
          db.transact([&](TransactionRef tx) {
            const auto job =
                for_update<int>(tx, WhenLocked::skip, "SELECT id FROM job WHERE state = 'new' ORDER BY id LIMIT 1");
            if (job.empty()) return;
            tx.execute(sql("UPDATE job SET state = 'done', version = version + 1 WHERE id = $1"), std::get<0>(job[0]));
          });
        }
      });
    }
  }
  Session session = connect();
  EXPECT_EQ(session.value<int>("SELECT count(*) FROM job WHERE state = 'done' AND version = 2"), 3);
}

TEST_P(DataLocks, EveryLockNeedsATransactionThatCanHoldIt) {
  make_jobs();
  Database db = database();
  const auto refusal = [&](const TransactionOptions& options, const Work& work) {
    return error_of([&] { db.transact(options, work); });
  };
  const Work row = [](TransactionRef tx) { for_update(tx, WhenLocked::wait, "SELECT id FROM job"); };
  const Work name = [](TransactionRef tx) { lock_name(tx, "jobs"); };
  for (const Work& work : {row, name}) {
    const Error error = refusal({.propagation = Propagation::never}, work);
    EXPECT_EQ(error.code, ErrorCode::misuse);
    EXPECT_THAT(error.message, HasSubstr("outside a transaction"));
  }
  if (engine() == Engine::sqlite) {
    EXPECT_THAT(refusal({.read_only = true}, row).message, HasSubstr("read-only transaction of SQLite"));
    EXPECT_THAT(refusal({.read_only = true}, name).message, HasSubstr("read-only transaction of SQLite"));
  }
  const Work semicolon = [](TransactionRef tx) { for_update(tx, WhenLocked::wait, "SELECT id FROM job;"); };
  EXPECT_THAT(refusal({}, semicolon).message, HasSubstr("must not end with a semicolon"));
}

TEST_P(DataLocks, ANameIsHeldByOneUntilItsTransactionEnds) {
  if (!locks_names() || engine() == Engine::sqlite) GTEST_SKIP() << "no such locks beside the transaction itself";
  Database db = database();
  Holder other(db, [](TransactionRef tx) {
    lock_name(tx, "invoice numbers");
    lock_name(tx, "invoice numbers");
  });
  db.transact([](TransactionRef tx) {
    EXPECT_FALSE(try_lock_name(tx, "invoice numbers"));
    EXPECT_TRUE(try_lock_name(tx, "another's"));
  });
  std::promise<std::int64_t> waiting;
  auto waiter = std::async(std::launch::async, [&] {
    db.transact([&](TransactionRef tx) {
      waiting.set_value(backend(tx));
      lock_name(tx, "invoice numbers");
    });
  });
  wait_until_blocked(waiting.get_future().get());
  other.release();
  waiter.get();
  db.transact([](TransactionRef tx) { EXPECT_TRUE(try_lock_name(tx, "invoice numbers")); });
}

TEST_P(DataLocks, ANameIsFreeAfterARollback) {
  if (!locks_names()) GTEST_SKIP() << "no locks on names";
  Database db = database();
  EXPECT_THROW(db.transact([](TransactionRef tx) {
    lock_name(tx, "jobs");
    throw std::runtime_error("given up");
  }),
               std::runtime_error);
  db.transact([](auto& tx) { EXPECT_TRUE(try_lock_name(tx, "jobs")); });
}

TEST_P(DataLocks, NamesAreRefusedWhereTheyWouldOutliveOrMissTheTransaction) {
  if (locks_names()) GTEST_SKIP() << "has locks on names";
  Database db = database();
  const Error error = error_of([&] { db.transact([](TransactionRef tx) { lock_name(tx, "jobs"); }); });
  EXPECT_EQ(error.code, ErrorCode::misuse);
  EXPECT_THAT(error.message, HasSubstr("lock a row instead"));
}

std::int64_t finish(TransactionRef tx, int id, std::int64_t version) {
  return update_versioned(tx, {.table = "job", .id = {{"id", id}}, .expected = version, .set = {{"state", "done"}}});
}

TEST_P(DataLocks, AVersionedUpdateChangesWhatWasRead) {
  make_jobs();
  Database db = database();
  db.transact([](TransactionRef tx) {
    EXPECT_EQ(finish(tx, 2, 1), 2);
    EXPECT_EQ(finish(tx, 2, 2), 3);
    EXPECT_EQ((tx.row<std::string, int>("SELECT state, version FROM job WHERE id = 2")), std::tuple("done", 3));
    EXPECT_EQ((tx.row<std::string, int>("SELECT state, version FROM job WHERE id = 1")), std::tuple("new", 1));
    EXPECT_EQ(update_versioned(tx, {.table = "job", .id = {{"id", 1}, {"state", std::string("new")}}, .expected = 1}),
              2);
  });
}

TEST_P(DataLocks, AVersionThatHasPassedIsAConflict) {
  make_jobs();
  Database db = database();
  db.transact([](TransactionRef tx) { finish(tx, 2, 1); });
  db.transact([](TransactionRef tx) {
    for (const int id : {2, 99}) {
      const Error error = error_of([&] { finish(tx, id, 1); });
      EXPECT_EQ(error.code, ErrorCode::conflict);
      EXPECT_EQ(error.blast, Blast::statement);
      EXPECT_THAT(error.message, AllOf(HasSubstr("\"job\" by id"), HasSubstr("version 1"), Not(HasSubstr("99"))));
    }
    EXPECT_EQ(finish(tx, 2, 2), 3);  // The transaction goes on.
  });
}

TEST_P(DataLocks, OfTwoWhoReadTheSameVersionOneWins) {
  make_jobs();
  Database db = database(2);
  std::atomic<int> conflicts = 0;
  {
    std::vector<std::jthread> writers;
    for (int writer = 0; writer < 2; ++writer) {
      writers.emplace_back([&] {
        try {
          db.transact([](TransactionRef tx) { finish(tx, 1, 1); });
        } catch (const Failure& failure) {
          EXPECT_EQ(failure.error().code, ErrorCode::conflict);
          ++conflicts;
        }
      });
    }
  }
  EXPECT_EQ(conflicts, 1);
}

TEST_P(DataLocks, AVersionedUpdateIsOfOneRow) {
  make_jobs();
  Database db = database();
  const auto refusal = [&](const VersionedUpdate& update) {
    return error_of([&] { db.transact([&](TransactionRef tx) { update_versioned(tx, update); }); });
  };
  EXPECT_THAT(refusal({.table = "job", .id = {{"state", "new"}}, .expected = 1}).message,
              HasSubstr("is the id of 3 rows"));
  EXPECT_THAT(refusal({.table = "job", .id = {}, .expected = 1}).message, HasSubstr("every row would be changed"));
  EXPECT_EQ(refusal({.table = "job", .id = {{"id", 1}}, .expected = 1, .set = {{"", 1}}}).code, ErrorCode::misuse);
  Session session = connect();
  EXPECT_EQ(session.value<int>("SELECT count(*) FROM job WHERE version = 1"), 3);
}

INSTANTIATE_TEST_SUITE_P(Every, DataLocks, ::testing::ValuesIn(data_cases()),
                         [](const auto& tested) { return tested.param.label; });

}  // namespace
}  // namespace lockkeeper::testing
