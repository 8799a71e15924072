// Background work: what it gets, what it refuses, what becomes of it.
#include <lockkeeper/background.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <latch>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

#include <lockkeeper/unit_of_work.hpp>

#include "library/recorder.hpp"
#include "library/stub_driver.hpp"
#include "support/servers.hpp"

namespace lockkeeper::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using Clock = std::chrono::steady_clock;

// --- What does not compile: see also tests/library/compile. ---

struct WithMember {
  void operator()(Database&, int) const {}
  int member = 0;
};
[[maybe_unused]] inline auto captures = [copy = 1](Database&, int) { static_cast<void>(copy); };
[[maybe_unused]] inline auto captures_nothing = [](Database&, int) {};
[[maybe_unused]] inline auto takes_no_database = [](int) {};
[[maybe_unused]] inline auto returns_something = [](Database&, int) { return 1; };

static_assert(background_argument<int>);
static_assert(background_argument<std::string>);
static_assert(background_argument<std::vector<int>>);
static_assert(background_argument<std::shared_ptr<int>>);
static_assert(background_argument<std::unique_ptr<int>>);
static_assert(!background_argument<TransactionRef>);
static_assert(!background_argument<std::optional<TransactionRef>>);
static_assert(!background_argument<std::vector<TransactionRef>>);
static_assert(!background_argument<std::shared_ptr<Lease>>);
static_assert(!background_argument<std::reference_wrapper<TransactionRef>>);
static_assert(!background_argument<TransactionRef*>);
static_assert(!background_argument<Transaction>);
static_assert(!background_argument<Savepoint>);
static_assert(!background_argument<Lease>);
static_assert(!background_argument<RowRange<int>>);
static_assert(!background_argument<int*>, "whose it is, nobody knows");
static_assert(!background_argument<const char*>);
static_assert(!background_argument<std::string_view>);
static_assert(!background_argument<std::span<int>>);
static_assert(!background_argument<std::reference_wrapper<int>>);
static_assert(background_function<decltype(captures_nothing), int>);
static_assert(!background_function<decltype(captures_nothing)>);
static_assert(!background_function<decltype(captures), int>);
static_assert(!background_function<WithMember, int>);
static_assert(!background_function<void (*)(Database&, int), int>);
static_assert(!background_function<decltype(takes_no_database), int>);
static_assert(!background_function<decltype(returns_something), int>);

// --- What happens. ---

/// What jobs, which capture nothing, have in common with their test.
struct Shared {
  std::mutex mutex;
  std::vector<int> ran;
  std::vector<std::string> units;
  std::latch may_end{1};
  std::atomic<int> begun{0};

  void note(int number) {
    const std::lock_guard guard(mutex);
    ran.push_back(number);
    units.push_back(UnitOfWork::current());
  }
};

class BackgroundWork : public ::testing::Test {
 protected:
  void eventually(const std::function<bool()>& holds, std::string_view what) {
    wait_until(holds, default_patience, what);
  }
  void eventually_done(Background& work, std::uint64_t jobs) {
    eventually([&] { return work.metrics().done == jobs; }, "the jobs are done");
  }
  /// A job that runs until `may_end`.
  void occupy(Background& work) {
    const int begun_before = shared_->begun;
    work.run(
        [](Database&, const std::shared_ptr<Shared>& shared) {
          ++shared->begun;
          shared->may_end.wait();
        },
        shared_);
    eventually([&] { return shared_->begun > begun_before; }, "the thread is occupied");
  }
  static void note(Background& work, const std::shared_ptr<Shared>& shared, int number) {
    work.run([](Database&, const std::shared_ptr<Shared>& own, int what) { own->note(what); }, shared, number);
  }
  static Error failure_of(const std::function<void()>& action) {
    try {
      action();
    } catch (const Failure& failure) {
      return failure.error();
    }
    ADD_FAILURE() << "nothing failed";
    return {};
  }

  std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
  EventRecorder events_;
  std::shared_ptr<StubServer> server_ = std::make_shared<StubServer>();
  Database db_{std::make_shared<StubDriver>(server_), Target{}, {.name = "test", .maximum_size = 4}, events_};
};

TEST_F(BackgroundWork, GetsTheDatabaseAndItsArguments) {
  Background work(db_);
  std::promise<std::string> said;
  auto result = said.get_future();
  work.run(
      [](Database& db, std::string text, std::unique_ptr<int> number, std::promise<std::string> promise) {
        db.transact([&](TransactionRef tx) {
          promise.set_value(text + " " + std::to_string(*number) + " " + tx.value<std::string>("SELECT 1"));
        });
      },
      std::string("text"), std::make_unique<int>(17), std::move(said));
  EXPECT_EQ(result.get(), "text 17 1");
  eventually_done(work, 1);
}

TEST_F(BackgroundWork, RunsInOrder) {
  Background work(db_, {.threads = 1});
  for (int i = 0; i < 5; ++i) note(work, shared_, i);
  eventually_done(work, 5);
  EXPECT_THAT(shared_->ran, ElementsAre(0, 1, 2, 3, 4));
}

TEST_F(BackgroundWork, RunsAsManyAtOnceAsItHasThreads) {
  Background work(db_, {.threads = 3});
  for (int i = 0; i < 3; ++i) occupy(work);
  EXPECT_EQ(work.metrics().running, 3U);
  shared_->may_end.count_down();
  eventually_done(work, 3);
}

TEST_F(BackgroundWork, IsAUnitOfWorkNamedAfterItsPlace) {
  Background work(db_, {.threads = 1});
  const int line = __LINE__ + 1;
  work.run([](Database&, const std::shared_ptr<Shared>& shared) { shared->note(1); }, shared_);
  eventually_done(work, 1);
  EXPECT_EQ(shared_->units.at(0), "background job from library/background_test.cpp:" + std::to_string(line));
  EXPECT_THAT(UnitOfWork::current(), HasSubstr("thread"));
}

TEST_F(BackgroundWork, IsInNoTransactionOfTheCaller) {
  Background work(db_);
  std::promise<bool> active;
  auto was_active = active.get_future();
  db_.transact([&](TransactionRef) {
    work.run(
        [](Database& db, std::promise<bool> promise) {
          db.transact({.propagation = Propagation::supports},
                      [&](TransactionRef tx) { promise.set_value(tx.is_active()); });
        },
        std::move(active));
    EXPECT_FALSE(was_active.get());
  });
}

TEST_F(BackgroundWork, RunsAfterTheCommitAndOnlyThen) {
  Background work(db_, {.threads = 1});
  const auto later = [&](TransactionRef tx, int number) {
    work.run_after_commit(
        tx, [](Database&, const std::shared_ptr<Shared>& own, int what) { own->note(what); }, shared_, number);
  };
  EXPECT_THROW(db_.transact([&](TransactionRef tx) {
    later(tx, 1);
    throw std::runtime_error("no");
  }),
               std::runtime_error);
  db_.transact([&](TransactionRef tx) {
    later(tx, 2);
    note(work, shared_, 3);
    eventually_done(work, 1);
  });
  eventually_done(work, 2);
  EXPECT_THAT(shared_->ran, ElementsAre(3, 2));
}

TEST_F(BackgroundWork, TellsWhereTheCommitComesTooLate) {
  std::optional<Background> work;
  work.emplace(db_);
  db_.transact([&](TransactionRef tx) {
    work->run_after_commit(tx, [](Database&) {});
    work.reset();
  });
  const auto told = events_.wait_for(EventKind::callback_failed);
  ASSERT_TRUE(told);
  ASSERT_TRUE(told->error);
  EXPECT_EQ(told->error->code, ErrorCode::pool_closed);
}

TEST_F(BackgroundWork, RefusesWhenTheQueueIsFull) {
  Background work(db_, {.threads = 1, .queue = 2});
  occupy(work);
  note(work, shared_, 1);
  note(work, shared_, 2);
  const int line = __LINE__ + 1;
  const Error error = failure_of([&] { work.run([](Database&) {}); });
  EXPECT_EQ(error.code, ErrorCode::pool_timeout);
  EXPECT_THAT(error.message,
              AllOf(HasSubstr("2 jobs are waiting"), HasSubstr("background_test.cpp:" + std::to_string(line)),
                    HasSubstr("1 are running\n  from library/background_test.cpp:")));
  EXPECT_EQ(work.metrics().refused, 1U);
  shared_->may_end.count_down();
  eventually_done(work, 3);
  EXPECT_THAT(shared_->ran, ElementsAre(1, 2));
}

TEST_F(BackgroundWork, TellsTheListenerWhatAJobThrew) {
  Background work(db_);
  work.run([](Database&) { throw std::runtime_error("the mail server is on fire"); });
  work.run([](Database& db) { db.transact([](TransactionRef tx) { tx.execute("DIE"); }); });
  eventually([&] { return work.metrics().failed == 2; }, "both have failed");
  const auto told = events_.of(EventKind::callback_failed);
  ASSERT_THAT(told, SizeIs(2));
  const auto by_words = [&](std::string_view words) {
    return std::ranges::find_if(told,
                                [&](const Event& event) { return event.message.find(words) != event.message.npos; });
  };
  const auto thrown = by_words("the mail server is on fire");
  ASSERT_NE(thrown, told.end());
  EXPECT_THAT(thrown->message, HasSubstr("library/background_test.cpp:"));
  EXPECT_FALSE(thrown->error);
  const auto lost = by_words("the stub server went away");
  ASSERT_NE(lost, told.end());
  EXPECT_EQ(lost->error->code, ErrorCode::connection_lost);
  note(work, shared_, 1);
  eventually_done(work, 1);
}

TEST_F(BackgroundWork, StopGoesOnWithWhatItHas) {
  Background work(db_, {.threads = 1});
  occupy(work);
  note(work, shared_, 1);
  auto stopped = std::async(std::launch::async, [&] { return work.stop(Clock::now() + default_patience); });
  const auto takes_no_more = [&] {
    try {
      work.run([](Database&) {});
      return false;
    } catch (const Failure& failure) {
      return failure.error().code == ErrorCode::pool_closed;
    }
  };
  eventually(takes_no_more, "it takes no more");
  shared_->may_end.count_down();
  const BackgroundLeft left = stopped.get();
  EXPECT_THAT(left.not_started, IsEmpty());
  EXPECT_THAT(left.running, IsEmpty());
  EXPECT_THAT(shared_->ran, ElementsAre(1));
}

TEST_F(BackgroundWork, StopTellsWhatItDropsAtItsDeadline) {
  std::optional<Background> work;
  work.emplace(db_, BackgroundSettings{.name = "mails", .threads = 1});
  occupy(*work);
  note(*work, shared_, 1);
  const int line = __LINE__ + 1;
  work->run([](Database&, const std::shared_ptr<Shared>& shared) { shared->note(2); }, shared_);
  const BackgroundLeft left = work->stop(Clock::now() + 20ms);
  ASSERT_THAT(left.not_started, SizeIs(2));
  EXPECT_EQ(left.not_started[1].submitted_at.line(), static_cast<unsigned>(line));
  EXPECT_THAT(left.running, SizeIs(1));
  const auto told = events_.of(EventKind::callback_failed);
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_THAT(told[0].message, AllOf(HasSubstr("mails"), HasSubstr("2 jobs were not started"),
                                     HasSubstr("background_test.cpp:" + std::to_string(line))));
  shared_->may_end.count_down();
  work.reset();
  EXPECT_THAT(shared_->ran, IsEmpty());
}

TEST_F(BackgroundWork, ItsEndIsWaitedFor) {
  {
    Background work(db_, {.threads = 2});
    for (int i = 0; i < 20; ++i) note(work, shared_, i);
  }
  EXPECT_THAT(shared_->ran, SizeIs(20));
}

TEST_F(BackgroundWork, RefusesSettingsThatCannotWork) {
  const auto complaint = [&](const BackgroundSettings& settings) {
    const Error error = failure_of([&] { const Background work(db_, settings); });
    EXPECT_EQ(error.code, ErrorCode::configuration);
    return error.message;
  };
  EXPECT_THAT(complaint({.threads = 0, .queue = 0}), AllOf(HasSubstr("threads is 0"), HasSubstr("queue is 0")));
  EXPECT_THAT(complaint({.stop_timeout = -1ms}), HasSubstr("stop_timeout"));
}

}  // namespace
}  // namespace lockkeeper::testing
