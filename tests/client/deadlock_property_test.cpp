// The detector against a play of what would happen, on random situations.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <tuple>
#include <vector>

#include "client/deadlock.hpp"
#include "client/deadlock_play.hpp"
#include "client/deadlock_stage.hpp"

namespace lockkeeper::client {
namespace {

// Not scaled by RapidCheck's size: every situation is small, and the small ones are no deadlocks.
template <class Number>
Number number(Number low, Number high) {
  return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange<Number>(low, high));
}
bool one_in(int count) { return number(0, count) == 0; }

// Up to three pools on two servers, up to nine leases of six units. Most holders wait, for slots or for each other's
// locks; a few strangers wait too. Sessions mostly have their own numbers, which repeat from server to server.
class SituationMaker {
 public:
  Situation make() {
    const int pools = number(1, 4);
    for (int pool = 0; pool < pools; ++pool) add_pool();
    const Locks holders(situation_);
    for (const HeldLease& lease : holders.leases) {
      if (one_in(6)) continue;
      if (lease.executing && !one_in(3)) {
        add_lock(lease, holders.leases);
      } else {
        add_wait(lease.unit);
      }
    }
    for (int strangers = number(0, 3); strangers > 0; --strangers) add_wait(unit());
    if (one_in(4)) situation_.locks.push_back({number<std::uint64_t>(0, 2), session(), session()});
    hand_out_wait_ids();
    add_units();
    return situation_;
  }

 private:
  static UnitId unit() { return UnitId(number<std::uint64_t>(1, 7)); }
  static std::int64_t session() { return number<std::int64_t>(0, 10); }

  void add_pool() {
    PoolSituation& pool = situation_.pools.emplace_back();
    pool.id = PoolId(static_cast<std::uint32_t>(situation_.pools.size()));
    pool.free = one_in(10) ? 1 : 0;
    const std::uint64_t server = one_in(3) ? 1 : 0;
    for (int leases = number(1, 4); leases > 0; --leases) {
      const std::int64_t own = ++sessions_[server];
      pool.leases.push_back({.id = LeaseId(++leases_),
                             .unit = unit(),
                             .server = server,
                             .backend = one_in(20) ? session() : own,
                             .executing = one_in(2)});
    }
  }

  void add_wait(UnitId unit) {
    const auto pool = number<std::size_t>(0, situation_.pools.size());
    situation_.pools[pool].waits.push_back({.id = WaitId(0), .unit = unit});
  }

  // One to three blockers: mostly the sessions of other leases.
  void add_lock(const HeldLease& waiter, const std::vector<HeldLease>& leases) {
    for (int blockers = one_in(3) ? number(2, 4) : 1; blockers > 0; --blockers) {
      const HeldLease& other = leases[number<std::size_t>(0, leases.size())];
      situation_.locks.push_back(
          {.server = waiter.server, .waiter = waiter.backend, .blocker = one_in(20) ? session() : other.backend});
    }
  }

  // Older and younger waits are spread over the pools; within one, the first came first.
  void hand_out_wait_ids() {
    std::vector<QueuedWait*> waits;
    for (PoolSituation& pool : situation_.pools) {
      for (QueuedWait& wait : pool.waits) waits.push_back(&wait);
    }
    std::ranges::shuffle(waits, std::mt19937(number(0U, 1000U)));
    for (std::size_t index = 0; index < waits.size(); ++index) waits[index]->id = WaitId(index + 1);
    for (PoolSituation& pool : situation_.pools) std::ranges::sort(pool.waits, {}, &QueuedWait::id);
  }

  // As many threads as are seen waiting, now and then one more.
  void add_units() {
    std::map<UnitId, std::uint32_t> threads;
    for (const PoolSituation& pool : situation_.pools) {
      for (const QueuedWait& wait : pool.waits) ++threads[wait.unit];
    }
    const Locks locks(situation_);
    for (const std::size_t waiter : locks.inside) ++threads[locks.leases[waiter].unit];
    for (const auto& [unit, count] : threads) {
      const bool one_more = one_in(12);
      if (count > 1 || one_more) situation_.units.push_back({.id = unit, .threads = count + (one_more ? 1 : 0)});
    }
  }

  Situation situation_;
  std::map<std::uint64_t, std::int64_t> sessions_;
  std::uint64_t leases_ = 0;
};

// How often something was seen, lest a property hold because nothing ever happens.
struct Share {
  int all = 0;
  int seen = 0;
  void count(bool yes) {
    ++all;
    seen += yes ? 1 : 0;
  }
  [[nodiscard]] int percent() const { return seen * 100 / std::max(all, 1); }
};

// What the header promises, by definition and by brute force.
struct Expectation {
  explicit Expectation(const Situation& given) : situation(given), locks(given), stuck(Play(given).stuck()) {
    reach.assign(stuck.size(), std::vector<bool>(stuck.size()));
    for (std::size_t from = 0; from < stuck.size(); ++from) {
      for (std::size_t to = 0; to < stuck.size(); ++to) reach[from][to] = waits_for(stuck[from], stuck[to]);
    }
    close_over_paths(reach);
  }

  [[nodiscard]] bool holds(UnitId unit) const {
    return std::ranges::any_of(locks.leases, [&](const HeldLease& lease) { return lease.unit == unit; });
  }

  [[nodiscard]] bool waits_for(UnitId waiter, UnitId holder) const {
    for (const PoolSituation& pool : situation.pools) {
      if (std::ranges::any_of(pool.waits, [&](const QueuedWait& wait) { return wait.unit == waiter; }) &&
          std::ranges::any_of(pool.leases, [&](const HeldLease& lease) { return lease.unit == holder; })) {
        return true;
      }
    }
    return std::ranges::any_of(locks.pairs, [&](const auto& pair) {
      return locks.leases[pair.first].unit == waiter && locks.leases[pair.second].unit == holder;
    });
  }

  [[nodiscard]] std::optional<std::size_t> place(UnitId unit) const {
    const auto found = std::ranges::find(stuck, unit);
    return found == stuck.end() ? std::nullopt : std::optional(static_cast<std::size_t>(found - stuck.begin()));
  }

  [[nodiscard]] bool depends_on_no_other_ring(std::size_t unit) const {
    for (std::size_t other = 0; other < stuck.size(); ++other) {
      if (reach[unit][other] && !reach[other][unit]) return false;
    }
    return true;
  }

  [[nodiscard]] bool helps_another(const QueuedWait& wait) const {
    Situation without = situation;
    fail(without, wait.id);
    return Play(without).waits_ended_of_others_than(wait.unit) > Play(situation).waits_ended_of_others_than(wait.unit);
  }

  [[nodiscard]] std::optional<QueuedWait> victim() const {
    std::optional<QueuedWait> best;
    std::tuple<bool, bool, WaitId> best_rank;
    for (const PoolSituation& pool : situation.pools) {
      for (const QueuedWait& wait : pool.waits) {
        const auto unit = place(wait.unit);
        if (!unit || !holds(wait.unit)) continue;
        const std::tuple rank(depends_on_no_other_ring(*unit), helps_another(wait), wait.id);
        if (best && rank <= best_rank) continue;
        best = wait;
        best_rank = rank;
      }
    }
    return best;
  }

  [[nodiscard]] std::set<UnitId> ring(UnitId victim) const {
    std::set<UnitId> result{victim};
    for (std::size_t other = 0; other < stuck.size(); ++other) {
      if (reach[*place(victim)][other]) result.insert(stuck[other]);
    }
    return result;
  }

  const Situation& situation;
  Locks locks;
  std::vector<UnitId> stuck;
  Reach reach;
};

// The situation without anybody but these: what the others hold is as good as free, what they wait for is nothing.
Situation only(const std::set<UnitId>& units, Situation situation) {
  const Locks locks(situation);
  for (PoolSituation& pool : situation.pools) {
    // A backend that is claimed twice stays unknown when one of the two is gone.
    for (HeldLease& lease : pool.leases) lease.backend = locks.find(lease.server, lease.backend) ? lease.backend : 0;
    pool.free += static_cast<std::uint32_t>(
        std::erase_if(pool.leases, [&](const HeldLease& lease) { return !units.contains(lease.unit); }));
    std::erase_if(pool.waits, [&](const QueuedWait& wait) { return !units.contains(wait.unit); });
  }
  return situation;
}

TEST(DeadlockProperty, StuckIsWhoeverNeverFinishesWhenThePlayIsOver) {
  Share stuck;
  EXPECT_TRUE(rc::check([&] {
    const Situation situation = SituationMaker().make();
    const std::vector<UnitId> expected = Play(situation).stuck();
    RC_ASSERT(stuck_units(situation) == expected);
    stuck.count(!expected.empty());
  }));
  EXPECT_GT(stuck.percent(), 15);
  EXPECT_LT(stuck.percent(), 85);
}

TEST(DeadlockProperty, TheVerdictIsWhatTheHeaderPromises) {
  Share found;
  Share with_locks;
  Share bystanders;
  EXPECT_TRUE(rc::check([&] {
    const Situation situation = SituationMaker().make();
    const Expectation expected(situation);
    const auto victim = expected.victim();
    const auto verdict = find_deadlock(situation);
    RC_ASSERT(verdict.has_value() == victim.has_value());
    found.count(verdict.has_value());
    if (!verdict) return;
    RC_ASSERT(verdict->victim == victim->id);
    const std::set<UnitId> ring = expected.ring(victim->unit);
    std::set<WaitId> waits;
    std::set<LeaseId> leases;
    for (const PoolSituation& pool : situation.pools) {
      for (const auto& wait : pool.waits) {
        if (ring.contains(wait.unit)) waits.insert(wait.id);
      }
      for (const auto& lease : pool.leases) {
        if (ring.contains(lease.unit)) leases.insert(lease.id);
      }
    }
    std::set<std::tuple<std::uint64_t, std::int64_t, std::int64_t>> edges;
    for (const auto& [waiter, blocker] : expected.locks.pairs) {
      const HeldLease& from = expected.locks.leases[waiter];
      const HeldLease& to = expected.locks.leases[blocker];
      if (ring.contains(from.unit) && ring.contains(to.unit)) edges.emplace(from.server, from.backend, to.backend);
    }
    std::vector<LockEdge> locks;
    for (const auto& [server, waiter, blocker] : edges) locks.push_back({server, waiter, blocker});
    RC_ASSERT(verdict->waits == std::vector(waits.begin(), waits.end()));
    RC_ASSERT(verdict->leases == std::vector(leases.begin(), leases.end()));
    RC_ASSERT(verdict->locks == locks);
    with_locks.count(!locks.empty());
    bystanders.count(ring.size() < expected.stuck.size());
  }));
  EXPECT_GT(found.percent(), 15);
  EXPECT_GT(with_locks.percent(), 5);
  EXPECT_GT(bystanders.percent(), 5);
}

TEST(DeadlockProperty, TheRingIsAProofByItself) {
  EXPECT_TRUE(rc::check([] {
    const Situation situation = SituationMaker().make();
    const auto verdict = find_deadlock(situation);
    if (!verdict) return;
    const Expectation expected(situation);
    const std::set<UnitId> ring = expected.ring(expected.victim()->unit);
    // Whatever everybody else does, those of the ring stay stuck, and the same one is named.
    const Situation alone = only(ring, situation);
    RC_ASSERT(stuck_units(alone) == std::vector(ring.begin(), ring.end()));
    RC_ASSERT(Play(alone).stuck() == std::vector(ring.begin(), ring.end()));
  }));
}

TEST(DeadlockProperty, FailingOneVictimAfterAnotherEndsWithNobodyNestedAndStuck) {
  EXPECT_TRUE(rc::check([] {
    Situation situation = SituationMaker().make();
    std::set<UnitId> failed;
    while (const auto verdict = find_deadlock(situation)) {
      std::optional<UnitId> unit;
      for (const PoolSituation& pool : situation.pools) {
        for (const QueuedWait& wait : pool.waits) {
          if (wait.id == verdict->victim) unit = wait.unit;
        }
      }
      RC_ASSERT(unit.has_value());
      // Each failure is a unit's last: it was stuck before and never is again.
      RC_ASSERT(failed.insert(*unit).second);
      fail(situation, verdict->victim);
    }
    const Expectation left(situation);
    for (const PoolSituation& pool : situation.pools) {
      for (const QueuedWait& wait : pool.waits) RC_ASSERT(!left.place(wait.unit) || !left.holds(wait.unit));
    }
  }));
}

TEST(DeadlockProperty, TheOrderOfListsMeansNothing) {
  EXPECT_TRUE(rc::check([] {
    const Situation situation = SituationMaker().make();
    Situation other = situation;
    std::mt19937 random(*rc::gen::arbitrary<unsigned>());
    std::ranges::shuffle(other.pools, random);
    std::ranges::shuffle(other.units, random);
    std::ranges::shuffle(other.locks, random);
    for (PoolSituation& pool : other.pools) std::ranges::shuffle(pool.leases, random);
    RC_ASSERT(stuck_units(other) == stuck_units(situation));
    const auto one = find_deadlock(situation);
    const auto two = find_deadlock(other);
    RC_ASSERT(one.has_value() == two.has_value());
    if (!one) return;
    RC_ASSERT(std::tie(one->victim, one->waits, one->leases, one->locks) ==
              std::tie(two->victim, two->waits, two->leases, two->locks));
  }));
}

}  // namespace
}  // namespace lockkeeper::client
