#include "http/changes.hpp"

#include <map>

namespace lockkeeper::http {
namespace {

using ById = std::map<model::FindingId, const model::Finding*>;

ById by_id(const std::vector<model::Finding>& findings) {
  ById result;
  for (const auto& finding : findings) result.emplace(finding.id, &finding);
  return result;
}

}  // namespace

std::vector<Change> changes(const std::vector<model::Finding>& before, const std::vector<model::Finding>& after) {
  const ById old = by_id(before);
  const ById now = by_id(after);
  std::vector<Change> result;
  for (const auto& finding : after) {
    const auto known = old.find(finding.id);
    if (known == old.end()) {
      result.push_back({ChangeKind::opened, &finding});
    } else if (known->second->severity != finding.severity || known->second->count != finding.count) {
      result.push_back({ChangeKind::changed, &finding});
    }
  }
  for (const auto& finding : before) {
    if (!now.contains(finding.id)) result.push_back({ChangeKind::closed, &finding});
  }
  return result;
}

const char* to_string(ChangeKind kind) noexcept {
  switch (kind) {
    case ChangeKind::opened: return "opened";
    case ChangeKind::changed: return "changed";
    case ChangeKind::closed: return "closed";
  }
  return "changed";
}

}  // namespace lockkeeper::http
