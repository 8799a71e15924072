#include "cli/top/layout.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/utf8.hpp"
#include "cli/top/header.hpp"
#include "cli/top/lists.hpp"
#include "cli/top/pages.hpp"
#include "cli/top/texts.hpp"
#include "cli/top/words.hpp"

namespace lockkeeper::cli::top {
namespace {

constexpr std::size_t footer_lines = 2;
constexpr std::size_t widest_box = 100;
constexpr std::size_t box_frame = 4;      // its edges and its keys, above and below the text
constexpr std::size_t box_margin = 4;     // "│ " and " │"
constexpr std::size_t widest_text = 120;  // nobody reads longer lines

bool shows_list(const State& state) {
  return !state.shows_help && state.tab != Tab::transaction && !(state.tab == Tab::findings && state.finding_is_open);
}

std::vector<Line> text_page(const State& state, const Picture& picture, std::size_t width) {
  const std::size_t columns = std::min(width, widest_text);
  if (state.shows_help) return help_text(state, columns);
  if (picture.seen() == nullptr) return {};
  return state.tab == Tab::transaction ? transaction_text(state, picture, columns)
                                       : finding_text(state, picture, columns);
}

// Lines between the tabs and the footer.
std::size_t body_height(const State& state, const Picture& picture, Size size) {
  const std::size_t above = header(state, picture, {size, {}}).size() + 1;
  return size.height - std::min(size.height, above + footer_lines);
}

Line tabs(const State& state, const Picture& picture, const std::string& where, std::size_t width) {
  const auto counted = [](std::string_view name, std::size_t count) {
    return count == 0 ? std::string(name) : fmt::format("{}:{}", name, count);
  };
  const std::array<std::pair<Tab, std::string>, 5> names{
      {{Tab::sessions, "1 Sessions"},
       {Tab::findings, counted("2 Findings", picture.view->diagnosis.findings.size())},
       {Tab::waits, counted("3 Waits", picture.seen() == nullptr ? 0 : picture.seen()->waits.size())},
       {Tab::transaction, "4 Transaction"},
       {Tab::shapes, "5 Shapes"}}};
  Line line;
  for (const auto& [tab, name] : names) {
    const bool here = tab == state.tab && !state.shows_help;
    line.push_back(
        {here ? fmt::format("[{}]", name) : fmt::format(" {} ", name), here ? Style::selected : Style::plain});
  }
  std::string right = where;
  if (!state.filter.empty() || state.is_typing) right = fmt::format("\"{}\" {}", state.filter, right);
  const std::size_t left = columns(line);
  if (right.empty() || left + 2 >= width) return line;
  line.push_back({fit_right(right, width - left), Style::dim});
  return line;
}

// About whatever the cursor is on.
Line about_chosen(const State& state, const Picture& picture) {
  const Row* row = shows_list(state) ? chosen_row(picture, state) : nullptr;
  if (row == nullptr) return {};
  if (row->finding != nullptr)
    return {{fmt::format("{}: ", pid_word(row->who)), Style::bold},
            {fmt::format("{}: {}", row->finding->rule.value(), base::printable(row->finding->likely_mistake)),
             style_of(row->finding->severity)}};
  if (row->session == nullptr) return {};
  const model::Session& session = *row->session;
  std::string text = fmt::format("{}@{}", session.user, session.database);
  if (!session.client.empty()) text += " from " + session.client;
  if (!session.wait_event.empty()) text += ", " + session.wait_event;
  return {{fmt::format("{}: ", pid_word(row->who)), Style::bold}, {base::printable(text), Style::plain}};
}

Line status(const State& state, const Picture& picture) {
  if (state.is_typing)
    return {
        {"filter: ", Style::bold}, {state.filter + "_", Style::plain}, {"   Enter keeps it, Esc leaves", Style::dim}};
  if (!state.note.empty()) return {{base::printable(state.note), Style::bold}};
  if (state.deed && state.deed->is_hidden)
    return {{fmt::format("{} {}", box_title(*state.deed), base::printable(state.deed->progress)), Style::warning}};
  return about_chosen(state, picture);
}

std::string keys(const State& state) {
  if (state.deed && !state.deed->is_hidden) return box_keys(*state.deed);
  if (state.shows_help) return "Esc goes back  q goes back";
  const std::string acts = state.read_only.empty() ? "k end  c cancel  " : "";
  // What helps whoever is lost comes first: a narrow screen cuts off the end.
  const std::string always = "? help  q quit  ";
  if (!shows_list(state)) return always + "Esc back  " + acts + "arrows scroll  p pause";
  return always + "Enter open  " + acts +
         (state.tab == Tab::sessions ? "/ filter  s sort  i idle  p pause" : "p pause");
}

void add_body(const State& state, const Picture& picture, Size size, std::size_t height, std::vector<Line>& lines) {
  if (!shows_list(state)) {
    const auto text = text_page(state, picture, size.width);
    const std::size_t first = std::min(state.scroll, text.size() - std::min(text.size(), height));
    const std::size_t end = std::min(first + height, text.size());
    const std::string where = text.size() > height ? fmt::format("{}-{} of {}", first + 1, end, text.size()) : "";
    lines.push_back(tabs(state, picture, where, size.width));
    lines.insert(lines.end(), text.begin() + static_cast<std::ptrdiff_t>(first),
                 text.begin() + static_cast<std::ptrdiff_t>(end));
    return;
  }
  const ListPage page =
      list_page(state, picture, size.width, height - std::min<std::size_t>(height, has_heading(state.tab) ? 1 : 0));
  lines.push_back(tabs(state, picture, page.where, size.width));
  lines.insert(lines.end(), page.heading.begin(), page.heading.end());
  lines.insert(lines.end(), page.lines.begin(), page.lines.end());
}

std::size_t box_width(Size size) { return std::min(size.width, widest_box); }

Line in_box(const Line& text, std::size_t width) {
  Line line{{"│ ", Style::plain}};
  const Line inner = shorten(text, width - box_margin);
  line.insert(line.end(), inner.begin(), inner.end());
  line.push_back({std::string(width - box_margin - columns(inner), ' ') + " │", Style::plain});
  return line;
}

std::string edge(std::size_t length) {
  std::string text;
  for (std::size_t index = 0; index < length; ++index) text += "─";
  return text;
}

// Over whatever is there: what is asked must not be overlooked.
void add_box(const State& state, Size size, std::vector<Line>& lines) {
  const Deed& deed = *state.deed;
  const std::size_t width = box_width(size);
  const auto text = box_text(deed, width - box_margin);
  const std::size_t room = rows_of_box(size);
  const std::size_t first = std::min(deed.scroll, text.size() - std::min(text.size(), room));
  const std::size_t shown = std::min(text.size() - first, room);
  const std::string title = shorten(box_title(deed), width - box_margin);
  std::vector<Line> box;
  box.push_back(
      {{"┌─", Style::plain}, {title, Style::bold}, {edge(width - 3 - base::columns(title)) + "┐", Style::plain}});
  for (std::size_t index = first; index < first + shown; ++index) box.push_back(in_box(text[index], width));
  if (first + shown < text.size())
    box.push_back(in_box({{fmt::format("(down: {} more lines)", text.size() - first - shown), Style::dim}}, width));
  box.push_back(in_box({{box_keys(deed), Style::bold}}, width));
  box.push_back({{"└" + edge(width - 2) + "┘", Style::plain}});
  const std::size_t top = size.height - std::min(size.height, box.size() + footer_lines);
  const std::size_t begin = std::min<std::size_t>(top, 2);
  const std::string indent((size.width - width) / 2, ' ');
  for (std::size_t index = 0; index < box.size() && begin + index < lines.size(); ++index) {
    box[index].insert(box[index].begin(), Span{indent, Style::plain});
    lines[begin + index] = std::move(box[index]);
  }
}

Screen too_small(Size size) {
  const std::string text = fmt::format("{} x {} is too small: lockkeeper top takes {} x {}. q quits.", size.width,
                                       size.height, least_size.width, least_size.height);
  Screen screen{size, lines_of_page(text, std::max<std::size_t>(size.width, 1))};
  screen.lines.resize(std::min(screen.lines.size(), size.height));
  return screen;
}

}  // namespace

Screen layout(const State& state, const Picture& picture, const Frame& frame) {
  const Size size = frame.size;
  if (size.width < least_size.width || size.height < least_size.height) return too_small(size);
  std::vector<Line> lines = header(state, picture, frame);
  add_body(state, picture, size, body_height(state, picture, size), lines);
  lines.resize(size.height - footer_lines);
  if (state.deed && !state.deed->is_hidden) add_box(state, size, lines);
  lines.push_back(status(state, picture));
  lines.push_back(bar({{keys(state), Style::title}}, Style::title, size.width));
  for (Line& line : lines) line = shorten(line, size.width);
  return {size, std::move(lines)};
}

std::size_t rows_of_list(const State& state, const Picture& picture, Size size) {
  const std::size_t height = body_height(state, picture, size);
  if (!shows_list(state)) return height;
  return (height - std::min<std::size_t>(height, has_heading(state.tab) ? 1 : 0)) / lines_of_entry(state.tab);
}

std::size_t last_scroll(const State& state, const Picture& picture, Size size) {
  const std::size_t lines = text_page(state, picture, size.width).size();
  return lines - std::min(lines, body_height(state, picture, size));
}

std::size_t rows_of_box(Size size) {
  const std::size_t taken = box_frame + footer_lines + 2;
  return std::max<std::size_t>(size.height - std::min(size.height, taken), 1);
}

std::size_t last_scroll_of_box(const State& state, Size size) {
  if (!state.deed) return 0;
  const std::size_t lines = box_text(*state.deed, box_width(size) - box_margin).size();
  return lines - std::min(lines, rows_of_box(size));
}

}  // namespace lockkeeper::cli::top
