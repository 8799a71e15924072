// `lockkeeper kill` in a scene, its report and its audit.
#pragma once

#include <string>
#include <vector>

#include "cli/scene.hpp"

namespace lockkeeper::testing {

/// What one run of kill said, and wrote into its audit.
struct Kill {
  Finished finished;
  boost::json::object report;
  std::vector<boost::json::object> audit;

  [[nodiscard]] int status() const { return finished.status; }
  /// The outcome for that backend: "terminated", "skipped", ...
  [[nodiscard]] std::string outcome(std::int64_t pid) const { return string_of(target(pid).at("outcome")); }
  [[nodiscard]] std::string reason(std::int64_t pid) const { return string_of(target(pid).at("reason")); }
  [[nodiscard]] const boost::json::object& target(std::int64_t pid) const {
    for (const auto& target : report.at("targets").as_array()) {
      if (target.at("session").at("pid") == pid) return target.as_object();
    }
    throw std::runtime_error("no target " + std::to_string(pid) + ": " + boost::json::serialize(report));
  }
};

inline std::vector<boost::json::object> read_audit(const std::filesystem::path& path) {
  std::vector<boost::json::object> lines;
  const std::string text = read_file(path);
  for (std::size_t start = 0; start < text.size();) {
    const auto end = text.find('\n', start);
    lines.push_back(boost::json::parse(text.substr(start, end - start)).as_object());
    start = end + 1;
  }
  return lines;
}

/// kill URL ARGUMENTS --json, with no_limits and an audit file of its own.
inline Kill kill(const std::string& url, const std::vector<std::string>& arguments) {
  const TemporaryFolder folder;
  const auto audit = folder.path() / "audit.jsonl";
  Kill result;
  result.finished =
      lockkeeper(std::vector<std::string>{"kill", url, "--json", "--audit", audit.string()} + no_limits + arguments);
  result.report = parse_line(result.finished.out);
  result.audit = read_audit(audit);
  return result;
}

/// The pids of a list of sessions in a report: "released", "went_on".
inline std::vector<std::int64_t> pids(const boost::json::value& sessions) {
  std::vector<std::int64_t> result;
  for (const auto& session : sessions.as_array()) result.push_back(session.at("pid").as_int64());
  return result;
}

}  // namespace lockkeeper::testing
