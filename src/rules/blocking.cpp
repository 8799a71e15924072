#include "rules/blocking.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace lockkeeper::rules {
namespace {

model::Duration waited(const model::Wait& wait, const model::Snapshot& snapshot) {
  return wait.since ? std::max(snapshot.taken_at - *wait.since, model::Duration::zero()) : model::Duration::zero();
}

std::string describe(const model::Holder& holder, const model::Snapshot& snapshot) {
  if (const auto* gid = std::get_if<std::string>(&holder)) return fmt::format("prepared transaction '{}'", *gid);
  const auto& id = std::get<model::SessionId>(holder);
  const model::Session* session = snapshot.find(id);
  if (session == nullptr) return fmt::format("{}", id.pid);
  if (session->kind == model::SessionKind::background) return fmt::format("{} (a process of the server)", id.pid);
  const std::string_view name = session->application.empty() ? session->user : session->application;
  return fmt::format("{} {} ({})", id.pid, name, to_string(session->state));
}

}  // namespace

Blocking::Blocking(const model::Snapshot& snapshot) : snapshot_(snapshot) {
  for (const auto& wait : snapshot.waits) {
    waits_.emplace(wait.waiter, &wait);
    for (const auto& holder : wait.blocked_by) waits_for_[holder].push_back(&wait);
    if (wait.behind) queued_behind_[*wait.behind].push_back(&wait);
  }
  build_graph();
}

graph::Node Blocking::node_of(const model::Holder& holder) {
  const auto found = nodes_.find(holder);
  if (found != nodes_.end()) return found->second;
  const graph::Node node = graph_.add_node();
  nodes_.emplace(holder, node);
  holders_.emplace(node, holder);
  return node;
}

// Besides its own node, each waiter has one for "all that it waits for". Who queues behind it waits for both: should
// the waiter give up, the one behind it still waits for the rest.
void Blocking::build_graph() {
  std::map<const model::Wait*, graph::Node> all_of;
  for (const auto& wait : snapshot_.waits) all_of.emplace(&wait, graph_.add_node());
  for (const auto& wait : snapshot_.waits) {
    std::vector<graph::Node> targets;
    for (const auto& holder : wait.blocked_by) targets.push_back(node_of(holder));
    if (wait.behind) {
      targets.push_back(node_of(*wait.behind));
      for (const model::Wait* ahead : waits_of(*wait.behind)) targets.push_back(all_of.at(ahead));
    }
    const graph::Node everything = all_of.at(&wait);
    graph_.wait_for_all(everything, targets);
    graph_.wait_for_all(node_of(wait.waiter), std::vector{everything});
  }
}

std::vector<const model::Wait*> Blocking::waits_of(const model::SessionId& session) const {
  std::vector<const model::Wait*> result;
  const auto [first, last] = waits_.equal_range(session);
  for (auto entry = first; entry != last; ++entry) result.push_back(entry->second);
  return result;
}

std::vector<model::SessionId> Blocking::sessions_among(const std::vector<graph::Node>& nodes) const {
  std::vector<model::SessionId> result;
  for (const graph::Node node : nodes) {
    const auto found = holders_.find(node);
    if (found == holders_.end()) continue;
    if (const auto* session = std::get_if<model::SessionId>(&found->second)) result.push_back(*session);
  }
  std::ranges::sort(result);
  return result;
}

std::vector<model::Holder> Blocking::roots() const {
  std::vector<model::Holder> result;
  for (const graph::Node node : graph::Solver(graph_).roots()) {
    const auto found = holders_.find(node);
    if (found != holders_.end()) result.push_back(found->second);
  }
  return result;
}

std::vector<model::SessionId> Blocking::stuck() const {
  const graph::NodeSet stuck = graph::Solver(graph_).stuck();
  std::vector<graph::Node> nodes;
  for (std::uint32_t node = 0; node < stuck.size(); ++node) {
    if (stuck[node]) nodes.emplace_back(node);
  }
  return sessions_among(nodes);
}

std::set<model::SessionId> Blocking::ahead_of(const model::SessionId& session) const {
  std::set<model::SessionId> seen;
  std::vector<model::SessionId> pending{session};
  const auto reach = [&](const model::SessionId& next) {
    if (seen.insert(next).second) pending.push_back(next);
  };
  while (!pending.empty()) {
    const model::SessionId next = pending.back();
    pending.pop_back();
    for (const model::Wait* wait : waits_of(next)) {
      if (wait->behind) reach(*wait->behind);
      for (const auto& holder : wait->blocked_by) {
        if (const auto* id = std::get_if<model::SessionId>(&holder)) reach(*id);
      }
    }
  }
  return seen;
}

std::vector<std::vector<model::SessionId>> Blocking::rings() const {
  std::vector<std::vector<model::SessionId>> result;
  std::set<model::SessionId> known;
  for (const auto& session : stuck()) {
    if (known.contains(session)) continue;
    const auto ahead = ahead_of(session);
    if (!ahead.contains(session)) continue;
    std::vector<model::SessionId> ring{session};
    std::ranges::set_intersection(ahead, behind(session), std::back_inserter(ring));
    std::ranges::sort(ring);
    known.insert(ring.begin(), ring.end());
    if (ring.size() > 1) result.push_back(std::move(ring));
  }
  return result;
}

std::vector<model::SessionId> Blocking::behind(const model::Holder& holder) const {
  const auto node = nodes_.find(holder);
  if (node == nodes_.end()) return {};
  return sessions_among(graph::Solver(graph_).behind(node->second));
}

std::vector<model::SessionId> Blocking::freed_by(std::span<const model::Holder> holders) const {
  std::vector<graph::Node> removed;
  for (const auto& holder : holders) {
    const auto node = nodes_.find(holder);
    if (node != nodes_.end()) removed.push_back(node->second);
  }
  return sessions_among(graph::Solver(graph_).freed_by(removed));
}

model::Duration Blocking::longest_wait(const model::Holder& holder) const {
  model::Duration longest{};
  for (const auto& session : behind(holder)) {
    for (const model::Wait* wait : waits_of(session)) longest = std::max(longest, waited(*wait, snapshot_));
  }
  return longest;
}

bool Blocking::longest_wait_is_upper_bound(const model::Holder& holder) const {
  const model::Duration longest = longest_wait(holder);
  for (const auto& session : behind(holder)) {
    for (const model::Wait* wait : waits_of(session)) {
      if (!wait->since_is_upper_bound && waited(*wait, snapshot_) == longest) return false;
    }
  }
  return longest > model::Duration::zero();
}

void Blocking::draw(const model::Holder& holder, std::int64_t depth, std::size_t most,
                    std::map<const model::Wait*, bool>& drawn, std::vector<model::WaitTreeLine>& lines) const {
  std::vector<const model::Wait*> children;
  const auto take = [&](const auto& found, const auto& end) {
    if (found == end) return;
    for (const model::Wait* wait : found->second) {
      if (!std::exchange(drawn[wait], true)) children.push_back(wait);
    }
  };
  take(waits_for_.find(holder), waits_for_.end());
  // Whoever queues behind a child is drawn beside it, not below it. The list grows while it is walked.
  for (std::size_t child = 0; child < children.size(); ++child) {
    take(queued_behind_.find(children[child]->waiter), queued_behind_.end());
  }
  for (std::size_t child = 0; child < children.size(); ++child) {
    const model::Wait& wait = *children[child];
    const bool leads_on = waits_for_.contains(wait.waiter);
    if (child >= most && !leads_on) continue;  // those with waiters of their own are always drawn
    lines.push_back({depth, wait.waiter, describe(wait.waiter, snapshot_),
                     fmt::format("{} on {}", wait.mode, wait.target), waited(wait, snapshot_), 0});
    draw(wait.waiter, depth + 1, most, drawn, lines);
  }
  const auto left_out =
      std::count_if(children.begin() + static_cast<std::ptrdiff_t>(std::min(most, children.size())), children.end(),
                    [&](const auto* wait) { return !waits_for_.contains(wait->waiter); });
  if (left_out > 0) lines.push_back({depth, std::nullopt, "", "", std::nullopt, left_out});
}

std::vector<model::WaitTreeLine> Blocking::tree(const model::Holder& root, std::size_t most) const {
  const auto* session = std::get_if<model::SessionId>(&root);
  std::vector<model::WaitTreeLine> lines;
  lines.push_back(
      {0, session != nullptr ? std::optional(*session) : std::nullopt, describe(root, snapshot_), "", std::nullopt, 0});
  std::map<const model::Wait*, bool> drawn;
  // In a ring the root waits too: its own wait is not to be drawn below its waiters again.
  if (session != nullptr) {
    for (const model::Wait* own : waits_of(*session)) {
      drawn[own] = true;
      lines.front().waits_for = fmt::format("{} on {}", own->mode, own->target);
      lines.front().waiting = waited(*own, snapshot_);
    }
  }
  draw(root, 1, most, drawn, lines);
  return lines;
}

}  // namespace lockkeeper::rules
