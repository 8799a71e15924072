// The history as JSON: docs/api.md describes it, docs/api/history.schema.json defines it.
#pragma once

#include <optional>
#include <string>

#include "model/history.hpp"
#include "model/snapshot.hpp"

namespace lockkeeper::report {

/// One line, no trailing newline. With a failure, the window's times and nothing else.
[[nodiscard]] std::string to_json(const model::HistoryWindow& window,
                                  const std::optional<model::LookFailure>& failure = {});

}  // namespace lockkeeper::report
