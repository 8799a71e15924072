#include "cli/top/screen.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/utf8.hpp"

namespace lockkeeper::cli::top {
namespace {

constexpr std::string_view ellipsis = "…";
constexpr std::size_t hanging_indent = 6;  // of what goes on in the next line

// Of report/page.cpp; no text that came from a server has escape sequences in it.
Style style_of(std::string_view code) {
  constexpr std::array<std::pair<std::string_view, Style>, 6> styles{{{"1", Style::bold},
                                                                      {"1;31", Style::critical},
                                                                      {"1;33", Style::warning},
                                                                      {"36", Style::notice},
                                                                      {"1;32", Style::good},
                                                                      {"2", Style::dim}}};
  const auto* found = std::ranges::find(styles, code, &std::pair<std::string_view, Style>::first);
  return found == styles.end() ? Style::plain : found->second;
}

Line coloured_line(std::string_view text) {
  Line line;
  Style style = Style::plain;
  while (!text.empty()) {
    const std::size_t begin = std::min(text.find("\x1b["), text.size());
    if (begin > 0) line.push_back({std::string(text.substr(0, begin)), style});
    text.remove_prefix(begin);
    if (text.empty()) break;
    const std::size_t end = std::min(text.find('m'), text.size() - 1);
    style = style_of(text.substr(2, end - 2));
    text.remove_prefix(end + 1);
  }
  return line;
}

// The rest of a line that was taken from it: where there is a blank near the edge, at that.
Line split_off(Line& line, std::size_t width) {
  Line rest;
  std::size_t taken = 0;
  for (std::size_t index = 0; index < line.size(); ++index) {
    const std::size_t width_here = base::columns(line[index].text);
    if (taken + width_here <= width) {
      taken += width_here;
      continue;
    }
    std::string& text = line[index].text;
    std::size_t cut = base::clip(text, width - taken).size();
    const std::size_t blank = text.rfind(' ', cut);
    if (blank != std::string::npos && blank > 0 && cut - blank < width / 3) cut = blank;
    std::string after = text.substr(cut);
    after.erase(0, std::min(after.find_first_not_of(' '), after.size()));
    text.resize(cut);
    rest.push_back({std::move(after), line[index].style});
    rest.insert(rest.end(), line.begin() + static_cast<std::ptrdiff_t>(index) + 1, line.end());
    line.resize(index + 1);
    break;
  }
  return rest;
}

}  // namespace

std::size_t columns(const Line& line) {
  std::size_t taken = 0;
  for (const Span& span : line) taken += base::columns(span.text);
  return taken;
}

std::string text_of(const Line& line) {
  std::string text;
  for (const Span& span : line) text += span.text;
  return text;
}

std::string text_of(const Screen& screen) {
  std::string text;
  for (const Line& line : screen.lines) {
    std::string words = text_of(line);
    words.erase(words.find_last_not_of(' ') + 1);
    text += words + "\n";
  }
  return text;
}

std::string shorten(std::string_view text, std::size_t width) {
  const std::string_view clipped = base::clip(text, width);
  if (clipped.size() == text.size() || width == 0) return std::string(clipped);
  return std::string(base::clip(text, width - 1)) + std::string(ellipsis);
}

std::string fit(std::string_view text, std::size_t width) {
  std::string result = shorten(text, width);
  result.append(width - std::min(base::columns(result), width), ' ');
  return result;
}

std::string fit_right(std::string_view text, std::size_t width) {
  const std::string result = shorten(text, width);
  return std::string(width - std::min(base::columns(result), width), ' ') + result;
}

Line shorten(const Line& line, std::size_t width) {
  if (columns(line) <= width) return line;
  Line result;
  std::size_t left = width;
  for (const Span& span : line) {
    const std::size_t here = base::columns(span.text);
    if (here >= left) {
      // Only the last one that is shown may lose its end; where it just fits, something is lost all the same.
      result.push_back({here == left ? shorten(span.text + " ", left) : shorten(span.text, left), span.style});
      break;
    }
    result.push_back(span);
    left -= here;
  }
  return result;
}

Line bar(const Line& line, Style style, std::size_t width) { return {{fit(text_of(line), width), style}}; }

std::vector<Line> lines_of_page(std::string_view coloured, std::size_t width) {
  std::vector<Line> lines;
  while (!coloured.empty()) {
    const std::size_t end = std::min(coloured.find('\n'), coloured.size());
    Line line = coloured_line(coloured.substr(0, end));
    coloured.remove_prefix(std::min(end + 1, coloured.size()));
    while (columns(line) > width && width > hanging_indent) {
      Line rest = split_off(line, width);
      lines.push_back(std::move(line));
      line = {{std::string(hanging_indent, ' '), Style::plain}};
      line.insert(line.end(), rest.begin(), rest.end());
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

std::string in_ascii(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, char>, 9> drawn{
      {{"│", '|'}, {"├", '|'}, {"└", '`'}, {"─", '-'}, {"…", '~'}, {"×", 'x'}, {"–", '-'}, {"┌", '.'}, {"┐", '.'}}};
  std::string result;
  while (!text.empty()) {
    std::size_t length = 1;
    while (length < text.size() && (static_cast<unsigned char>(text[length]) & 0xC0U) == 0x80) ++length;
    const std::string_view letter = text.substr(0, length);
    const auto* found = std::ranges::find(drawn, letter, &std::pair<std::string_view, char>::first);
    if (static_cast<unsigned char>(letter[0]) < 0x80) {
      result += letter[0];
    } else if (found != drawn.end()) {
      result += found->second;
    } else {
      result.append(base::columns(letter), '?');
    }
    text.remove_prefix(length);
  }
  return result;
}

}  // namespace lockkeeper::cli::top
