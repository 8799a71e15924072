#include "report/page.hpp"

#include <algorithm>

#include "base/utf8.hpp"

namespace lockkeeper::report {
namespace {

std::string_view code(Paint paint) {
  switch (paint) {
    case Paint::plain: return "";
    case Paint::bold: return "\x1b[1m";
    case Paint::red: return "\x1b[1;31m";
    case Paint::yellow: return "\x1b[1;33m";
    case Paint::cyan: return "\x1b[36m";
    case Paint::green: return "\x1b[1;32m";
    case Paint::dim: return "\x1b[2m";
  }
  return "";
}

// Even on the narrowest page a line gets this many columns of text.
constexpr std::size_t least_columns = 30;

}  // namespace

std::string Page::paint(Paint paint, std::string_view text) const {
  if (!options_.colour || paint == Paint::plain) return std::string(text);
  return std::string(code(paint)) + std::string(text) + "\x1b[0m";
}

void Page::line(std::string_view text) {
  text_.append(text);
  text_ += '\n';
}

void Page::paragraph(std::string_view lead, std::string_view text, Paint lead_paint) {
  const std::string words = base::printable(text);
  const std::size_t indent = base::columns(lead);
  const std::size_t room = std::max(options_.width > indent ? options_.width - indent : 0, least_columns);
  text_ += paint(lead_paint, lead);
  std::size_t used = 0;
  for (std::size_t start = 0; start < words.size();) {
    const std::size_t end = std::min(words.find(' ', start), words.size());
    const std::string_view word = std::string_view(words).substr(start, end - start);
    const std::size_t width = base::columns(word);
    if (used > 0 && used + 1 + width > room) {
      // The gutter of a block ("   |") goes on below itself; words of the lead do not.
      text_ += '\n';
      const bool gutter = lead.starts_with("   |");
      text_ += gutter ? paint(Paint::dim, "   |") + std::string(indent - 4, ' ') : std::string(indent, ' ');
      used = 0;
    }
    if (used > 0) text_ += ' ';
    text_.append(word);
    used += width + (used > 0 ? 1 : 0);
    start = end + 1;
  }
  text_ += '\n';
}

void Page::command(std::string_view lead, std::string_view text, Paint lead_paint) {
  text_ += paint(lead_paint, lead) + paint(Paint::bold, base::printable(text)) + '\n';
}

}  // namespace lockkeeper::report
