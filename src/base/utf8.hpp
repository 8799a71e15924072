// Servers hold any bytes (SQL_ASCII databases, cut-off texts); JSON and terminals want UTF-8 and no control codes.
#pragma once

#include <string>
#include <string_view>

namespace lockkeeper::base {

/// The text with every malformed byte replaced by U+FFFD.
[[nodiscard]] std::string mend_utf8(std::string_view bytes);

/// As mend_utf8, and control characters (escape sequences, changes of direction, line separators) become spaces: an
/// application's name cannot repaint the terminal of whoever looks at it.
[[nodiscard]] std::string printable(std::string_view bytes);

/// Columns the text takes on a terminal, counting code points.
[[nodiscard]] std::size_t columns(std::string_view utf8);

}  // namespace lockkeeper::base
