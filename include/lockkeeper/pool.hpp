// A pool of connections to one database: strictly first come, first served; every lease knows where it was taken.
//
//   Pool pool(make_postgres_driver(), {.url = "postgresql://localhost/shop"}, {.name = "orders", .maximum_size = 10});
//   Lease lease = pool.acquire();
//   Rows rows = lease.execute("SELECT now()");
//
// Most programs use Database (<lockkeeper/database.hpp>), whose transactions take and return leases themselves.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <source_location>
#include <span>
#include <string_view>
#include <vector>

#include <lockkeeper/connection.hpp>
#include <lockkeeper/driver.hpp>
#include <lockkeeper/event_listener.hpp>
#include <lockkeeper/pool_settings.hpp>
#include <lockkeeper/queries.hpp>

namespace lockkeeper {

namespace client {
class PoolShell;
struct Slot;
}  // namespace client

/// The hold on one connection; its destruction gives the connection back. Move-only.
///
/// May be used by one thread at a time (another one fails with `foreign_use`, it never corrupts). It belongs to the
/// unit of work that took it: see UnitOfWork. A moved-from or given-back lease only throws `misuse`.
///
/// On its return the server's transaction status decides: idle goes back to the pool; an open or failed transaction is
/// rolled back within PoolSettings::rollback_timeout and told as `dirty_return`; what cannot be cleaned is closed. The
/// slot is free again in every case.
class [[nodiscard]] Lease : public Queries<Lease> {
 public:
  Lease() noexcept = default;  ///< Holds nothing.
  Lease(Lease&& other) noexcept;
  Lease& operator=(Lease&& other) noexcept;
  ~Lease();

  [[nodiscard]] explicit operator bool() const noexcept { return slot_ != nullptr; }

  /// Gives the connection back now. Does nothing the second time.
  void give_back() noexcept;

  /// Runs one statement, within the deadline if one is given, else within PoolSettings::statement_timeout. Throws
  /// Failure as Connection::execute, `reclaimed` after the pool took the lease back. Typed forms: Queries.
  Rows run(std::string_view sql, std::span<const Parameter> parameters, std::optional<Deadline> deadline = {});
  std::vector<Rows> run_batch(std::span<const Statement> statements, std::optional<Deadline> deadline = {});
  /// The stream borrows the lease. Given back while a stream is open, the lease ends when the stream does.
  [[nodiscard]] std::unique_ptr<RowStream> open_stream(std::string_view sql, std::span<const Parameter> parameters,
                                                       std::size_t chunk_rows, std::optional<Deadline> deadline = {});
  void begin(const BeginOptions& options, std::optional<Deadline> deadline = {});

  [[nodiscard]] TransactionStatus transaction_status() const noexcept;
  [[nodiscard]] const ServerInfo& server() const;
  /// Connection::native_handle. What is done through it is not recorded, and not guarded against other threads.
  [[nodiscard]] void* native_handle();
  /// Cancels what the lease is running, from any thread, also after the lease has ended.
  [[nodiscard]] std::shared_ptr<Canceller> canceller() const;
  [[nodiscard]] LeaseRecord record() const;
  /// LeaseRecord::id.
  [[nodiscard]] std::uint64_t id() const noexcept;

 private:
  friend class client::PoolShell;
  Lease(client::PoolShell& pool, client::Slot& slot, std::uint64_t sequence) noexcept
      : pool_(&pool), slot_(&slot), sequence_(sequence) {}
  void require_lease() const;

  client::PoolShell* pool_ = nullptr;
  client::Slot* slot_ = nullptr;
  std::uint64_t sequence_ = 0;
};

/// What one call of acquire may ask for instead of the pool's settings.
struct AcquireOptions {
  std::optional<Deadline> deadline = {};  ///< Instead of now + acquire_timeout.
  std::optional<LeakPolicy> leak = {};
  std::optional<NestedAcquire> nested = {};
};

/// Thread-safe. Destroying the pool closes it.
class Pool {
 public:
  /// Checks the settings, then connects as PoolSettings::initial_failure says. `driver` and `listener` must not be
  /// null; the listener must outlive the pool and every lease. Throws Failure.
  Pool(std::shared_ptr<Driver> driver, Target target, PoolSettings settings = {},
       EventListener& listener = default_listener());
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
  /// As close with no time to wait. Leases that are still out stay usable; their connections are closed on return.
  ~Pool();

  /// A connection, at once or when this caller's turn has come. Throws Failure: `pool_timeout` (with who holds what),
  /// `pool_deadlock` (with the ring), `nested_acquire` under strict, `pool_closed`, or that of connecting where the
  /// server is known to refuse every attempt (wrong password, no such database).
  [[nodiscard]] Lease acquire(const AcquireOptions& options = {},
                              std::source_location where = std::source_location::current());

  /// Changes settings while running: everything but name, initial_failure and initial_timeout, which must be
  /// as they were. A smaller maximum_size takes effect as leases return. Throws Failure (`configuration`), nothing
  /// changed.
  void change(const PoolSettings& settings);
  [[nodiscard]] PoolSettings settings() const;

  /// Retires every connection: idle ones now, leased ones on their return. For changed credentials or a failover.
  void evict_all();

  /// Refuses new callers, fails the waiting ones with `pool_closed`, closes idle connections and waits until all leases
  /// are back or the deadline has passed. Returns the leases still out. May be called again.
  std::vector<LeaseRecord> close(Deadline deadline);

  [[nodiscard]] PoolMetrics metrics() const;
  /// Everything that is held, oldest first.
  [[nodiscard]] std::vector<LeaseRecord> leases() const;
  [[nodiscard]] std::vector<WaitRecord> waits() const;

  [[nodiscard]] Driver& driver() const noexcept;
  [[nodiscard]] EventListener& listener() const noexcept;

 private:
  friend class client::PoolShell;
  client::PoolShell* shell_;
};

}  // namespace lockkeeper
