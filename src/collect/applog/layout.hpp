// What may stand before a message in a log line: what a log's layout puts there, or an exception's class. Whoever
// merely quotes a message puts other words before it.
#pragma once

#include <string_view>

namespace lockkeeper::collect::applog {

/// Whether the text before a message (behind the line's time) is a layout's: levels, brackets, numbers, names of
/// loggers and threads, and at most one plain word.
[[nodiscard]] bool is_layout(std::string_view head);

/// The class that the head ends with, as in "... java.sql.SQLException: " or "Error [SequelizeError]: "; empty: none.
[[nodiscard]] std::string_view exception_class(std::string_view head);

/// Whether the head names a level that no complaint is told at: INFO and below.
[[nodiscard]] bool is_chatter(std::string_view head);

}  // namespace lockkeeper::collect::applog
