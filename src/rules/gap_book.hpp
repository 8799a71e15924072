// What is learnt about gaps while a server is watched: one model::GapShapeState a shape, fed by every look.
//
// From a recorder: each transaction that is over tells of all its gaps, once, however many recordings have the same
// fact; open ones are followed from look to look. From the views, of sessions that no recorder serves: a gap is seen to
// go on, or to have ended since. A poller sees a gap shorter than its pause d only by chance, with probability about
// length / d, so those that it sees stand for d / length of them; and it follows each from the age at which it saw it.
//
// Not evidence, neither completed nor open: gaps that overlap a wait of the same client or unit of work; gaps that we
// or the server ended (censored); gaps whose end was not seen.
//
// Belongs to one thread. Time is the looks' own: clocks that are set back cost evidence, no more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "model/fact.hpp"
#include "model/gap_shape.hpp"
#include "model/recording.hpp"
#include "model/snapshot.hpp"
#include "rules/gap_sight.hpp"
#include "rules/gap_test.hpp"

namespace lockkeeper::rules {

class GapBook {
 public:
  static constexpr std::size_t most_shapes = 1024;  ///< At 3 kB each; the least recently used one makes way.
  static constexpr std::size_t most_open = 16'384;  ///< Gaps followed at a time: more connections than servers have.
  static constexpr std::size_t most_applications = 50;  ///< Counted by name; later ones together, as "other".
  static constexpr std::size_t most_followed = 256;     ///< Gaps of one transaction that are known by their beginning.

  explicit GapBook(const GapLimits& limits = {}) : limits_(limits) {}

  /// One whole look: the snapshot as it is judged (recorded.hpp), and its recording or nullptr. A glance is not enough:
  /// who is missing there has not gone.
  void learn(const model::Snapshot& seen, const model::Recording* recording);

  /// We are ending this session: its gap will not have completed.
  void censor(const model::SessionId& session);

  /// What a history has to keep. In key order.
  [[nodiscard]] std::vector<model::GapShapeState> states() const;
  /// Replaces what was learnt; gaps that are open are followed on.
  void restore(std::vector<model::GapShapeState> states);

  /// All shapes, in key order; open gaps as of the last look, aged until `now`.
  [[nodiscard]] std::vector<model::ShapeSummary> summaries(model::WallTime now) const;
  /// Only those with this verdict.
  [[nodiscard]] std::vector<model::ShapeSummary> summaries(model::WallTime now, model::GapVerdict verdict) const;
  /// The shape of the session's open gap.
  [[nodiscard]] std::optional<model::ShapeSummary> shape_of(const model::SessionId& session, model::WallTime now) const;

  /// By application. Each gap counts as one, however rarely its like is seen; of those that views alone show, those
  /// that were seen.
  [[nodiscard]] std::vector<model::GapCounts> counts() const;

  [[nodiscard]] std::size_t size() const noexcept { return shapes_.size(); }

 private:
  struct Shape {
    model::GapShapeState state;
    std::uint64_t used = 0;
  };
  struct Open {
    SightedGap gap;
    model::Duration counted{};  // exposure until this age has been
    bool censored = false;
  };
  using OpenGaps = std::map<GapHolder, Open>;
  using TransactionKey = std::pair<std::int64_t, model::WallTime>;  // client and start
  using NewFacts = std::map<TransactionKey, const model::TransactionOver*>;
  using ClientsById = std::map<std::int64_t, const model::RecordedClient*>;
  /// What a look is made of; lives as long as learn() runs.
  struct Sources {
    const model::Snapshot& seen;
    const model::Recording* recording;
    Clients clients;
    ClientsById by_id;
    NewFacts facts;
    std::set<std::int64_t> recorded;  // Numbers of server sessions of which the recorder tells in this look.
  };

  void notice_restarts(const model::Snapshot& seen, const model::Recording* recording);
  [[nodiscard]] NewFacts new_facts(const model::Recording* recording);
  void follow(SightedGap gap, OpenGaps& before);
  [[nodiscard]] bool same_gap(const SightedGap& gap, const Open& before) const;
  void end(const Open& open, const Sources& sources);
  void learn_past(const model::TransactionOver& over);
  void complete(Shape& shape, model::Duration length, double weight);
  void censor(Shape& shape);
  [[nodiscard]] model::GapCounts& counts_of(const std::string& application);
  void count_open();
  void look(model::WallTime now);
  Shape& shape(const model::ShapeKey& key, const std::string& text);
  using OpenByShape = std::map<model::ShapeKey, std::vector<const Open*>>;
  [[nodiscard]] OpenByShape open_by_shape() const;
  [[nodiscard]] model::ShapeSummary summary(const model::GapShapeState& state, const OpenByShape& open,
                                            model::WallTime now) const;

  GapLimits limits_;
  std::map<model::ShapeKey, Shape> shapes_;
  std::uint64_t uses_ = 0;
  std::map<std::string, model::GapCounts> counts_;
  OpenGaps open_;
  std::map<TransactionKey, std::set<model::WallTime>>
      followed_;  // gaps of transactions that are open: not to count again
  model::FactCursor taken_;
  std::optional<model::WallTime> server_started_at_;
  std::optional<model::WallTime> recorder_started_at_;
  std::optional<model::WallTime> viewed_at_;    // the last look with views
  std::optional<model::WallTime> recorded_at_;  // ... with a recording
  bool mysql_ = false;                          // times of states are blurred
  model::Duration pause_{};                     // between the last two looks with views
  model::WallTime looked_at_{};
};

}  // namespace lockkeeper::rules
