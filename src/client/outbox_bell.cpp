#include "client/outbox_bell.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace lockkeeper::client {
namespace {

class Belfry {
 public:
  void hang_up(const std::string& table, const std::shared_ptr<OutboxBell>& bell) {
    const base::Guard guard(mutex_);
    std::erase_if(bells_, [](const auto& each) { return each.second.expired(); });
    bells_.emplace_back(table, bell);
  }

  // Rung with the lock held: no bell takes it, and nothing is allocated, so that it cannot fail after a commit.
  void ring(const std::string& table) noexcept {
    const base::Guard guard(mutex_);
    for (const auto& [name, weak] : bells_) {
      if (name != table) continue;
      if (const auto bell = weak.lock()) bell->ring();
    }
  }

 private:
  base::Mutex mutex_;
  std::vector<std::pair<std::string, std::weak_ptr<OutboxBell>>> bells_ LK_GUARDED_BY(mutex_);
};

// Never destroyed: transactions may end while the process does.
Belfry& belfry() {
  static auto* of_process = new Belfry;
  return *of_process;
}

}  // namespace

void OutboxBell::ring() noexcept {
  {
    const base::Guard guard(mutex_);
    ++rings_;
  }
  changed_.notify_all();
}

void OutboxBell::stop() noexcept {
  {
    const base::Guard guard(mutex_);
    stopped_ = true;
  }
  changed_.notify_all();
}

bool OutboxBell::stopped() const noexcept {
  const base::Guard guard(mutex_);
  return stopped_;
}

std::uint64_t OutboxBell::rings() const noexcept {
  const base::Guard guard(mutex_);
  return rings_;
}

bool OutboxBell::wait(std::uint64_t seen, std::chrono::steady_clock::time_point until) {
  base::Guard guard(mutex_);
  while (rings_ == seen && !stopped_) {
    if (changed_.wait_until(guard, until) == std::cv_status::timeout) break;
  }
  return rings_ != seen;
}

bool OutboxBell::wait_for_stop(std::chrono::steady_clock::time_point until) {
  base::Guard guard(mutex_);
  while (!stopped_) {
    if (changed_.wait_until(guard, until) == std::cv_status::timeout) break;
  }
  return stopped_;
}

void hang_up(const std::string& table, const std::shared_ptr<OutboxBell>& bell) { belfry().hang_up(table, bell); }
void ring_bells(const std::string& table) noexcept { belfry().ring(table); }

}  // namespace lockkeeper::client
