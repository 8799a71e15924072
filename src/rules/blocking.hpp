// Who waits behind whom on one server: the snapshot's waits as a wait graph, asked in the model's words.
#pragma once

#include <map>
#include <set>
#include <span>
#include <vector>

#include "graph/wait_graph.hpp"
#include "model/finding.hpp"
#include "model/snapshot.hpp"

namespace lockkeeper::rules {

/// Built once per look. The snapshot must outlive it unchanged.
class Blocking {
 public:
  explicit Blocking(const model::Snapshot& snapshot);
  Blocking(const Blocking&) = delete;
  Blocking& operator=(const Blocking&) = delete;

  /// Those that somebody waits for and that wait for nobody.
  [[nodiscard]] std::vector<model::Holder> roots() const;

  /// Sessions that wait for one another in a ring, and those behind the ring, by id.
  [[nodiscard]] std::vector<model::SessionId> stuck() const;

  /// Sessions that wait for one another, each ring by id. Who merely waits behind a ring is not in it.
  [[nodiscard]] std::vector<std::vector<model::SessionId>> rings() const;

  /// Sessions that wait behind the holder, directly or through others, by id.
  [[nodiscard]] std::vector<model::SessionId> behind(const model::Holder& holder) const;

  /// Sessions that can go on, one after another, once these are gone, by id.
  [[nodiscard]] std::vector<model::SessionId> freed_by(std::span<const model::Holder> holders) const;

  /// The tree of waiters below a root, in drawing order; a queue's waiters are siblings. At most `most` waiters are
  /// drawn below one holder, the rest is counted. A root in a ring says for whom it waits itself.
  [[nodiscard]] std::vector<model::WaitTreeLine> tree(const model::Holder& root, std::size_t most = 10) const;

  /// The longest wait among those behind the holder.
  [[nodiscard]] model::Duration longest_wait(const model::Holder& holder) const;

  /// Whether that longest wait may in truth be shorter: the server did not tell when it began.
  [[nodiscard]] bool longest_wait_is_upper_bound(const model::Holder& holder) const;

  /// The waits of one session: one, but for the leader of parallel workers that wait too.
  [[nodiscard]] std::vector<const model::Wait*> waits_of(const model::SessionId& session) const;

 private:
  [[nodiscard]] std::set<model::SessionId> ahead_of(const model::SessionId& session) const;
  graph::Node node_of(const model::Holder& holder);
  [[nodiscard]] std::vector<model::SessionId> sessions_among(const std::vector<graph::Node>& nodes) const;
  void build_graph();
  void draw(const model::Holder& holder, std::int64_t depth, std::size_t most,
            std::map<const model::Wait*, bool>& drawn, std::vector<model::WaitTreeLine>& lines) const;

  const model::Snapshot& snapshot_;
  graph::WaitGraph graph_;
  std::map<model::Holder, graph::Node> nodes_;
  std::map<graph::Node, model::Holder> holders_;  // only nodes that stand for somebody, not for a place in a queue
  std::map<model::Holder, std::vector<const model::Wait*>> waits_for_;         // by holder named in blocked_by
  std::map<model::SessionId, std::vector<const model::Wait*>> queued_behind_;  // by waiter just ahead
  std::multimap<model::SessionId, const model::Wait*> waits_;                  // by waiter
};

}  // namespace lockkeeper::rules
