#include "model/leak_gate.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace lockkeeper::model {
namespace {

constexpr std::array<std::pair<LeakKind, std::string_view>, 4> words{
    {{LeakKind::left_open, "left_open"},
     {LeakKind::foreign_commit, "foreign_commit"},
     {LeakKind::foreign_rollback, "foreign_rollback"},
     {LeakKind::begin_inside_transaction, "begin_inside_transaction"}}};

}  // namespace

std::string_view to_string(LeakKind kind) noexcept {
  const auto* const found = std::ranges::find(words, kind, &std::pair<LeakKind, std::string_view>::first);
  return found == words.end() ? "" : found->second;
}

std::optional<LeakKind> parse_leak_kind(std::string_view word) noexcept {
  const auto* const found = std::ranges::find(words, word, &std::pair<LeakKind, std::string_view>::second);
  if (found == words.end()) return std::nullopt;
  return found->first;
}

std::int64_t GateReport::fresh() const noexcept { return std::ranges::count(leaks, false, &Leak::known); }

}  // namespace lockkeeper::model
