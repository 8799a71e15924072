#include <lockkeeper/pool.hpp>

#include <utility>

#include "client/pool_shell.hpp"

namespace lockkeeper {

Pool::Pool(std::shared_ptr<Driver> driver, Target target, PoolSettings settings, EventListener& listener) {
  if (!driver) throw Failure({ErrorCode::misuse, "", "a pool needs a driver", Blast::statement});
  check(settings);
  shell_ = client::PoolShell::make(std::move(driver), std::move(target), settings, listener);
}

Pool::~Pool() { client::PoolShell::retire(shell_); }

Lease Pool::acquire(const AcquireOptions& options, std::source_location where) {
  return shell_->acquire(options, where);
}
void Pool::change(const PoolSettings& settings) { shell_->change(settings); }
PoolSettings Pool::settings() const { return shell_->settings(); }
void Pool::evict_all() { shell_->evict_all(); }
std::vector<LeaseRecord> Pool::close(Deadline deadline) { return shell_->close(deadline); }
PoolMetrics Pool::metrics() const { return shell_->metrics(); }
std::vector<LeaseRecord> Pool::leases() const { return shell_->leases(); }
std::vector<WaitRecord> Pool::waits() const { return shell_->waits(); }
Driver& Pool::driver() const noexcept { return shell_->driver(); }
EventListener& Pool::listener() const noexcept { return shell_->listener(); }

}  // namespace lockkeeper
