#include "demo/story.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>
#include <string>
#include <utility>

#include "report/page.hpp"

namespace lockkeeper::demo {

using report::Page;
using report::Paint;

Story::Story(std::ostream& out, report::Options options) : out_(out), options_(std::move(options)) {}

void Story::heading(std::string_view title, std::string_view words) {
  Page page(options_);
  page.line("");
  page.line(page.paint(Paint::bold, title) + "  " + page.paint(Paint::dim, words));
  page.line("");
  block(page.text());
}

void Story::say(std::string_view words) {
  Page page(options_);
  page.paragraph("", words);
  block(page.text());
}

void Story::note(std::string_view words) {
  Page page(options_);
  page.paragraph("  - ", words);
  block(page.text());
}

void Story::quote(std::string_view words) {
  Page page(options_);
  while (!words.empty()) {
    const std::size_t end = words.find('\n');
    const std::string_view line = words.substr(0, end);
    const std::size_t indent = std::min(line.find_first_not_of(' '), line.size());
    page.paragraph("    > " + std::string(indent, ' '), line.substr(indent), Paint::dim);
    words = end == std::string_view::npos ? std::string_view() : words.substr(end + 1);
  }
  block(page.text());
}

void Story::command(std::string_view words) {
  Page page(options_);
  page.line("");
  page.command("$ ", words, Paint::dim);
  block(page.text());
}

void Story::block(std::string_view text) { out_ << text << std::flush; }

void Story::verdict(std::string_view column, bool holds, std::string_view words) {
  Page page(options_);
  const std::string lead = fmt::format("{} {}: ", holds ? "  +" : "  !", column);
  page.paragraph(lead, words, holds ? Paint::green : Paint::red);
  block(page.text());
}

}  // namespace lockkeeper::demo
