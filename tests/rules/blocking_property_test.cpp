// A queue said briefly (`behind` chains) must mean the same as every blocker of every waiter written out.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <optional>
#include <set>
#include <vector>

#include "rules/blocking.hpp"
#include "rules/snapshots.hpp"

namespace lockkeeper::rules {
namespace {

using Pids = std::set<std::int64_t>;

struct Waiter {
  std::int64_t pid;
  Pids blockers;  // as pg_blocking_pids lists them: holders and those ahead in the queue
};
using Queue = std::vector<Waiter>;

// Of the people 1 to `people`, at most `most`.
Pids some_of(std::int64_t people, std::size_t most) {
  const auto list = *rc::gen::container<std::vector<std::int64_t>>(*rc::gen::inRange<std::size_t>(0, most + 1),
                                                                   rc::gen::inRange<std::int64_t>(1, people + 1));
  return {list.begin(), list.end()};
}

// Each session waits in at most one queue; whom a queue's lock is held by is anybody, those who wait elsewhere too.
std::vector<Queue> random_queues() {
  const auto people = *rc::gen::inRange<std::int64_t>(2, 14);
  std::vector<Queue> queues(*rc::gen::inRange<std::size_t>(1, 4));
  for (std::int64_t pid = 1; pid <= people; ++pid) {
    const auto place = *rc::gen::inRange<std::size_t>(0, queues.size() + 1);
    if (place < queues.size()) queues[place].push_back({pid, {}});
  }
  for (auto& queue : queues) {
    const Pids holders = some_of(people, 2);
    Pids ahead;
    for (auto& waiter : queue) {
      // Most wait for the queue's holder alone.
      if (*rc::gen::inRange(0, 3) == 0) waiter.blockers = some_of(people, 3);
      waiter.blockers.insert(holders.begin(), holders.end());
      // Usually all who are ahead; not those with whose mode this one gets on.
      for (const auto pid : ahead) {
        if (*rc::gen::inRange(0, 4) > 0) waiter.blockers.insert(pid);
      }
      waiter.blockers.erase(waiter.pid);
      ahead.insert(waiter.pid);
    }
  }
  return queues;
}

model::Wait wait_of(const Waiter& waiter, const Pids& blockers, std::optional<std::int64_t> behind) {
  model::Wait wait;
  wait.waiter = test::id_of(waiter.pid);
  for (const auto pid : blockers) wait.blocked_by.emplace_back(test::id_of(pid));
  if (behind) wait.behind = test::id_of(*behind);
  return wait;
}

model::Snapshot in_full(const std::vector<Queue>& queues) {
  model::Snapshot snapshot;
  for (const auto& queue : queues) {
    for (const auto& waiter : queue) {
      if (!waiter.blockers.empty()) snapshot.waits.push_back(wait_of(waiter, waiter.blockers, std::nullopt));
    }
  }
  return snapshot;
}

// The nearest one ahead that is a blocker, and all of whose blockers are blockers too, stands for them.
model::Snapshot reduced(const std::vector<Queue>& queues) {
  model::Snapshot snapshot;
  for (const auto& queue : queues) {
    for (std::size_t place = 0; place < queue.size(); ++place) {
      const Waiter& waiter = queue[place];
      Pids rest = waiter.blockers;
      std::optional<std::int64_t> behind;
      for (std::size_t before = place; before-- > 0 && !behind;) {
        const Waiter& ahead = queue[before];
        if (!waiter.blockers.contains(ahead.pid) || ahead.blockers.empty() ||
            !std::ranges::includes(waiter.blockers, ahead.blockers))
          continue;
        behind = ahead.pid;
        rest.erase(ahead.pid);
        for (const auto pid : ahead.blockers) rest.erase(pid);
      }
      if (!rest.empty() || behind) snapshot.waits.push_back(wait_of(waiter, rest, behind));
    }
  }
  return snapshot;
}

std::vector<model::Holder> sorted(std::vector<model::Holder> holders) {
  std::ranges::sort(holders);
  return holders;
}

TEST(BlockingProperty, TheBriefFormMeansTheSameAsTheFullOne) {
  EXPECT_TRUE(rc::check([] {
    const auto queues = random_queues();
    const model::Snapshot full = in_full(queues);
    const model::Snapshot brief = reduced(queues);
    const Blocking in_full_words(full);
    const Blocking in_brief(brief);
    RC_ASSERT(sorted(in_brief.roots()) == sorted(in_full_words.roots()));
    RC_ASSERT(in_brief.stuck() == in_full_words.stuck());
    RC_ASSERT(in_brief.rings() == in_full_words.rings());
    std::vector<model::Holder> some;
    for (std::int64_t pid = 1; pid < 14; ++pid) {
      const model::Holder holder = test::id_of(pid);
      RC_ASSERT(in_brief.behind(holder) == in_full_words.behind(holder));
      RC_ASSERT(in_brief.freed_by(std::vector{holder}) == in_full_words.freed_by(std::vector{holder}));
      if (*rc::gen::arbitrary<bool>()) some.push_back(holder);
    }
    RC_ASSERT(in_brief.freed_by(some) == in_full_words.freed_by(some));
  }));
}

TEST(BlockingProperty, ATreeDrawsEveryoneBehindItsRootOnce) {
  EXPECT_TRUE(rc::check([] {
    const model::Snapshot snapshot = reduced(random_queues());
    const Blocking blocking(snapshot);
    for (const auto& root : blocking.roots()) {
      std::vector<model::SessionId> drawn;
      for (const auto& line : blocking.tree(root, 100)) {
        if (line.depth > 0) drawn.push_back(line.session.value());
      }
      std::ranges::sort(drawn);
      RC_ASSERT(drawn == blocking.behind(root));
      // Cut short, what is left out is counted.
      std::int64_t counted = 0;
      for (const auto& line : blocking.tree(root, 1)) counted += line.depth == 0 ? 0 : line.more > 0 ? line.more : 1;
      RC_ASSERT(counted == static_cast<std::int64_t>(drawn.size()));
    }
  }));
}

TEST(BlockingProperty, RingsAreThoseWhoWaitForThemselves) {
  EXPECT_TRUE(rc::check([] {
    const model::Snapshot snapshot = in_full(random_queues());
    const Blocking blocking(snapshot);
    std::set<model::SessionId> expected;
    for (const auto& one : blocking.stuck()) {
      for (const auto& other : blocking.behind(one)) {
        if (std::ranges::count(blocking.behind(other), one) > 0) expected.insert(one);
      }
    }
    std::set<model::SessionId> actual;
    for (const auto& ring : blocking.rings()) actual.insert(ring.begin(), ring.end());
    RC_ASSERT(actual == expected);
  }));
}

}  // namespace
}  // namespace lockkeeper::rules
