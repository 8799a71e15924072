// The daemon's log: lines with a time on standard error, from any thread.
#pragma once

#include <string_view>

#include "proxy/shared.hpp"

namespace lockkeeper {

using proxy::LogLevel;

/// One line, without a line end. Debug lines are dropped.
void log_line(LogLevel level, std::string_view text);

}  // namespace lockkeeper
