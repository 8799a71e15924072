// What a Database is inside, and what its scopes keep alive of it.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <utility>

#include <lockkeeper/database.hpp>
#include <lockkeeper/pool.hpp>

#include "client/watchdog.hpp"

namespace lockkeeper::client {

/// Thread-safe.
class DatabaseShell {
 public:
  DatabaseShell(Database& facade, std::shared_ptr<Driver> driver, Target target, PoolSettings settings,
                EventListener& listener)
      : facade_(&facade), pool_(std::move(driver), std::move(target), std::move(settings), listener) {}

  [[nodiscard]] Pool& pool() noexcept { return pool_; }
  [[nodiscard]] Watchdog& watchdog() noexcept { return *watchdog_; }
  /// Null once the Database has gone before its last transaction: against its rules, and yet no reason to crash.
  [[nodiscard]] Database* facade() const noexcept { return facade_.load(std::memory_order_acquire); }
  void leave() noexcept { facade_.store(nullptr, std::memory_order_release); }

  /// The database's engine, once a connection has told it.
  [[nodiscard]] std::optional<Engine> engine() const noexcept {
    const int known = engine_.load(std::memory_order_relaxed);
    if (known == unknown_engine) return std::nullopt;
    return static_cast<Engine>(known);
  }
  void set_engine(Engine engine) noexcept { engine_.store(static_cast<int>(engine), std::memory_order_relaxed); }

 private:
  static constexpr int unknown_engine = -1;
  std::atomic<Database*> facade_;
  Pool pool_;
  std::shared_ptr<Watchdog> watchdog_ = Watchdog::of_process();
  std::atomic<int> engine_{unknown_engine};
};

}  // namespace lockkeeper::client
