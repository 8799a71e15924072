// What is to be seen: lines of styled text, without a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace lockkeeper::cli::top {

/// What a piece of text is; a terminal makes colours of it, or does without: no meaning is in the style alone.
enum class Style { plain, dim, bold, critical, warning, notice, good, title, heading, selected };

/// UTF-8 without control characters.
struct Span {
  std::string text;
  Style style = Style::plain;
};

using Line = std::vector<Span>;

struct Size {
  std::size_t width = 80;
  std::size_t height = 24;

  friend bool operator==(const Size&, const Size&) = default;
};

/// At most `size.height` lines, none wider than `size.width`; what is missing is empty.
struct Screen {
  Size size;
  std::vector<Line> lines;
};

[[nodiscard]] std::size_t columns(const Line& line);
[[nodiscard]] std::string text_of(const Line& line);
/// Each line with its end, trailing blanks taken off: what a test compares.
[[nodiscard]] std::string text_of(const Screen& screen);

/// The text in exactly so many columns: filled with blanks, or cut off with "…".
[[nodiscard]] std::string fit(std::string_view text, std::size_t width);
/// The same, filled at the left: for numbers.
[[nodiscard]] std::string fit_right(std::string_view text, std::size_t width);
/// The text in no more columns than that, cut off with "…".
[[nodiscard]] std::string shorten(std::string_view text, std::size_t width);
/// The line in no more columns than that.
[[nodiscard]] Line shorten(const Line& line, std::size_t width);

/// All spans in one style, filled with blanks up to the width.
[[nodiscard]] Line bar(const Line& line, Style style, std::size_t width);

/// A page of report's, with its colours as styles, in lines of the width: what is too long goes on, indented.
[[nodiscard]] std::vector<Line> lines_of_page(std::string_view coloured, std::size_t width);

/// For terminals without UTF-8: lines as ASCII draws them, other letters as question marks, in the same columns.
[[nodiscard]] std::string in_ascii(std::string_view text);

}  // namespace lockkeeper::cli::top
