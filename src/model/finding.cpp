#include "model/finding.hpp"

#include <xxhash.h>

#include <array>
#include <cstdio>

namespace lockkeeper::model {

FindingId make_finding_id(const RuleId& rule, const std::vector<std::string>& identity) {
  std::string bytes = rule.value();
  // The length before each part keeps ("ab", "c") and ("a", "bc") apart.
  for (const auto& part : identity) bytes += '\n' + std::to_string(part.size()) + ':' + part;
  std::array<char, 16> hex{};
  // 32 bits: a server has tens of findings, so two alike are one in some ten million.
  std::snprintf(hex.data(), hex.size(), "-%08x", static_cast<unsigned>(XXH3_64bits(bytes.data(), bytes.size()) >> 32U));
  return FindingId(rule.value() + hex.data());
}

std::string_view to_string(Severity severity) noexcept {
  switch (severity) {
    case Severity::notice: return "notice";
    case Severity::warning: return "warning";
    case Severity::critical: return "critical";
  }
  return "critical";
}

std::string_view to_string(Confidence confidence) noexcept {
  switch (confidence) {
    case Confidence::possible: return "possible";
    case Confidence::likely: return "likely";
    case Confidence::certain: return "certain";
  }
  return "certain";
}

std::string_view to_string(Action action) noexcept {
  switch (action) {
    case Action::terminate: return "terminate";
    case Action::cancel: return "cancel";
    case Action::sql: return "sql";
    case Action::close_client: return "close_client";
  }
  return "sql";
}

}  // namespace lockkeeper::model
