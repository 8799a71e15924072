// The configuration of `lockkeeper run`: file, URL and options put together.
#pragma once

#include <optional>

#include "cli/request.hpp"
#include "proxy/config.hpp"

namespace lockkeeper {

/// The whole configuration, or nothing where what is wrong with it has been told on standard error.
[[nodiscard]] std::optional<proxy::Config> complete_config(const cli::RunRequest& request);

}  // namespace lockkeeper
