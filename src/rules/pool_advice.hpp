// Pool sizes, by simulation of what was recorded. Pure: the same recording, the same advice.
#pragma once

#include <optional>

#include "model/pool_advice.hpp"
#include "model/recording.hpp"
#include "model/snapshot.hpp"

namespace lockkeeper::rules {

/// For each application, the smallest pool that cannot deadlock and in which 99 of 100 wait no longer than wished.
[[nodiscard]] model::PoolAdvice advise_pools(const model::Recording& recording,
                                             const std::optional<model::Snapshot>& snapshot,
                                             const model::AdviceWish& wish);

}  // namespace lockkeeper::rules
