// The library's pools of this process, gathered for whoever looks at them: what happened, and how they are.
//
//   LibraryListener listener;
//   Pool pool(driver, target, settings, listener);
//   ...
//   for (const model::Fact& fact : listener.take_facts()) ...       // what happened since the last call
//   report::to_prometheus(listener.pools(), listener.facts_lost())  // what is
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include <lockkeeper/event_listener.hpp>

#include "base/mutex.hpp"
#include "model/fact.hpp"
#include "model/pool.hpp"

namespace lockkeeper::collect::library {

/// One listener for any number of pools, whose names must differ. Thread-safe. Must outlive the pools.
///
/// Told on the threads of the application, so it holds nobody up: it copies, and waits for nothing but a lock under
/// which a few values are moved. What nobody takes is bounded: the oldest facts go, and are counted.
class LibraryListener : public EventListener {
 public:
  /// Usually some hundred kilobytes. At the very worst, where every fact lists as many leases as it may, each with a
  /// long statement, about 60 MB; several times that where stacks are recorded. At least 1.
  static constexpr std::size_t default_most_facts = 1'024;
  /// Of pools that come and go; the one told longest ago is forgotten for a new one.
  static constexpr std::size_t most_pools = 256;

  explicit LibraryListener(std::size_t most_facts = default_most_facts);

  void on_event(const Event& event) noexcept override;

  /// Also to be called with Pool::metrics where they shall be of this moment, not of the last metrics_interval.
  void on_metrics(const PoolMetrics& metrics) noexcept override;

  /// What happened since the last call, oldest first. Begins with a model::FactsLost where some were thrown away.
  [[nodiscard]] std::vector<model::Fact> take_facts();

  /// Thrown away so far.
  [[nodiscard]] std::uint64_t facts_lost() const;

  /// Every pool as it was told last, by name. Pools that have told no metrics yet are not among them.
  [[nodiscard]] std::vector<model::Pool> pools() const;

  /// A pool that is gone: its metrics would stand still for ever.
  void forget(const std::string& pool);

 private:
  /// What is known of one pool. Events may come before the first metrics.
  struct Told {
    bool has_metrics = false;
    model::Pool pool;
    std::uint64_t retries = 0;
    std::uint64_t callback_failures = 0;
    std::uint64_t outbox_dead_letters = 0;
    std::uint64_t last_told = 0;  ///< On the listener's own count.
  };

  void keep(model::Fact fact);
  void count(const Event& event);
  [[nodiscard]] Told& told(const std::string& pool) LK_REQUIRES(mutex_);

  const std::size_t most_facts_;
  mutable base::Mutex mutex_;
  std::deque<model::Fact> facts_ LK_GUARDED_BY(mutex_);
  std::uint64_t lost_ LK_GUARDED_BY(mutex_) = 0;
  std::uint64_t lost_untold_ LK_GUARDED_BY(mutex_) = 0;  // Since take_facts.
  std::map<std::string, Told, std::less<>> pools_ LK_GUARDED_BY(mutex_);
  std::uint64_t telling_ LK_GUARDED_BY(mutex_) = 0;
};

}  // namespace lockkeeper::collect::library
