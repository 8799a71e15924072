// A writer that is killed, read by another process meanwhile and afterwards.
#include <gmock/gmock.h>

#include <fstream>
#include <stdexcept>

#include <lockkeeper/sqlite.hpp>

#include "store/history_contract.hpp"
#include "store/sqlite_history.hpp"
#include "support/servers.hpp"

namespace lockkeeper::testing {
namespace {

using namespace std::chrono_literals;

// One commit a second; the rest is for a machine that is busy with other things.
constexpr auto most_lost = 1s + 2s;

struct Added {
  std::int64_t number = 0;
  model::WallTime at;
};

class HistoryCrash : public ::testing::Test {
 protected:
  [[nodiscard]] model::HistoryWindow read() {
    const auto reader = store::open_sqlite_history(*driver_, {.file = file_, .read_only = true}, soon());
    if (!reader) return {};
    // A microsecond's resolution: each sample for itself.
    const auto now = std::chrono::floor<model::Duration>(std::chrono::system_clock::now());
    auto window = (*reader)->read({.from = now - 10min, .to = now + 10min, .step = 1s}, soon());
    if (!window) throw std::runtime_error(window.error().message);
    return std::move(*window);
  }
  [[nodiscard]] static std::int64_t count(const model::HistoryWindow& window) {
    std::int64_t samples = 0;
    for (const auto& period : window.periods) samples += period.samples;
    return samples;
  }
  [[nodiscard]] std::vector<Added> added() const {
    std::ifstream lines(log_);
    std::vector<Added> all;
    std::int64_t number = 0;
    std::int64_t micros = 0;
    while (lines >> number >> micros) all.push_back({number, model::WallTime(model::Duration(micros))});
    return all;
  }

  TemporaryFolder folder_;
  std::filesystem::path file_ = folder_.path() / "history.sqlite";
  std::filesystem::path log_ = folder_.path() / "added";
  std::unique_ptr<Driver> driver_ = make_sqlite_driver();
};

TEST_F(HistoryCrash, AKillCostsTheLastSecondAtMost) {
  SupervisedProcess writer({HISTORY_CRASHING_WRITER, file_.string(), log_.string()}, folder_.path() / "output", {});
  wait_until([&] { return count(read()) > 0; }, default_patience, "the first commit, seen by another process");
  const auto first = count(read());
  wait_until([&] { return count(read()) > first; }, default_patience, "the second commit");
  writer.kill_all();
  const auto all = added();
  const auto window = read();
  ASSERT_TRUE(window.newest);
  const auto kept = count(window);
  ASSERT_GT(kept, 0);
  ASSERT_LE(kept, std::ssize(all));
  EXPECT_EQ(window.periods.back().maximum[0], kept) << "all that were added until then, without a gap";
  EXPECT_LE(all.back().at - *window.newest, most_lost);

  auto again = store::open_sqlite_history(*driver_, {.file = file_}, soon());
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_TRUE((*again)->append({.samples = {sample_at(1, 1)}}, soon()));
  const auto connection = driver_->connect({.url = "sqlite://" + file_.string()}, soon());
  EXPECT_EQ(connection->execute("PRAGMA integrity_check", soon()).cell(0, 0), "ok");
}

TEST_F(HistoryCrash, ItMayBeReadAfterwardsWithoutBeingMended) {
  SupervisedProcess writer({HISTORY_CRASHING_WRITER, file_.string(), log_.string()}, folder_.path() / "output", {});
  wait_until([&] { return count(read()) > 0; }, default_patience, "the first commit");
  writer.kill_all();
  EXPECT_GT(count(read()), 0);
  std::filesystem::remove(file_.string() + "-shm");
  EXPECT_GT(count(read()), 0);
}

}  // namespace
}  // namespace lockkeeper::testing
