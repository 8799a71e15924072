// The writer: what it commits when, and what it does when it cannot.
#include <gmock/gmock.h>

#include <atomic>
#include <mutex>
#include <semaphore>
#include <stdexcept>

#include <lockkeeper/sqlite.hpp>

#include "store/history_contract.hpp"
#include "store/history_writer.hpp"
#include "store/sqlite_history.hpp"
#include "support/servers.hpp"

namespace lockkeeper::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

struct Notice {
  bool works;
  std::string message;
};

class HistoryWriter : public ::testing::Test {
 protected:
  static store::WriterSettings quick() {
    store::WriterSettings settings{.commit_every = 1ms, .trim_every = 1h, .first_pause = 1ms, .longest_pause = 4ms};
    // What at_second makes is neither folded nor forgotten.
    settings.retention.seconds_for = settings.retention.age = std::chrono::years(100);
    return settings;
  }

  std::unique_ptr<store::HistoryWriter> start(store::WriterSettings settings = quick()) {
    const auto open = [this](Deadline deadline) -> store::Result<std::unique_ptr<store::History>> {
      store::SqliteHistoryOptions options{.file = file_};
      const int pages = most_pages_;
      if (pages > 0) options.pragmas["max_page_count"] = std::to_string(pages);
      return store::open_sqlite_history(*driver_, options, deadline);
    };
    return std::make_unique<store::HistoryWriter>(open, settings, [this](bool works, const std::string& message) {
      const std::lock_guard guard(mutex_);
      notices_.push_back({works, message});
    });
  }

  std::vector<Notice> notices() {
    const std::lock_guard guard(mutex_);
    return notices_;
  }
  void wait_for_notices(std::size_t count) {
    wait_until([&] { return notices().size() >= count; }, default_patience, "notices");
  }
  static void wait_until_written(const store::HistoryWriter& writer) {
    wait_until([&] { return writer.status().pending_rows == 0; }, default_patience, "all rows to be written");
  }
  model::HistoryWindow kept() {
    const auto reader = store::open_sqlite_history(*driver_, {.file = file_, .read_only = true}, soon());
    if (!reader) throw std::runtime_error(reader.error().message);
    return *(*reader)->read(everything(), soon());
  }

  TemporaryFolder folder_;
  std::filesystem::path file_ = folder_.path() / "history.sqlite";
  std::unique_ptr<Driver> driver_ = make_sqlite_driver();
  std::atomic<int> most_pages_{0};  // 0: no bound.
  std::mutex mutex_;
  std::vector<Notice> notices_;
};

TEST_F(HistoryWriter, WritesWhatIsAdded) {
  const auto writer = start();
  writer->add({});
  writer->add({.samples = {sample_at(1, 1)}});
  wait_until_written(*writer);
  writer->add({.samples = {sample_at(2, 1)}, .findings = {finding_seen(1, 2)}});
  wait_until_written(*writer);
  EXPECT_THAT(kept().periods, SizeIs(2));
  EXPECT_THAT(kept().findings, SizeIs(1));
  const auto status = writer->status();
  EXPECT_TRUE(status.works());
  EXPECT_EQ(status.commits, 2U);
  EXPECT_TRUE(status.last_commit);
  EXPECT_EQ(status.pending_bytes, 0U);
  EXPECT_THAT(notices(), IsEmpty());
}

TEST_F(HistoryWriter, CommitsNoMoreOftenThanItMayAndTheRestAtItsEnd) {
  auto settings = quick();
  settings.commit_every = 1h;
  const auto writer = start(settings);
  writer->add({.samples = {sample_at(0, 1)}});
  wait_until_written(*writer);
  for (int second = 1; second < 100; ++second) writer->add({.samples = {sample_at(second, 1)}});
  EXPECT_EQ(writer->status().pending_rows, 99U);
  EXPECT_EQ(writer->status().commits, 1U);
  EXPECT_TRUE(writer->stop(soon()));
  EXPECT_EQ(writer->status().commits, 2U);
  EXPECT_THAT(kept().periods, SizeIs(100));
}

TEST_F(HistoryWriter, TrimsByItself) {
  auto settings = quick();
  settings.trim_every = 1ms;
  settings.retention.age = std::chrono::hours(1);
  const auto writer = start(settings);
  writer->add({.actions = {action_at(1)}});
  // The store is trimmed a moment before the writer says how large it is now.
  const auto is_trimmed = [&] {
    const auto status = writer->status();
    return status.commits > 0 && status.store_bytes > 0 && kept().actions.empty();
  };
  wait_until(is_trimmed, default_patience, "a trim, and the store's size after it");
  EXPECT_THAT(notices(), IsEmpty());
}

TEST_F(HistoryWriter, AFullDiskIsToldOnceAndCostsNothing) {
  most_pages_ = 40;
  const auto writer = start();
  auto large = transaction_between(1, 2);
  large.json = std::string(300'000, 'x');
  writer->add({.transactions = {large}});
  wait_for_notices(1);
  EXPECT_FALSE(notices()[0].works);
  EXPECT_THAT(notices()[0].message, HasSubstr(file_.string()));
  EXPECT_THAT(notices()[0].message, HasSubstr("make room"));
  EXPECT_THAT(notices()[0].message, HasSubstr("kept in memory meanwhile"));
  for (int second = 0; second < 50; ++second) writer->add({.samples = {sample_at(second, 1)}});
  const auto status = writer->status();
  EXPECT_THAT(status.trouble, HasSubstr("full"));
  EXPECT_TRUE(status.trouble_since);
  EXPECT_EQ(status.pending_rows, 51U);
  most_pages_ = 10'000;
  wait_until_written(*writer);
  wait_for_notices(2);
  ASSERT_THAT(notices(), SizeIs(2)) << "once it failed, once it works, whatever was tried between";
  EXPECT_TRUE(notices()[1].works);
  EXPECT_THAT(notices()[1].message, HasSubstr("nothing was lost"));
  EXPECT_TRUE(writer->status().works());
  EXPECT_THAT(kept().periods, SizeIs(50));
  EXPECT_THAT(kept().transactions, SizeIs(1));
}

TEST_F(HistoryWriter, WhatHasGatheredIsWrittenInParts) {
  std::filesystem::create_directories(file_);
  const auto writer = start();
  wait_for_notices(1);
  model::HistoryBatch batch;
  for (int second = 0; second < 12'000; ++second) batch.samples.push_back(sample_at(second, 1));
  writer->add(std::move(batch));
  std::filesystem::remove(file_);
  wait_until_written(*writer);
  wait_for_notices(2);
  EXPECT_EQ(writer->status().commits, 3U);
  EXPECT_THAT(kept().periods, SizeIs(12'000));
}

TEST_F(HistoryWriter, MemoryIsBoundedAndWhatIsLostIsCounted) {
  std::filesystem::create_directories(file_);  // A folder in its place.
  auto settings = quick();
  settings.most_bytes = 20'000;
  const auto writer = start(settings);
  wait_for_notices(1);
  for (int second = 0; second < 1'000; ++second) writer->add({.samples = {sample_at(second, 1)}});
  wait_until([&] { return writer->status().dropped.samples > 0; }, default_patience, "something to be dropped");
  EXPECT_LE(writer->status().pending_bytes, 40'000U);
  std::filesystem::remove(file_);
  wait_until_written(*writer);
  wait_for_notices(2);
  EXPECT_THAT(notices()[1].message, HasSubstr("entries were lost"));
  EXPECT_EQ(kept().periods.size(), 1'000 - writer->status().dropped.samples);
  EXPECT_EQ(kept().newest, at_second(999));
}

TEST_F(HistoryWriter, AFileThatWentAwayIsMadeAnew) {
  const auto writer = start();
  writer->add({.samples = {sample_at(1, 1)}});
  wait_until_written(*writer);
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(file_.string() + suffix);
  writer->add({.samples = {sample_at(2, 1)}});
  wait_until_written(*writer);
  wait_for_notices(2);
  EXPECT_THAT(notices()[0].message, HasSubstr("moved, replaced or deleted"));
  ASSERT_THAT(kept().periods, SizeIs(1));
  EXPECT_EQ(kept().newest, at_second(2));
}

TEST_F(HistoryWriter, SomebodysLockIsWaitedForAndToldOf) {
  auto settings = quick();
  settings.commit_timeout = 2s;
  const auto writer = start(settings);
  writer->add({.samples = {sample_at(1, 1)}});
  wait_until_written(*writer);
  const auto other = driver_->connect({.url = "sqlite://" + file_.string()}, soon());
  other->begin({}, soon());
  writer->add({.samples = {sample_at(2, 1)}});
  wait_for_notices(1);
  EXPECT_THAT(notices()[0].message, HasSubstr("locked"));
  other->execute("ROLLBACK", soon());
  wait_until_written(*writer);
  wait_for_notices(2);
  EXPECT_THAT(kept().periods, SizeIs(2));
}

TEST_F(HistoryWriter, StopSaysWhatIsLeft) {
  std::filesystem::create_directories(file_);
  const auto writer = start();
  writer->add({.samples = {sample_at(1, 1)}});
  EXPECT_FALSE(writer->stop(std::chrono::steady_clock::now() + 50ms));
  EXPECT_EQ(writer->status().pending_rows, 1U);
  writer->add({.samples = {sample_at(2, 1)}});
  EXPECT_EQ(writer->status().pending_rows, 2U);
}

// A store that does not answer.
class Stuck : public store::History {
 public:
  explicit Stuck(std::binary_semaphore& gate) : gate_(gate) {}
  store::Result<void> append(const model::HistoryBatch&, Deadline) override {
    gate_.acquire();
    return {};
  }
  store::Result<model::HistoryWindow> read(const model::HistoryQuery&, Deadline) override { return {}; }
  store::Result<std::vector<model::HistoryShape>> shapes(const std::string&, Deadline) override { return {}; }
  store::Result<store::Trimmed> trim(model::WallTime, const store::Retention&, Deadline) override { return {}; }
  store::Result<std::int64_t> size_bytes(Deadline) override { return 0; }

 private:
  std::binary_semaphore& gate_;
};

TEST_F(HistoryWriter, WhoAddsDoesNotWaitForTheStore) {
  std::binary_semaphore gate(0);
  store::HistoryWriter writer([&](Deadline) { return std::make_unique<Stuck>(gate); }, quick(),
                              [](bool, const std::string&) {});
  for (int second = 0; second < 10; ++second) writer.add({.samples = {sample_at(second, 1)}});
  EXPECT_EQ(writer.status().pending_rows, 10U) << "those that are on their way count too";
  gate.release();
  wait_until([&] { return writer.status().commits > 0; }, default_patience, "the first commit");
  gate.release();
  EXPECT_TRUE(writer.stop(soon()));
}

TEST_F(HistoryWriter, ManyMayAddAtOnce) {
  const auto writer = start();
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      for (int second = 0; second < 200; ++second) {
        writer->add({.samples = {sample_at(second, 1, "server-" + std::to_string(thread))}});
        static_cast<void>(writer->status());
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_TRUE(writer->stop(soon()));
  EXPECT_THAT(kept().periods, SizeIs(800));
}

}  // namespace
}  // namespace lockkeeper::testing
