// Which changes of findings an alert's receiver is told of. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "http/changes.hpp"
#include "model/finding.hpp"

namespace lockkeeper::http {

/// Tells a receiver of each finding when it comes, when it gets worse or better, and when it goes. What grows by one a
/// second is not told every second: a change is another severity, or a count that has doubled or halved since it was
/// told last. Below the least severity nothing is told; what rises to it comes then. Belongs to one thread.
class AlertDesk {
 public:
  AlertDesk(model::Severity least, std::vector<std::string> servers) : least_(least), servers_(std::move(servers)) {}

  struct Told {
    ChangeKind kind = ChangeKind::opened;
    model::Finding finding;
  };
  /// What has changed with this look's findings of a server.
  [[nodiscard]] std::vector<Told> look(const std::string& server, const std::vector<model::Finding>& findings);

 private:
  [[nodiscard]] static bool has_changed(const model::Finding& told, const model::Finding& now) noexcept;

  model::Severity least_;
  std::vector<std::string> servers_;  // Empty: all.
  std::map<std::string, std::map<model::FindingId, model::Finding>> told_;
};

}  // namespace lockkeeper::http
