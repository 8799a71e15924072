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

/// Columns the text takes on a terminal: two for each wide letter of East Asia, none for a mark on another letter.
[[nodiscard]] std::size_t columns(std::string_view utf8);

/// The longest beginning of the text that takes no more columns than these.
[[nodiscard]] std::string_view clip(std::string_view utf8, std::size_t most);

}  // namespace lockkeeper::base
