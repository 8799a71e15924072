#include "collect/library/listener.hpp"

#include <algorithm>
#include <exception>
#include <iterator>
#include <optional>
#include <utility>

#include "base/assert.hpp"
#include "collect/library/to_model.hpp"

namespace lockkeeper::collect::library {

LibraryListener::LibraryListener(std::size_t most_facts) : most_facts_(most_facts) { LK_ASSERT(most_facts > 0); }

// The one thing that can fail here is memory, and then the fact is lost like any other.
void LibraryListener::on_event(const Event& event) noexcept {
  try {
    count(event);
    if (std::optional<model::Fact> fact = to_fact(event, Moment::now())) keep(*std::move(fact));
  } catch (const std::exception&) {
    const base::Guard guard(mutex_);
    ++lost_;
    ++lost_untold_;
  }
}

void LibraryListener::on_metrics(const PoolMetrics& metrics) noexcept {
  try {
    model::Pool pool = to_pool(metrics, Moment::now());
    const base::Guard guard(mutex_);
    Told& known = told(metrics.pool);
    std::swap(known.pool, pool);  // The old one is destroyed after the lock is released.
    known.has_metrics = true;
  } catch (const std::exception&) {
    return;  // No memory: the metrics stay as they were told before, and say when that was.
  }
}

std::vector<model::Fact> LibraryListener::take_facts() {
  std::deque<model::Fact> taken;
  std::uint64_t lost = 0;
  {
    const base::Guard guard(mutex_);
    taken.swap(facts_);
    lost = std::exchange(lost_untold_, 0);
  }
  std::vector<model::Fact> facts;
  facts.reserve(taken.size() + 1);
  if (lost > 0) {
    const model::WallTime until = taken.empty() ? Moment::now().wall : taken.front().at;
    facts.push_back({until, model::FactsLost{lost}});
  }
  std::ranges::move(taken, std::back_inserter(facts));
  return facts;
}

std::uint64_t LibraryListener::facts_lost() const {
  const base::Guard guard(mutex_);
  return lost_;
}

std::vector<model::Pool> LibraryListener::pools() const {
  std::vector<model::Pool> pools;
  const base::Guard guard(mutex_);
  for (const auto& [name, known] : pools_) {
    if (!known.has_metrics) continue;
    model::Pool& pool = pools.emplace_back(known.pool);
    pool.total.retries = known.retries;
    pool.total.callback_failures = known.callback_failures;
    pool.total.outbox_dead_letters = known.outbox_dead_letters;
  }
  return pools;
}

void LibraryListener::forget(const std::string& pool) {
  const base::Guard guard(mutex_);
  pools_.erase(pool);
}

void LibraryListener::keep(model::Fact fact) {
  std::optional<model::Fact> oldest;  // Destroyed after the lock is released.
  const base::Guard guard(mutex_);
  if (facts_.size() == most_facts_) {
    oldest = std::move(facts_.front());
    facts_.pop_front();
    ++lost_;
    ++lost_untold_;
  }
  facts_.push_back(std::move(fact));
}

void LibraryListener::count(const Event& event) {
  const bool counted_here = event.kind == EventKind::retry || event.kind == EventKind::callback_failed ||
                            event.kind == EventKind::outbox_dead_letter;
  if (!counted_here) return;
  const base::Guard guard(mutex_);
  Told& known = told(event.pool);
  if (event.kind == EventKind::retry) ++known.retries;
  if (event.kind == EventKind::callback_failed) ++known.callback_failures;
  if (event.kind == EventKind::outbox_dead_letter) ++known.outbox_dead_letters;
}

LibraryListener::Told& LibraryListener::told(const std::string& pool) {
  auto known = pools_.find(pool);
  if (known == pools_.end()) {
    if (pools_.size() == most_pools) {
      pools_.erase(std::ranges::min_element(pools_, {}, [](const auto& entry) { return entry.second.last_told; }));
    }
    known = pools_.emplace(pool, Told{}).first;
  }
  known->second.last_told = ++telling_;
  return known->second;
}

}  // namespace lockkeeper::collect::library
