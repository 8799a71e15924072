// Writes the history beside everything else: whoever adds never waits for a disk, and a disk that fails costs what
// there is no room for in memory, and nothing more.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "base/mutex.hpp"
#include "store/history.hpp"
#include "store/pending_history.hpp"

namespace lockkeeper::store {

struct WriterSettings {
  /// Commits lie at least so far apart: what a kill -9 loses is at most this and what the commit itself takes.
  std::chrono::milliseconds commit_every{1'000};
  std::chrono::milliseconds commit_timeout{5'000};
  std::chrono::milliseconds trim_every{60'000};
  std::chrono::milliseconds trim_timeout{10'000};
  /// After a failure: the first pause, doubled until the longest.
  std::chrono::milliseconds first_pause{1'000};
  std::chrono::milliseconds longest_pause{60'000};
  /// Of what waits to be written. As much again may be on its way to the disk.
  std::size_t most_bytes = std::size_t{16} << 20U;
  Retention retention = {};
};

struct WriterStatus {
  std::string trouble;                           ///< Empty: it works, as far as is known.
  std::optional<model::WallTime> trouble_since;  ///< Our clock.
  std::size_t pending_rows = 0;                  ///< Not committed yet; those on their way to the disk too.
  std::size_t pending_bytes = 0;
  Dropped dropped;  ///< Since the beginning.
  std::uint64_t commits = 0;
  std::optional<model::WallTime> last_commit;  ///< Our clock.
  std::int64_t store_bytes = 0;                ///< After the last trim; 0: there has been none.

  [[nodiscard]] bool works() const noexcept { return trouble.empty(); }
};

/// Opens the store; called on the writer's thread, at the beginning and after every failure.
using OpenHistory = std::function<Result<std::unique_ptr<History>>(Deadline deadline)>;

/// Told once when it fails (`works` false: what is wrong and what to do), and once when it works again. Called on the
/// writer's thread; must not call the writer.
using WriterNotice = std::function<void(bool works, const std::string& message)>;

/// Thread-safe. One thread of its own, from construction to stop.
class HistoryWriter {
 public:
  HistoryWriter(OpenHistory open, WriterSettings settings, WriterNotice notice);
  HistoryWriter(const HistoryWriter&) = delete;
  HistoryWriter& operator=(const HistoryWriter&) = delete;
  /// As stop, with a deadline of now.
  ~HistoryWriter();

  /// Never waits for a store. What there is no room for is dropped and counted, the oldest first. After stop: all of
  /// it.
  void add(model::HistoryBatch batch);

  [[nodiscard]] WriterStatus status() const;

  /// Writes what is left, until the deadline, and ends the thread. Returns whether all was written. A commit or trim
  /// that is being made is waited for, at most its own timeout. Once, from one thread.
  bool stop(Deadline deadline);

 private:
  using Clock = std::chrono::steady_clock;

  void run();
  /// Waits until something is to be done. False: stop.
  [[nodiscard]] bool wait_for_work();
  [[nodiscard]] Clock::time_point next_work() const LK_REQUIRES(mutex_);
  void commit(Deadline deadline);
  /// Whether it was written and there is more.
  [[nodiscard]] bool commit_some(Deadline deadline);
  void trim(Deadline deadline);
  [[nodiscard]] Result<void> open(Deadline deadline);
  [[nodiscard]] Result<void> append(const model::HistoryBatch& batch, Deadline deadline);
  enum class Work { commit, trim };
  void note_success(Work work);
  void note_failure(const Error& error);

  const OpenHistory open_;
  const WriterSettings settings_;
  const WriterNotice notice_;

  mutable base::Mutex mutex_;
  std::condition_variable_any changed_;
  PendingHistory pending_ LK_GUARDED_BY(mutex_);
  std::size_t in_flight_rows_ LK_GUARDED_BY(mutex_) = 0;
  std::size_t in_flight_bytes_ LK_GUARDED_BY(mutex_) = 0;
  WriterStatus status_ LK_GUARDED_BY(mutex_);
  std::optional<Deadline> stop_by_ LK_GUARDED_BY(mutex_);

  // The thread's own.
  std::unique_ptr<History> store_;
  Clock::time_point next_commit_{};
  Clock::time_point next_trim_{};
  std::chrono::milliseconds pause_;
  bool commit_failed_ = false;        // Of late.
  std::uint64_t dropped_before_ = 0;  // When it began to fail.

  std::thread thread_;  // Last: it uses all of the above.
};

}  // namespace lockkeeper::store
