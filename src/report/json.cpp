#include "report/json.hpp"

#include <boost/json.hpp>

#include <utility>

#include "report/json_values.hpp"

namespace lockkeeper::report {

namespace json = boost::json;
using namespace values;

std::string to_json(const model::Diagnosis& diagnosis, const Options& options) {
  json::array missing;
  for (const auto& gap : diagnosis.missing) {
    missing.push_back(json::object{
        {"what", text(gap.what)}, {"why", text(gap.why)}, {"cure", text(gap.cure)}, {"detail", gap.detail}});
  }
  json::array findings;
  for (const auto& entry : diagnosis.findings) findings.push_back(finding(entry, diagnosis.url, options));
  return json::serialize(json::object{{"version", schema_version},
                                      {"url", text(diagnosis.url)},
                                      {"observed_at", time(diagnosis.observed_at)},
                                      {"server", server(diagnosis.server)},
                                      {"complete", diagnosis.looks > 0 && diagnosis.complete()},
                                      {"missing", std::move(missing)},
                                      {"sessions", counts(diagnosis.counts)},
                                      {"looks", diagnosis.looks},
                                      {"findings", std::move(findings)},
                                      {"error", failure(diagnosis.failure)}});
}

std::string to_json(const model::ActionReport& report, const Options& options) {
  json::array targets;
  for (const auto& target : report.targets) {
    targets.push_back(json::object{
        {"session", session(target.session)},
        {"outcome", json::string(model::outcome_name(target.result.outcome, report.action == model::Action::cancel))},
        {"reason", text(target.result.reason)}});
  }
  return json::serialize(json::object{
      {"version", schema_version},
      {"url", text(report.url)},
      {"observed_at", time(report.observed_at)},
      {"server", server(report.server)},
      {"action", json::string(to_string(report.action))},
      {"dry_run", report.dry_run},
      {"finding", report.finding ? json::value(finding(*report.finding, report.url, options)) : json::value(nullptr)},
      {"targets", std::move(targets)},
      {"released", identities(report.predicted_freed)},
      {"went_on", identities(report.went_on)},
      {"still_waiting", identities(report.still_waiting)},
      {"audit", report.audit.empty() ? json::value(nullptr) : json::value(text(report.audit))},
      {"error", failure(report.failure)}});
}

}  // namespace lockkeeper::report
