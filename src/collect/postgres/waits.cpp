#include "collect/postgres/waits.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <tuple>
#include <unordered_set>
#include <utility>

namespace lockkeeper::collect::postgres {
namespace {

// In order of strength; bit n of a row: conflicts with mode n (PostgreSQL 18 manual, table 13.2).
struct Mode {
  std::string_view name;
  unsigned conflicts_with;
};
constexpr std::array<Mode, 8> modes{{{"AccessShareLock", 0b10000000},
                                     {"RowShareLock", 0b11000000},
                                     {"RowExclusiveLock", 0b11110000},
                                     {"ShareUpdateExclusiveLock", 0b11111000},
                                     {"ShareLock", 0b11101100},
                                     {"ShareRowExclusiveLock", 0b11111100},
                                     {"ExclusiveLock", 0b11111110},
                                     {"AccessExclusiveLock", 0b11111111}}};

std::size_t index_of(std::string_view name) {
  return static_cast<std::size_t>(std::ranges::find(modes, name, &Mode::name) - modes.begin());
}

using Queue = std::vector<const WaitingRow*>;

// Times say the order only roughly: 13 has none, and two that came together may note theirs in the other order. What
// the lists say is certain: whoever is on a list was there before whoever has it.
class Arranger {
 public:
  explicit Arranger(const Queue& guessed) : guessed_(guessed) {
    for (const WaitingRow* row : guessed_) add(row);
  }

  [[nodiscard]] Queue take() && { return std::move(arranged_); }

 private:
  // Recursion is as deep as there are lists: exact_waiters for each mode.
  void add(const WaitingRow* row) {
    if (!added_.insert(row).second) return;
    if (row->blocked_by) {
      const std::unordered_set<std::int64_t> listed(row->blocked_by->begin(), row->blocked_by->end());
      for (const WaitingRow* other : guessed_) {
        if (listed.contains(other->pid)) add(other);
      }
    }
    arranged_.push_back(row);
  }

  const Queue& guessed_;
  std::unordered_set<const WaitingRow*> added_;
  Queue arranged_;
};

// All waiters of one lock, of whatever mode, first come first. Rows without a time go last, by place.
std::map<std::string_view, Queue> queues_of(std::span<const WaitingRow> rows) {
  std::map<std::string_view, Queue> queues;
  for (const auto& row : rows) queues[row.lock.key].push_back(&row);
  for (auto& [key, queue] : queues) {
    std::ranges::sort(queue, [](const WaitingRow* left, const WaitingRow* right) {
      if (left->since.has_value() != right->since.has_value()) return left->since.has_value();
      return std::tuple(left->since, left->place, left->pid) < std::tuple(right->since, right->place, right->pid);
    });
    queue = Arranger(queue).take();
  }
  return queues;
}

// Walks one queue from its head and keeps, per place, what is needed to say the next one briefly.
class QueueReducer {
 public:
  QueueReducer(const Queue& queue, const Naming& naming, std::vector<model::Wait>& waits)
      : naming_(naming), waits_(waits) {
    std::unordered_set<std::int64_t> waiters;
    for (const WaitingRow* row : queue) waiters.insert(row->pid);
    for (const WaitingRow* row : queue) {
      if (!row->blocked_by) continue;
      for (const std::int64_t pid : *row->blocked_by) {
        if (!waiters.contains(pid)) holders_[row->lock.mode].insert(pid);
      }
    }
  }

  void add(const WaitingRow& row) {
    const auto waiter = naming_.session(row.pid);
    if (!waiter) return;
    model::Wait wait{*waiter, row.lock.kind, row.lock.target, row.lock.mode, row.since, false, {}, std::nullopt};
    std::unordered_set<std::int64_t> covered;
    if (row.blocked_by && row.blocked_by->empty()) {
      // pg_blocking_pids does not know a standby's startup process: its list is always empty.
      wait.blocked_by = naming_.holders(row);
    } else if (row.blocked_by) {
      covered = reduce_exact(row, wait);
    } else {
      infer(row, wait);
    }
    if (wait.blocked_by.empty() && !wait.behind) return;  // its blockers went while we looked
    places_.push_back({&row, *waiter, std::move(covered), wait});
    waits_.push_back(std::move(wait));
  }

 private:
  struct Place {
    const WaitingRow* row;
    model::SessionId session;
    std::unordered_set<std::int64_t> waits_for;  // pids, transitively within this queue; empty when inferred
    model::Wait wait;
  };

  std::unordered_set<std::int64_t> reduce_exact(const WaitingRow& row, model::Wait& wait) {
    const std::set<std::int64_t> blockers(row.blocked_by->begin(),
                                          row.blocked_by->end());  // the function may repeat itself
    const auto ahead = std::find_if(places_.rbegin(), places_.rend(), [&](const Place& place) {
      // An empty list does not tell what its waiter waits for.
      return place.row->blocked_by && !place.row->blocked_by->empty() && blockers.contains(place.row->pid) &&
             std::ranges::all_of(place.waits_for, [&](std::int64_t pid) { return blockers.contains(pid); });
    });
    std::unordered_set<std::int64_t> implied;
    if (ahead != places_.rend()) {
      wait.behind = ahead->session;
      implied = ahead->waits_for;
      implied.insert(ahead->row->pid);
    }
    for (const std::int64_t pid : blockers) {
      if (!implied.contains(pid)) name(pid, row, wait);
    }
    return {blockers.begin(), blockers.end()};
  }

  void name(std::int64_t pid, const WaitingRow& row, model::Wait& wait) const {
    if (pid == 0) {
      std::ranges::copy(naming_.prepared(row), std::back_inserter(wait.blocked_by));
    } else if (const auto session = naming_.session(pid)) {
      wait.blocked_by.emplace_back(*session);
    }
  }

  // Not asked: too far back. A waiter ahead whose mode excludes this one comes first, with all it waits for;
  // otherwise this one waits for just what the last of its own mode waits for. With neither ahead it is the first, and
  // waits for the holders that others of its mode name.
  void infer(const WaitingRow& row, model::Wait& wait) const {
    for (auto place = places_.rbegin(); place != places_.rend(); ++place) {
      if (conflicts(place->row->lock.mode, row.lock.mode)) {
        wait.behind = place->session;
        return;
      }
      if (place->row->lock.mode == row.lock.mode) {
        wait.behind = place->wait.behind;
        wait.blocked_by = place->wait.blocked_by;
        return;
      }
    }
    const auto holders = holders_.find(row.lock.mode);
    if (holders == holders_.end()) return;
    for (const std::int64_t pid : holders->second) name(pid, row, wait);
  }

  const Naming& naming_;
  std::vector<model::Wait>& waits_;
  std::vector<Place> places_;
  std::map<std::string_view, std::set<std::int64_t>> holders_;  // by mode: on lists of that mode, but in no queue
};

}  // namespace

bool conflicts(std::string_view one, std::string_view other) {
  const std::size_t left = index_of(one);
  const std::size_t right = index_of(other);
  return left < modes.size() && right < modes.size() && (modes[left].conflicts_with >> right & 1U) != 0;
}

std::vector<model::Wait> reduce_queues(std::span<const WaitingRow> rows, const Naming& naming) {
  std::vector<model::Wait> waits;
  for (const auto& [key, queue] : queues_of(rows)) {
    QueueReducer reducer(queue, naming, waits);
    for (const WaitingRow* row : queue) reducer.add(*row);
  }
  return waits;
}

}  // namespace lockkeeper::collect::postgres
