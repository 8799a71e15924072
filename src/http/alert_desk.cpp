#include "http/alert_desk.hpp"

#include <algorithm>
#include <set>

namespace lockkeeper::http {

bool AlertDesk::has_changed(const model::Finding& told, const model::Finding& now) noexcept {
  return now.severity != told.severity || now.count >= 2 * told.count || 2 * now.count <= told.count;
}

std::vector<AlertDesk::Told> AlertDesk::look(const std::string& server, const std::vector<model::Finding>& findings) {
  if (!servers_.empty() && std::ranges::find(servers_, server) == servers_.end()) return {};
  std::vector<Told> news;
  auto& told = told_[server];
  std::set<model::FindingId> there;
  for (const model::Finding& finding : findings) {
    there.insert(finding.id);
    const auto before = told.find(finding.id);
    if (before == told.end()) {
      if (finding.severity < least_) continue;
      told.emplace(finding.id, finding);
      news.push_back({ChangeKind::opened, finding});
    } else if (has_changed(before->second, finding)) {
      before->second = finding;
      news.push_back({ChangeKind::changed, finding});
    }
  }
  std::erase_if(told, [&](const auto& each) {
    if (there.contains(each.first)) return false;
    news.push_back({ChangeKind::closed, each.second});
    return true;
  });
  return news;
}

}  // namespace lockkeeper::http
