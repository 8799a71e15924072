#include "diagnose/board.hpp"

#include "base/assert.hpp"
#include "rules/blocking.hpp"
#include "rules/recorded.hpp"

namespace lockkeeper::diagnose {
namespace {

std::vector<RootView> roots_of(const rules::Blocking& blocking) {
  std::vector<RootView> roots;
  for (const model::Holder& holder : blocking.roots()) {
    const model::Holder one[] = {holder};
    roots.push_back({holder, blocking.behind(holder), blocking.freed_by(one), blocking.longest_wait(holder)});
  }
  return roots;
}

void count(const model::Session& session, model::ConnectionSample& sample) {
  if (session.kind != model::SessionKind::client) return;
  switch (session.state) {
    case model::SessionState::active: ++sample.active; return;
    case model::SessionState::idle_in_transaction: ++sample.idle_in_transaction; return;
    case model::SessionState::aborted_in_transaction: ++sample.aborted; return;
    case model::SessionState::idle:
    case model::SessionState::other:
    case model::SessionState::hidden: return;
  }
}

}  // namespace

std::shared_ptr<const View> make_view(std::string name, const Conductor& conductor, model::Diagnosis diagnosis,
                                      model::WallTime now) {
  auto view = std::make_shared<View>();
  view->name = std::move(name);
  view->diagnosis = std::move(diagnosis);
  view->observed = conductor.observed();
  view->shapes = conductor.gaps().summaries(view->diagnosis.observed_at);
  view->gaps = conductor.gaps().counts();
  view->published_at = now;
  if (view->observed.judged != nullptr) {
    const rules::Blocking blocking(*view->observed.judged);
    view->roots = roots_of(blocking);
    view->rings = blocking.rings();
  }
  return view;
}

// The rest of the clients, hidden ones and those whose state has no name among them, is told as idle.
std::optional<model::ConnectionSample> sample_of(const View& view) {
  const model::Snapshot* seen = view.observed.judged.get();
  // The last look's numbers are not those of now.
  if (seen == nullptr || (view.diagnosis.failure && view.observed.recording == nullptr)) return std::nullopt;
  model::ConnectionSample sample{.at = view.published_at, .server = view.name};
  for (const model::Session& session : seen->sessions) count(session, sample);
  sample.clients = seen->clients();
  sample.idle = sample.clients - sample.active - sample.idle_in_transaction - sample.aborted;
  sample.waiting = static_cast<std::int64_t>(seen->waits.size());
  sample.usable = rules::seen_on_server(*seen) ? seen->server.usable_connections() : 0;
  if (view.observed.recording == nullptr) return sample;
  for (const model::RecordedClient& client : view.observed.recording->clients) {
    sample.queued += client.state == model::ClientState::waiting ? 1 : 0;
  }
  return sample;
}

void Board::expect(std::string name, std::string url) {
  auto view = std::make_shared<View>();
  view->name = std::move(name);
  view->diagnosis.url = std::move(url);
  const base::Guard guard(mutex_);
  servers_[view->name].view = std::move(view);
}

void Board::publish(std::shared_ptr<const View> view) {
  LK_ASSERT(view != nullptr);
  {
    const base::Guard guard(mutex_);
    Entry& entry = servers_[view->name];
    if (auto sample = sample_of(*view)) entry.samples.push_back(*std::move(sample));
    if (entry.samples.size() > most_samples) entry.samples.pop_front();
    entry.view = std::move(view);
    ++version_;
  }
  changed_.notify_all();
}

std::vector<std::shared_ptr<const View>> Board::views() const {
  const base::Guard guard(mutex_);
  std::vector<std::shared_ptr<const View>> all;
  all.reserve(servers_.size());
  for (const auto& [name, entry] : servers_) all.push_back(entry.view);
  return all;
}

std::shared_ptr<const View> Board::view(std::string_view name) const {
  const base::Guard guard(mutex_);
  const auto found = servers_.find(name);
  return found == servers_.end() ? nullptr : found->second.view;
}

std::vector<model::ConnectionSample> Board::samples(std::string_view name, model::WallTime after) const {
  const base::Guard guard(mutex_);
  const auto found = servers_.find(name);
  std::vector<model::ConnectionSample> taken;
  if (found == servers_.end()) return taken;
  for (const model::ConnectionSample& sample : found->second.samples) {
    if (sample.at > after) taken.push_back(sample);
  }
  return taken;
}

std::uint64_t Board::version() const {
  const base::Guard guard(mutex_);
  return version_;
}

std::uint64_t Board::wait(std::uint64_t seen, std::chrono::steady_clock::time_point deadline) const {
  base::Guard guard(mutex_);
  while (version_ == seen) {
    if (changed_.wait_until(guard, deadline) == std::cv_status::timeout) break;
  }
  return version_;
}

}  // namespace lockkeeper::diagnose
