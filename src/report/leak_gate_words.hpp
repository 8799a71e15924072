// The sentences of the leak gate, which all of its faces share.
#pragma once

#include <string>
#include <string_view>

#include "model/leak_gate.hpp"

namespace lockkeeper::report {

/// `test "posts > creates" left a transaction open`
[[nodiscard]] std::string title_of(const model::Leak& leak);
/// What happened, and how it is known.
[[nodiscard]] std::string explanation_of(const model::Leak& leak);
[[nodiscard]] std::string_view fix_of(model::LeakKind kind) noexcept;
/// What was seen altogether.
[[nodiscard]] std::string summary_of(const model::GateReport& report);
/// How many connections tests held, and the pool that follows; empty where none was seen.
[[nodiscard]] std::string pool_of(const model::GateReport& report);

}  // namespace lockkeeper::report
