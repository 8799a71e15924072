// Random queues against the definition: a waiter waits for every conflicting holder and every conflicting waiter ahead.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "collect/made_rows.hpp"
#include "collect/postgres/queries.hpp"
#include "collect/postgres/waits.hpp"

namespace lockkeeper::collect::postgres {
namespace {

using Relation = std::map<std::int64_t, std::set<std::int64_t>>;  // who waits for whom, by pid

constexpr std::array<const char*, 8> mode_names{
    "AccessShareLock", "RowShareLock",          "RowExclusiveLock", "ShareUpdateExclusiveLock",
    "ShareLock",       "ShareRowExclusiveLock", "ExclusiveLock",    "AccessExclusiveLock"};

struct Member {
  std::int64_t pid;
  std::string mode;
};
struct Queue {
  std::vector<Member> holders;
  std::vector<Member> waiters;  // in the order they came
};

std::string random_mode() { return mode_names.at(*rc::gen::inRange<std::size_t>(0, mode_names.size())); }

// Whoever conflicts with nobody before it would have got the lock: it is no waiter.
Queue random_queue(std::size_t most, const std::function<std::string()>& waiter_mode) {
  Queue queue;
  const auto holders = *rc::gen::inRange(1, 4);
  for (std::int64_t pid = 1; pid <= holders; ++pid) queue.holders.push_back({pid, random_mode()});
  const auto count = *rc::gen::inRange<std::size_t>(0, most);
  // Pids say nothing about the order.
  auto pids = *rc::gen::unique<std::vector<std::int64_t>>(count, rc::gen::inRange<std::int64_t>(100, 10'000));
  for (const std::int64_t pid : pids) {
    const Member waiter{pid, waiter_mode()};
    const auto excludes = [&](const Member& other) { return conflicts(other.mode, waiter.mode); };
    if (std::ranges::any_of(queue.holders, excludes) || std::ranges::any_of(queue.waiters, excludes)) {
      queue.waiters.push_back(waiter);
    }
  }
  return queue;
}

Relation by_definition(const Queue& queue) {
  Relation relation;
  for (std::size_t index = 0; index < queue.waiters.size(); ++index) {
    const Member& waiter = queue.waiters[index];
    auto& blockers = relation[waiter.pid];
    for (const auto& holder : queue.holders) {
      if (conflicts(holder.mode, waiter.mode)) blockers.insert(holder.pid);
    }
    for (std::size_t ahead = 0; ahead < index; ++ahead) {
      if (conflicts(queue.waiters[ahead].mode, waiter.mode)) blockers.insert(queue.waiters[ahead].pid);
    }
  }
  return relation;
}

// As the collector's query answers. Without times (PostgreSQL 13) places go by pid.
std::vector<WaitingRow> rows_of(const Queue& queue, bool times) {
  const Relation relation = by_definition(queue);
  std::vector<WaitingRow> rows;
  for (const auto& [pid, mode] : queue.waiters) {
    const auto since = noon + std::chrono::microseconds(rows.size());
    rows.push_back({relation_lock("shop.orders", mode), pid, 0, times ? std::optional(since) : std::nullopt, {}});
  }
  std::vector<WaitingRow*> order;
  for (auto& row : rows) order.push_back(&row);
  if (!times) std::ranges::sort(order, {}, [](const WaitingRow* row) { return row->pid; });
  std::map<std::string, std::int64_t> places;
  for (WaitingRow* row : order) {
    row->place = ++places[row->lock.mode];
    const auto& blockers = relation.at(row->pid);
    if (row->place <= exact_waiters) row->blocked_by.emplace(blockers.begin(), blockers.end());
  }
  return rows;
}

std::vector<model::Wait> reduce(const std::vector<WaitingRow>& rows) {
  return reduce_queues(rows, {[](std::int64_t pid) { return std::optional(id_of(pid)); },
                              [](const WaitingRow&) { return std::vector<model::Holder>{}; },
                              [](const WaitingRow&) { return std::vector<model::Holder>{}; }});
}

// What the waits say, `behind` taken at its word: that waiter and everything it waits for.
Relation by_waits(const std::vector<model::Wait>& waits) {
  Relation relation;
  for (const auto& wait : waits) {
    auto& blockers = relation[wait.waiter.pid];
    for (const auto& holder : wait.blocked_by) blockers.insert(std::get<model::SessionId>(holder).pid);
    if (wait.behind) blockers.insert(wait.behind->pid);
  }
  return relation;
}

// Everybody that somebody waits for, directly or through others.
Relation transitive(const Relation& direct) {
  Relation closed;
  for (const auto& [waiter, blockers] : direct) {
    auto& reached = closed[waiter];
    std::vector<std::int64_t> pending(blockers.begin(), blockers.end());
    while (!pending.empty()) {
      const std::int64_t pid = pending.back();
      pending.pop_back();
      if (!reached.insert(pid).second) continue;
      const auto next = direct.find(pid);
      if (next != direct.end()) pending.insert(pending.end(), next->second.begin(), next->second.end());
    }
  }
  return closed;
}

std::size_t edges(const std::vector<model::Wait>& waits) {
  std::size_t count = 0;
  for (const auto& wait : waits) count += wait.blocked_by.size() + (wait.behind ? 1 : 0);
  return count;
}

Queue random_queue_of_one_mode(std::size_t most) {
  const std::string mode = random_mode();
  return random_queue(most, [&] { return mode; });
}

TEST(ReduceQueuesProperty, WaitersOfOneModeWaitForExactlyThoseOfTheDefinition) {
  EXPECT_TRUE(rc::check([] {
    const Queue queue = random_queue_of_one_mode(40);
    RC_ASSERT(transitive(by_waits(reduce(rows_of(queue, true)))) == transitive(by_definition(queue)));
  }));
}

TEST(ReduceQueuesProperty, AQueueOfOneModeTakesLinearlyManyEdges) {
  EXPECT_TRUE(rc::check([] {
    const Queue queue = random_queue_of_one_mode(40);
    const bool times = *rc::gen::arbitrary<bool>();
    RC_ASSERT(edges(reduce(rows_of(queue, times))) <= 3 * queue.waiters.size() + 3);
  }));
}

TEST(ReduceQueuesProperty, MixedModesOfAFewWaitersAreExact) {
  EXPECT_TRUE(rc::check([] {
    const Queue queue = random_queue(exact_waiters + 1, random_mode);
    const bool times = *rc::gen::arbitrary<bool>();
    RC_ASSERT(transitive(by_waits(reduce(rows_of(queue, times)))) == transitive(by_definition(queue)));
  }));
}

// With mixed modes and more waiters than were asked, what is inferred may name fewer than the definition, never others;
// nobody is forgotten, and everybody still reaches a holder.
TEST(ReduceQueuesProperty, MixedModesNeverNameSomebodyWhoIsNotWaitedFor) {
  EXPECT_TRUE(rc::check([] {
    const Queue queue = random_queue(100, [] { return mode_names.at(*rc::gen::element<std::size_t>(0, 2, 4, 7)); });
    const Relation truth = transitive(by_definition(queue));
    const Relation found = transitive(by_waits(reduce(rows_of(queue, true))));
    RC_ASSERT(found.size() == truth.size());
    for (const auto& [waiter, blockers] : found) {
      RC_ASSERT(std::ranges::includes(truth.at(waiter), blockers));
      RC_ASSERT(
          std::ranges::any_of(queue.holders, [&](const Member& holder) { return blockers.contains(holder.pid); }));
    }
  }));
}

// Without times the order of those not asked is a guess; whatever it is, nobody waits for itself in a ring, nobody is
// forgotten, and in a queue of one mode everybody reaches all that holds the lock.
TEST(ReduceQueuesProperty, AGuessedOrderMakesNoRingAndLosesNoHolder) {
  EXPECT_TRUE(rc::check([] {
    const Queue queue = random_queue_of_one_mode(40);
    const Relation truth = transitive(by_definition(queue));
    const Relation found = transitive(by_waits(reduce(rows_of(queue, false))));
    RC_ASSERT(found.size() == truth.size());
    for (const auto& [waiter, blockers] : found) {
      RC_ASSERT(!blockers.contains(waiter));
      for (const auto& holder : queue.holders) {
        RC_ASSERT(blockers.contains(holder.pid) == truth.at(waiter).contains(holder.pid));
      }
    }
  }));
}

TEST(ReduceQueuesProperty, AGuessedOrderOfMixedModesMakesNoRing) {
  EXPECT_TRUE(rc::check([] {
    const Queue queue = random_queue(60, random_mode);
    const Relation found = transitive(by_waits(reduce(rows_of(queue, false))));
    RC_ASSERT(found.size() == queue.waiters.size());
    for (const auto& [waiter, blockers] : found) RC_ASSERT(!blockers.contains(waiter));
  }));
}

}  // namespace
}  // namespace lockkeeper::collect::postgres
