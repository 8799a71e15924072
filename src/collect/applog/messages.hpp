// The messages of connection pools, as their libraries word them. Pure, without memory; time and file are the reader's.
#pragma once

#include <optional>
#include <string_view>

#include "model/app_log.hpp"

namespace lockkeeper::collect::applog {

struct Message {
  model::PoolComplaint complaint;
  /// HikariCP's own count of the pool at the moment of a timeout, told before the exception is: no event of its own.
  bool only_counts = false;
};

/// What the text (a line behind its time) complains of; nullopt where it is anything else. A message counts only where
/// nothing but a log's layout or an exception's class stands before it, and nothing but its known end behind it.
[[nodiscard]] std::optional<Message> read_message(std::string_view text);

/// Whether the text may hold one: cheap, for lines that are long or costly to look into.
[[nodiscard]] bool may_complain(std::string_view text);

}  // namespace lockkeeper::collect::applog
