#include "rules/window.hpp"

#include <algorithm>

namespace lockkeeper::rules {

void Window::add(const model::Snapshot& snapshot, const Limits& limits) {
  if (server_started_at_ != snapshot.server.started_at) looks_.clear();
  server_started_at_ = snapshot.server.started_at;
  if (looks_.size() >= most_looks) {
    std::size_t position = 0;
    std::erase_if(looks_, [&](const Look&) { return position++ % 2 == 1; });
  }
  Look look{snapshot.taken_at, {}};
  for (const auto& group : group_idle(snapshot, limits.min_idle)) {
    look.idle[group.key] = static_cast<std::int64_t>(group.sessions.size());
  }
  looks_.push_back(std::move(look));
}

model::Duration Window::span() const {
  return looks_.empty() ? model::Duration::zero() : looks_.back().taken_at - looks_.front().taken_at;
}

std::optional<double> Window::growth_per_minute(const IdleKey& key) const {
  if (looks_.size() < 3) return std::nullopt;
  std::vector<double> counts;
  for (const Look& look : looks_) {
    const auto found = look.idle.find(key);
    counts.push_back(found == look.idle.end() ? 0.0 : static_cast<double>(found->second));
  }
  std::vector<double> slopes;
  for (std::size_t later = 1; later < looks_.size(); ++later) {
    for (std::size_t earlier = 0; earlier < later; ++earlier) {
      const std::chrono::duration<double, std::ratio<60>> minutes = looks_[later].taken_at - looks_[earlier].taken_at;
      // The server's clock may have been set back between two looks: such a pair says nothing.
      if (minutes.count() > 0) slopes.push_back((counts[later] - counts[earlier]) / minutes.count());
    }
  }
  if (slopes.empty()) return std::nullopt;
  const auto middle = slopes.begin() + static_cast<std::ptrdiff_t>(slopes.size() / 2);
  std::ranges::nth_element(slopes, middle);
  return *middle;
}

}  // namespace lockkeeper::rules
