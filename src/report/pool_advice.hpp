// Advice on pool sizes as text and JSON (docs/api.md).
#pragma once

#include <string>

#include "model/pool_advice.hpp"
#include "report/options.hpp"

namespace lockkeeper::report {

[[nodiscard]] std::string to_text(const model::PoolAdvice& advice, const model::AdviceWish& wish,
                                  const Options& options);

/// One line, no trailing newline.
[[nodiscard]] std::string to_json(const model::PoolAdvice& advice, const model::AdviceWish& wish);

}  // namespace lockkeeper::report
