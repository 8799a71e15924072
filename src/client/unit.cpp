#include "client/unit.hpp"

#include <algorithm>
#include <deque>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include <lockkeeper/unit_of_work.hpp>

#include "base/mutex.hpp"

namespace lockkeeper::client {

/// All units of the process. Never destroyed: threads may outlive everything.
class UnitRegistry {
 public:
  static UnitRegistry& instance() {
    static auto* registry = new UnitRegistry;
    return *registry;
  }

  void enter(ThreadCache& thread) {
    const base::Guard guard(mutex_);
    caches_.push_back(&thread);
  }
  void leave(ThreadCache& thread) noexcept {
    const base::Guard guard(mutex_);
    std::erase(caches_, &thread);
  }
  bool is_anybody_inside(const void* pool, const ThreadCache& but) noexcept {
    const base::Guard guard(mutex_);
    return std::ranges::any_of(caches_, [&](const ThreadCache* cache) {
      return cache != &but && cache->inside.load(std::memory_order_acquire) == pool;
    });
  }

  Unit& begin(std::string_view name, Unit* outer, const ThreadCache& owner) {
    const base::Guard guard(mutex_);
    Unit& unit = take_unused();
    const std::uint64_t id = next_id_++;
    names_[id] = name.empty() ? "thread " + std::to_string(++threads_) : std::string(name);
    unit.root_.store(outer == nullptr ? &unit : &outer->root(), std::memory_order_relaxed);
    unit.threads.store(1, std::memory_order_relaxed);
    unit.owner_.store(&owner, std::memory_order_relaxed);
    unit.own_leases_.store(0, std::memory_order_relaxed);
    unit.other_leases_.store(0, std::memory_order_relaxed);
    unit.id_.store(id, std::memory_order_release);
    return unit;
  }

  void end(Unit& unit) noexcept {
    const base::Guard guard(mutex_);
    names_.erase(unit.id());
    unit.id_.store(0, std::memory_order_release);
    // Leases that are still out are counted on it when they end: only a unit without any can serve again.
    (unit.leases() == 0 ? unused_ : waiting_).push_back(&unit);
  }

  std::string name(const Unit& unit, std::uint64_t id) {
    const base::Guard guard(mutex_);
    const auto found = names_.find(id);
    return unit.id() == id && found != names_.end() ? found->second : "a unit of work that has ended";
  }

 private:
  Unit& take_unused() LK_REQUIRES(mutex_) {
    if (unused_.empty()) {
      std::erase_if(waiting_, [this](Unit* unit) LK_REQUIRES(mutex_) {
        if (unit->leases() != 0) return false;
        unused_.push_back(unit);
        return true;
      });
    }
    if (unused_.empty()) return units_.emplace_back();
    Unit& unit = *unused_.back();
    unused_.pop_back();
    return unit;
  }

  base::Mutex mutex_;
  std::deque<Unit> units_ LK_GUARDED_BY(mutex_);
  std::vector<Unit*> unused_ LK_GUARDED_BY(mutex_);
  std::vector<Unit*> waiting_ LK_GUARDED_BY(mutex_);  // Ended, with leases still out.
  std::vector<const ThreadCache*> caches_ LK_GUARDED_BY(mutex_);
  std::unordered_map<std::uint64_t, std::string> names_ LK_GUARDED_BY(mutex_);
  std::uint64_t next_id_ LK_GUARDED_BY(mutex_) = 1;
  std::uint64_t threads_ LK_GUARDED_BY(mutex_) = 0;
};

void end_unit(Unit& unit) noexcept { UnitRegistry::instance().end(unit); }
std::string unit_name(const Unit& unit, std::uint64_t id) { return UnitRegistry::instance().name(unit, id); }

namespace {

constinit thread_local ThreadCache cache{};

}  // namespace

Unit& begin_unit(std::string_view name, Unit* outer) { return UnitRegistry::instance().begin(name, outer, cache); }

namespace {

// Ends the thread's own unit with the thread.
struct OwnUnit {
  OwnUnit() : unit(begin_unit("")) {
    cache.unit = &unit;
    UnitRegistry::instance().enter(cache);
  }
  OwnUnit(const OwnUnit&) = delete;
  OwnUnit& operator=(const OwnUnit&) = delete;
  ~OwnUnit() {
    UnitRegistry::instance().leave(cache);
    cache.unit = nullptr;
    end_unit(unit);
  }
  Unit& unit;
};

void begin_thread() { thread_local const OwnUnit own; }

}  // namespace

void wait_until_nobody_is_inside(const void* pool) noexcept {
  while (UnitRegistry::instance().is_anybody_inside(pool, cache)) std::this_thread::yield();
}

ThreadCache& thread_cache() {
  if (cache.unit == nullptr) [[unlikely]] {
    begin_thread();
    // Past the thread's own end (another thread_local's destructor): a unit that never ends.
    if (cache.unit == nullptr) cache.unit = &begin_unit("a thread that is ending");
  }
  return cache;
}

}  // namespace lockkeeper::client

namespace lockkeeper {

UnitOfWork::UnitOfWork(std::string_view name) : before_(client::thread_cache().unit) {
  // Only within a unit that holds something: a request's unit on a thread of a server's pool stands alone.
  client::Unit* outer = before_->root().leases() > 0 ? before_ : nullptr;
  unit_ = &client::begin_unit(name.empty() ? "unnamed unit" : name, outer);
  client::thread_cache().unit = unit_;
}

UnitOfWork::~UnitOfWork() {
  client::thread_cache().unit = before_;
  client::end_unit(*unit_);
}

UnitOfWork::Entry::Entry(UnitOfWork& unit) : unit_(unit.unit_) {
  unit_->root().threads.fetch_add(1, std::memory_order_acq_rel);
  before_ = std::exchange(client::thread_cache().unit, unit_);
}

UnitOfWork::Entry::~Entry() {
  client::thread_cache().unit = before_;
  unit_->root().threads.fetch_sub(1, std::memory_order_acq_rel);
}

std::string UnitOfWork::current() {
  const client::Unit& unit = *client::thread_cache().unit;
  return client::unit_name(unit, unit.id());
}

}  // namespace lockkeeper
