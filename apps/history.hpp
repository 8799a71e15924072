// The history's file, for whoever asks.
#pragma once

#include <expected>
#include <filesystem>

#include "model/history.hpp"
#include "model/snapshot.hpp"

namespace lockkeeper {

/// What the history in that file answers, while a daemon may be writing it.
[[nodiscard]] std::expected<model::HistoryWindow, model::LookFailure> read_history(const std::filesystem::path& file,
                                                                                   const model::HistoryQuery& query,
                                                                                   model::Duration timeout);

}  // namespace lockkeeper
