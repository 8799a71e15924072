#include "rules/gap_book.hpp"

#include <algorithm>
#include <functional>
#include <iterator>
#include <string>
#include <tuple>

namespace lockkeeper::rules {
namespace {

using model::Duration;
using model::WallTime;

// MySQL tells by whole seconds since when a session is what it is, so the same time moves between looks.
constexpr std::chrono::seconds blur{2};
constexpr double most_weight = 64;

std::uint64_t hash_of(const GapHolder& holder) {
  return model::extended(
      static_cast<std::uint64_t>(holder.number),
      static_cast<std::uint64_t>(holder.life.time_since_epoch().count()) * 2 + (holder.recorded ? 1U : 0U));
}

double weight_of(Duration length, Duration pause) {
  if (length >= pause) return 1;
  const auto least = std::max(length, Duration(std::chrono::milliseconds(1)));
  return std::clamp(static_cast<double>(pause.count()) / static_cast<double>(least.count()), 1.0, most_weight);
}

// Of the gap that began then, as far as the record tells. Inside a fold only that it ended before the last run.
std::optional<Duration> length_in(const model::TransactionRecord& record, WallTime since, Duration at_least) {
  for (const auto& gap : gaps_of(record)) {
    if (!gap.folded && gap.since == since) return gap.length;
    if (gap.folded && gap.since <= since && since < gap.until)
      return (at_least + std::max(gap.until - since, at_least)) / 2;
  }
  return std::nullopt;
}

struct Ended {
  std::optional<Duration> length;  // nullopt: not known
  bool censored = false;
};

Ended end_in_view(const SightedGap& gap, Duration counted, const model::Snapshot& seen, const Clients& clients) {
  const model::Session* session = seen.find(gap.session);
  if (session == nullptr) {
    if (!seen.complete()) return {};
    return {(counted + std::max(seen.taken_at - gap.since, counted)) / 2};
  }
  if (session->state == model::SessionState::hidden || clients.of(session->id) != nullptr) return {};
  if (session->state == model::SessionState::idle_in_transaction && session->state_changed_at == gap.since) return {};
  // The statement that runs, or ran last, began at the gap's end or later.
  WallTime until = seen.taken_at;
  const auto consider = [&](std::optional<WallTime> time) {
    if (time && *time > gap.since) until = std::min(until, *time);
  };
  consider(session->statement_started_at);
  consider(session->state_changed_at);
  if (session->transaction) consider(session->transaction->started_at);
  return {std::max(until - gap.since, counted)};
}

Ended end_in_record(const SightedGap& gap, Duration counted, const model::RecordedClient& client) {
  const auto& record = *client.transaction;
  if (record.last_end() != gap.since) return {length_in(record, gap.since, counted)};
  if (client.state != model::ClientState::active || !client.statement_started_at) return {};
  return {*client.statement_started_at - gap.since};
}

}  // namespace

void GapBook::notice_restarts(const model::Snapshot& seen, const model::Recording* recording) {
  const auto& started = seen.server.started_at;
  if (started && server_started_at_ && *started != *server_started_at_)
    std::erase_if(open_, [](const auto& entry) { return !entry.first.recorded; });
  if (started) server_started_at_ = started;
  if (recording == nullptr) return;
  if (recorder_started_at_ && *recorder_started_at_ != recording->started_at) {
    std::erase_if(open_, [](const auto& entry) { return entry.first.recorded; });
    followed_.clear();
    taken_ = {};
  }
  recorder_started_at_ = recording->started_at;
}

// A recorder that does not number its facts, an older one, may tell them again at each look: of those only what its
// first recording has is certain to be new.
GapBook::NewFacts GapBook::new_facts(const model::Recording* recording) {
  NewFacts facts;
  if (recording == nullptr) return facts;
  for (const auto& fact : recording->facts) {
    if (!taken_.take(fact) || (fact.number == 0 && recorded_at_)) continue;
    const auto* over = std::get_if<model::TransactionOver>(&fact.what);
    if (over == nullptr || !over->record) continue;
    facts.emplace(TransactionKey{identity(over->client).id, over->record->id().started_at}, over);
  }
  return facts;
}

bool GapBook::same_gap(const SightedGap& gap, const Open& before) const {
  if (gap.transaction != before.gap.transaction && !mysql_) return false;
  if (gap.since == before.gap.since) return true;
  return mysql_ && !gap.holder.recorded && std::chrono::abs(gap.since - before.gap.since) <= blur;
}

void GapBook::follow(SightedGap gap, OpenGaps& before) {
  if (open_.size() >= most_open) return;
  const GapHolder holder = gap.holder;
  Open open{std::move(gap), {}, false};
  const auto known = before.find(holder);
  if (known != before.end() && same_gap(open.gap, known->second)) {
    open.counted = std::min(known->second.counted, open.gap.age);
    open.censored = known->second.censored;
    open.gap.tainted = open.gap.tainted || known->second.gap.tainted;
    before.erase(known);
  } else if (!holder.recorded || !recorded_at_ || open.gap.since < *recorded_at_) {
    // It was here before we were, or it is here because it was long enough to be seen: of that nothing follows.
    open.counted = open.gap.age;
  }
  if (holder.recorded && open.gap.transaction) {
    auto& begun = followed_[{holder.number, *open.gap.transaction}];
    if (begun.size() < most_followed) begun.insert(open.gap.since);
  }
  Shape& shape = this->shape(open.gap.key, open.gap.text);
  if (!open.gap.tainted && !open.censored) add_exposure(shape.state, open.counted, open.gap.age, hash_of(holder));
  open.counted = std::max(open.counted, open.gap.age);
  open_.emplace(holder, std::move(open));
}

void GapBook::end(const Open& open, const Sources& sources) {
  const SightedGap& gap = open.gap;
  Ended ended;
  if (!gap.holder.recorded) {
    // The view was newer than its record: a client has come between them, and the record tells of its gap.
    if (sources.recorded.contains(gap.session.pid)) return;
    ended = end_in_view(gap, open.counted, sources.seen, sources.clients);
  } else if (const auto client = sources.by_id.find(gap.holder.number);
             client != sources.by_id.end() && client->second->transaction &&
             client->second->transaction->id().started_at == gap.transaction) {
    ended = end_in_record(gap, open.counted, *client->second);
  } else if (const auto over = sources.facts.find({gap.holder.number, gap.transaction.value_or(WallTime{})});
             over != sources.facts.end()) {
    const auto last = last_gap_of(*over->second);
    const bool was_last = last && last->since == gap.since;
    ended = was_last ? Ended{last->length, last->censored}
                     : Ended{length_in(*over->second->record, gap.since, open.counted)};
  }
  if (gap.tainted || (!ended.length && !open.censored)) return;
  Shape& shape = this->shape(gap.key, gap.text);
  if (open.censored || ended.censored) return censor(shape);
  const Duration length = std::max(*ended.length, Duration::zero());
  add_exposure(shape.state, open.counted, length, hash_of(gap.holder));
  complete(shape, length, gap.holder.recorded ? 1 : weight_of(length, pause_));
}

void GapBook::complete(Shape& shape, Duration length, double weight) {
  add_completed(shape.state, length, weight, limits_, looked_at_);
  auto& counts = counts_of(shape.state.key.application);
  ++counts.lengths.at(model::bucket_of(length));
  counts.total += length;
}

void GapBook::censor(Shape& shape) {
  ++shape.state.censored;
  ++counts_of(shape.state.key.application).censored;
}

model::GapCounts& GapBook::counts_of(const std::string& application) {
  const auto known = counts_.find(application);
  if (known != counts_.end()) return known->second;
  const std::string name = counts_.size() < most_applications ? application : "other";
  auto& counts = counts_[name];
  counts.application = name;
  return counts;
}

void GapBook::count_open() {
  for (auto& [application, counts] : counts_) counts.open = 0;
  for (const auto& [holder, open] : open_) ++counts_of(open.gap.key.application).open;
}

std::vector<model::GapCounts> GapBook::counts() const {
  std::vector<model::GapCounts> result;
  for (const auto& [application, counts] : counts_) result.push_back(counts);
  return result;
}

void GapBook::learn_past(const model::TransactionOver& over) {
  const auto& who = identity(over.client);
  const auto id = static_cast<std::int64_t>(who.id);
  const auto followed = followed_.find({id, over.record->id().started_at});
  const auto is_followed = [&](const PastGap& gap) {
    if (followed == followed_.end()) return false;
    if (!gap.folded) return followed->second.contains(gap.since);
    const auto first = followed->second.lower_bound(gap.since);
    return first != followed->second.end() && *first < gap.until;
  };
  // Which of its gaps were followed is no longer known.
  if (followed != followed_.end() && followed->second.size() >= most_followed) return;
  auto gaps = gaps_of(*over.record);
  if (auto last = last_gap_of(over)) gaps.push_back(*std::move(last));
  const auto session = hash_of({true, id, recorder_started_at_.value_or(WallTime{})});
  for (const auto& gap : gaps) {
    if (is_followed(gap)) continue;
    Shape& shape = this->shape({who.application, who.user, who.database, gap.after->fingerprint.value, gap.sequence},
                               gap.after->text);
    if (gap.censored) {
      censor(shape);
      continue;
    }
    add_exposure(shape.state, Duration::zero(), gap.length, session);
    complete(shape, gap.length, 1);
  }
}

void GapBook::learn(const model::Snapshot& seen, const model::Recording* recording) {
  notice_restarts(seen, recording);
  looked_at_ = seen.taken_at;
  if (seen_on_server(seen)) {
    mysql_ = seen.server.engine() != model::Engine::postgres;
    pause_ = viewed_at_ ? std::max(seen.taken_at - *viewed_at_, Duration::zero()) : Duration::zero();
    viewed_at_ = seen.taken_at;
  }
  Sources sources{seen, recording, Clients(seen, recording), {}, new_facts(recording), {}};
  if (recording != nullptr) {
    for (const auto& client : recording->clients) {
      sources.by_id.emplace(static_cast<std::int64_t>(identity(client.who).id), &client);
      if (client.server) sources.recorded.insert(client.server->session.pid);
    }
    for (const auto& [key, over] : sources.facts) sources.recorded.insert(over->record->id().session.pid);
  }
  OpenGaps before = std::exchange(open_, {});
  for (auto& gap : open_gaps(seen, recording, sources.clients)) follow(std::move(gap), before);
  for (auto& [holder, open] : before) {
    // A recorder or a server that did not answer has not ended anything: it is asked again.
    const bool asked = holder.recorded ? recording != nullptr : seen_on_server(seen);
    if (asked) {
      end(open, sources);
    } else {
      open_.emplace(holder, std::move(open));
    }
  }
  for (const auto& [key, over] : sources.facts) learn_past(*over);
  if (recording != nullptr) {
    recorded_at_ = recording->taken_at;
    std::erase_if(followed_, [&](const auto& entry) {
      const auto client = sources.by_id.find(entry.first.first);
      return client == sources.by_id.end() || !client->second->transaction ||
             client->second->transaction->id().started_at != entry.first.second;
    });
  }
  count_open();
  look(seen.taken_at);
}

void GapBook::look(WallTime now) {
  std::vector<Shape*> due;
  for (auto& [key, shape] : shapes_) {
    if (look_is_due(shape.state, now)) due.push_back(&shape);
  }
  if (due.empty()) return;
  for (Shape* shape : due) weigh(shape->state);
  std::vector<double> slow;
  std::vector<double> immortal;
  for (const auto& [key, shape] : shapes_) {
    if (shape.state.verdict == model::GapVerdict::learning) continue;
    slow.push_back(shape.state.e_slow);
    immortal.push_back(shape.state.e_immortal);
  }
  const Bars bars{bar(std::move(slow), limits_), bar(std::move(immortal), limits_)};
  std::map<model::ShapeKey, std::vector<Duration>> ages;
  for (const auto& [holder, open] : open_) {
    if (!open.gap.tainted && !open.censored) ages[open.gap.key].push_back(open.gap.age);
  }
  for (Shape* shape : due) decide(shape->state, bars, ages[shape->state.key], limits_, now);
}

GapBook::Shape& GapBook::shape(const model::ShapeKey& key, const std::string& text) {
  auto found = shapes_.find(key);
  if (found == shapes_.end()) {
    if (shapes_.size() >= most_shapes)
      shapes_.erase(std::ranges::min_element(shapes_, {}, [](const auto& entry) { return entry.second.used; }));
    found = shapes_.emplace(key, Shape{}).first;
    found->second.state.key = key;
    found->second.state.text = text.substr(0, model::GapShapeState::longest_text);
  }
  found->second.used = ++uses_;
  return found->second;
}

void GapBook::censor(const model::SessionId& session) {
  for (auto& [holder, open] : open_) {
    if (open.gap.session == session) open.censored = true;
  }
}

std::vector<model::GapShapeState> GapBook::states() const {
  std::vector<model::GapShapeState> states;
  for (const auto& [key, shape] : shapes_) states.push_back(shape.state);
  return states;
}

void GapBook::restore(std::vector<model::GapShapeState> states) {
  shapes_.clear();
  for (auto& state : states) {
    if (shapes_.size() >= most_shapes) break;
    const auto key = state.key;
    shapes_.insert_or_assign(key, Shape{std::move(state), ++uses_});
  }
}

GapBook::OpenByShape GapBook::open_by_shape() const {
  OpenByShape result;
  for (const auto& [holder, open] : open_) result[open.gap.key].push_back(&open);
  return result;
}

model::ShapeSummary GapBook::summary(const model::GapShapeState& state, const OpenByShape& all_open,
                                     WallTime now) const {
  using model::GapVerdict;
  model::ShapeSummary result;
  result.key = state.key;
  result.text = state.text;
  result.verdict = state.verdict;
  result.verdict_since = state.verdict_since;
  result.frozen = state.frozen();
  result.completed = state.baseline.completed + state.window.completed;
  result.baseline = state.baseline.completed;
  result.needed = limits_.needed;
  result.censored = state.censored;
  if (state.baseline.completed > 0) {
    result.median = quantile(state.baseline, 0.5);
    result.p90 = quantile(state.baseline, 0.9);
    if (!state.baseline.largest.empty()) result.longest = state.baseline.largest.front();
  }
  for (std::size_t index = 0; index < result.buckets.size(); ++index)
    result.buckets[index] = state.baseline.buckets[index].count + state.window.buckets[index].count;
  Duration named_from = state.tau;
  if (state.verdict != GapVerdict::learning) {
    if (state.verdict == GapVerdict::leaked) named_from = level_begins(state, state.level);
    result.tau = state.tau;
    result.p_slow = state.p_slow;
    result.p_immortal = state.p_immortal;
    result.e_slow = state.e_slow;
    result.e_immortal = state.e_immortal;
    result.shift = state.shift;
    if (state.frozen()) result.named_from = named_from;
  }
  const Duration since = std::max(now - looked_at_, Duration::zero());
  const auto open_here = all_open.find(state.key);
  for (const Open* open : open_here == all_open.end() ? std::vector<const Open*>() : open_here->second) {
    const bool evidence = !open->gap.tainted && !open->censored;
    result.open.push_back(
        {open->gap.session, open->gap.age + since, state.frozen() && evidence && open->gap.age >= named_from});
  }
  std::ranges::sort(result.open, [](const model::OpenGap& left, const model::OpenGap& right) {
    return std::tuple(right.age, left.session) < std::tuple(left.age, right.session);
  });
  return result;
}

std::vector<model::ShapeSummary> GapBook::summaries(WallTime now) const {
  std::vector<model::ShapeSummary> result;
  const auto open = open_by_shape();
  for (const auto& [key, shape] : shapes_) result.push_back(summary(shape.state, open, now));
  return result;
}

std::vector<model::ShapeSummary> GapBook::summaries(WallTime now, model::GapVerdict verdict) const {
  std::vector<model::ShapeSummary> result;
  const auto open = open_by_shape();
  for (const auto& [key, shape] : shapes_) {
    if (shape.state.verdict == verdict) result.push_back(summary(shape.state, open, now));
  }
  return result;
}

std::optional<model::ShapeSummary> GapBook::shape_of(const model::SessionId& session, WallTime now) const {
  for (const auto& [holder, open] : open_) {
    if (open.gap.session != session) continue;
    const auto found = shapes_.find(open.gap.key);
    if (found != shapes_.end()) return summary(found->second.state, open_by_shape(), now);
  }
  return std::nullopt;
}

}  // namespace lockkeeper::rules
