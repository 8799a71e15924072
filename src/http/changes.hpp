// What is new between two looks at a server. Pure.
#pragma once

#include <vector>

#include "model/finding.hpp"

namespace lockkeeper::http {

enum class ChangeKind { opened, changed, closed };

struct Change {
  ChangeKind kind = ChangeKind::opened;
  const model::Finding* finding = nullptr;  ///< As it is now; of a closed one, as it was.
};

/// Findings that came, that changed their severity or count, and that went, in this order within `after` and then
/// `before`. They point into the two lists.
[[nodiscard]] std::vector<Change> changes(const std::vector<model::Finding>& before,
                                          const std::vector<model::Finding>& after);

/// "opened", "changed", "closed"
[[nodiscard]] const char* to_string(ChangeKind kind) noexcept;

}  // namespace lockkeeper::http
