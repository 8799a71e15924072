// Who of this process waits for whom at an SQLite file's one write lock. SQLite itself tells nobody who holds its
// locks; but a pool's connections are all in one process, and each knows about itself.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <lockkeeper/connection.hpp>

#include "client/drivers/sqlite_interruption.hpp"

namespace lockkeeper::client::sqlite {

/// What one connection tells the others. The connection's thread calls everything but `waits_among`.
class LockShare {
 public:
  /// `file` as SQLite names it; empty: in memory, where nothing is told.
  LockShare(std::string file, std::shared_ptr<Interruption> interruption);
  LockShare(const LockShare&) = delete;
  LockShare& operator=(const LockShare&) = delete;
  ~LockShare();

  /// Below 0, and no other connection's of this process.
  [[nodiscard]] std::int64_t number() const noexcept { return number_; }

  /// Between two calls of the driver: whether a transaction is open that has the write lock.
  void set_writes(bool writes) noexcept {
    if (writes_.load(std::memory_order_relaxed) != writes) writes_.store(writes);
  }
  /// It has locks that the driver does not see (its native handle was taken, another file attached): from now on it
  /// neither blocks nor waits as far as we know.
  void distrust() noexcept { is_trusted_.store(false); }

  /// Whoever of these is waiting for the write lock right now, and the connection that has it, if that is one of ours:
  /// another process's writer is seen by nobody. Any thread.
  [[nodiscard]] static std::vector<LockWait> waits_among(std::span<const std::int64_t> waiters);

 private:
  struct Book;
  [[nodiscard]] static Book& book();
  [[nodiscard]] bool holds(const std::string& file) const noexcept {
    return file_ == file && writes_.load() && is_trusted_.load();
  }

  const std::int64_t number_;
  const std::string file_;
  const std::shared_ptr<Interruption> interruption_;
  std::atomic<bool> writes_{false};
  std::atomic<bool> is_trusted_{true};
};

}  // namespace lockkeeper::client::sqlite
