#include "demo/judgement.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace lockkeeper::demo {
namespace {

// All that a finding says in words.
std::string text_of(const model::Finding& finding) {
  std::string text = finding.title + "\n" + finding.explanation;
  for (const auto& item : finding.evidence.items) {
    if (const auto* words = std::get_if<std::string>(&item.value)) text.append("\n").append(*words);
    if (const auto* list = std::get_if<std::vector<std::string>>(&item.value))
      text += fmt::format("\n{}", fmt::join(*list, "\n"));
  }
  for (const auto& line : finding.evidence.statements) text.append("\n").append(line.text);
  for (const auto& line : finding.evidence.wait_tree) text.append("\n").append(line.who);
  return text;
}

std::string describe(const model::Diagnosis& diagnosis) {
  if (diagnosis.failure) return diagnosis.failure->message;
  std::string text;
  for (const auto& finding : diagnosis.findings)
    text += fmt::format("{}{} of sessions {}", text.empty() ? "" : "; ", finding.rule.value(),
                        fmt::join(ids_of(finding.subjects), ", "));
  return text.empty() ? "nothing" : text;
}

const model::Finding* of_rule(const model::Diagnosis& diagnosis, const std::string& rule, const std::string& word) {
  const auto found = std::ranges::find_if(diagnosis.findings, [&](const model::Finding& finding) {
    return finding.rule.value() == rule && (word.empty() || text_of(finding).contains(word));
  });
  return found == diagnosis.findings.end() ? nullptr : &*found;
}

std::string what_is_missing(const model::Diagnosis& diagnosis, const Truth& truth, std::int64_t healthy,
                            const Judgement& judgement) {
  if (judgement.finding == nullptr)
    return fmt::format("{} of sessions {} was expected; said was: {}", truth.rule, fmt::join(truth.sessions, ", "),
                       describe(diagnosis));
  if (judgement.also.size() < truth.also.size())
    return fmt::format("{} was expected beside it; said was: {}", fmt::join(truth.also, " and "), describe(diagnosis));
  const bool accuses_healthy = std::ranges::any_of(
      diagnosis.findings, [&](const model::Finding& finding) { return ids_of(finding.subjects).contains(healthy); });
  return accuses_healthy ? fmt::format("the healthy session {} is accused: {}", healthy, describe(diagnosis)) : "";
}

std::string what_is_unnamed(const Truth& truth, const Judgement& judgement) {
  if (judgement.finding->likely_mistake.empty() || judgement.finding->fix.empty())
    return "the mistake, or what mends it, is not named";
  std::string text = text_of(*judgement.finding);
  for (const model::Finding* finding : judgement.also) text += text_of(*finding);
  for (const std::string& word : truth.words) {
    if (!text.contains(word)) return fmt::format("nothing names \"{}\"", word);
  }
  return "";
}

}  // namespace

std::set<std::int64_t> ids_of(const std::vector<model::Session>& sessions) {
  std::set<std::int64_t> ids;
  for (const model::Session& session : sessions) ids.insert(session.id.pid);
  return ids;
}

Judgement judge(const model::Diagnosis& diagnosis, const Truth& truth, std::int64_t healthy) {
  Judgement judgement;
  for (const model::Finding& finding : diagnosis.findings) {
    if (finding.rule.value() == truth.rule && ids_of(finding.subjects) == truth.sessions) judgement.finding = &finding;
  }
  for (const std::string& rule : truth.also) {
    const auto* finding = of_rule(diagnosis, rule, truth.words.empty() ? "" : truth.words.front());
    if (finding != nullptr) judgement.also.push_back(finding);
  }
  judgement.missing = what_is_missing(diagnosis, truth, healthy, judgement);
  if (judgement.finding != nullptr) judgement.unnamed = what_is_unnamed(truth, judgement);
  return judgement;
}

std::vector<std::string> rules_of(const model::Diagnosis& diagnosis, const Judgement& judgement) {
  std::vector<std::string> rules;
  const auto add = [&](const model::Finding& finding) {
    if (std::ranges::count(rules, finding.rule.value()) == 0) rules.push_back(finding.rule.value());
  };
  if (judgement.finding != nullptr) add(*judgement.finding);
  for (const model::Finding* finding : judgement.also) add(*finding);
  for (const model::Finding& finding : diagnosis.findings) add(finding);
  return rules;
}

}  // namespace lockkeeper::demo
