#include "cli/top/pages.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "base/utf8.hpp"
#include "cli/top/lists.hpp"
#include "cli/top/session_columns.hpp"
#include "cli/top/words.hpp"

namespace lockkeeper::cli::top {
namespace {

using model::Duration;

// Entries around the cursor, which stays in the middle where there are enough on both sides.
struct Window {
  std::size_t first = 0;
  std::size_t end = 0;
};

Window window_of(std::size_t place, std::size_t size, std::size_t room) {
  if (size <= room) return {0, size};
  const std::size_t first = std::min(place - std::min(place, room / 2), size - room);
  return {first, first + room};
}

// `draw` gives the lines of an entry.
ListPage list(std::optional<std::size_t> place, std::size_t size, std::size_t room,
              const std::function<std::vector<Line>(std::size_t index, bool is_chosen)>& draw) {
  ListPage page;
  const Window window = window_of(place.value_or(0), size, room);
  for (std::size_t index = window.first; index < window.end; ++index) {
    for (Line& line : draw(index, index == place)) page.lines.push_back(std::move(line));
  }
  if (size > room) page.where = fmt::format("{}-{} of {}", window.first + 1, window.end, size);
  return page;
}

Line marked(Line line, bool is_chosen, std::size_t width) {
  line.insert(line.begin(), Span{is_chosen ? ">" : " ", Style::bold});
  return is_chosen ? bar(line, Style::selected, width) : line;
}

ListPage empty(std::string text) {
  ListPage page;
  page.lines = {{}, {{std::move(text), Style::dim}}};
  return page;
}

std::string why_empty(const SessionList& list, const State& state) {
  if (list.filtered_out > 0 && !state.filter.empty())
    return fmt::format("  Of {} sessions none has \"{}\" in it; Esc takes the filter away.",
                       list.filtered_out + list.idle_left_out, state.filter);
  if (list.idle_left_out > 0) return fmt::format("  All {} sessions are idle; i shows them.", list.idle_left_out);
  return "  Nobody but us is connected.";
}

ListPage sessions_page(const State& state, const Picture& picture, std::size_t width, std::size_t room) {
  const SessionList shown = sessions(picture, state);
  if (shown.rows.empty()) return empty(why_empty(shown, state));
  const auto columns = session_columns(width, picture.seen()->server.engine());
  const std::size_t left_out = shown.idle_left_out;
  const bool tells = left_out > 0 && room > 1 && shown.rows.size() < room;
  ListPage page = list(place_of(state.session, ids_of(shown)), shown.rows.size(), room,
                       [&](std::size_t index, bool is_chosen) -> std::vector<Line> {
                         return {marked(session_line(*shown.rows[index], *picture.seen(), columns), is_chosen, width)};
                       });
  page.heading = {session_heading(columns, state.order, width)};
  if (tells) page.lines.push_back({{fmt::format("   and {} idle; i shows them", left_out), Style::dim}});
  return page;
}

// What a finding comes from, in the two lines below it.
std::vector<Line> indented(const std::string& text, std::size_t width) {
  constexpr std::size_t indent = 12;
  const std::string before(indent, ' ');
  const auto first = lines_of_page(text, width - indent);
  std::vector<Line> lines{{{before + text_of(first.front()), Style::dim}}, {}};
  const std::size_t begin = text_of(first.front()).size() + 1;
  if (begin < text.size()) lines[1] = {{before + shorten(text.substr(begin), width - indent), Style::dim}};
  return lines;
}

ListPage findings_page(const State& state, const Picture& picture, std::size_t width, std::size_t room) {
  const model::Diagnosis& diagnosis = picture.view->diagnosis;
  const auto& findings = diagnosis.findings;
  if (findings.empty())
    return empty(diagnosis.complete() ? "  Nothing is found: nothing is stuck."
                                      : "  Nothing is found in what could be seen, which is not everything.");
  return list(place_of(state.finding, finding_ids(picture)), findings.size(), room,
              [&](std::size_t index, bool is_chosen) -> std::vector<Line> {
                const model::Finding& finding = findings[index];
                const Line first{{fmt::format(" {:<9} ", to_string(finding.severity)), style_of(finding.severity)},
                                 {base::printable(finding.title), Style::bold}};
                std::vector<Line> entry{marked(first, is_chosen, width)};
                const std::string mistake =
                    fmt::format("{}: {}", finding.rule.value(), base::printable(finding.likely_mistake));
                for (Line& line : indented(mistake, width)) entry.push_back(std::move(line));
                return entry;
              });
}

ListPage waits_page(const State& state, const Picture& picture, std::size_t width, std::size_t room) {
  const auto rows = waits(picture);
  if (rows.empty()) return empty("  Nobody waits for a lock.");
  return list(place_of(state.waiter, ids_of(rows)), rows.size(), room,
              [&](std::size_t index, bool is_chosen) -> std::vector<Line> {
                const WaitRow& row = rows[index];
                return {marked(
                    {{" " + row.branch, Style::dim}, {row.text, row.branch.empty() ? Style::critical : Style::plain}},
                    is_chosen, width)};
              });
}

std::string age_or_none(const std::optional<Duration>& age) { return age ? short_age(*age) : "-"; }

Style style_of(model::GapVerdict verdict) {
  switch (verdict) {
    case model::GapVerdict::leaked: return Style::critical;
    case model::GapVerdict::slow: return Style::warning;
    case model::GapVerdict::normal: return Style::good;
    case model::GapVerdict::learning: return Style::dim;
  }
  return Style::plain;
}

ListPage shapes_page(const State& state, const Picture& picture, std::size_t width, std::size_t room) {
  const auto all = shapes(picture);
  if (all.empty())
    return empty("  Nothing is learnt yet: how long transactions of a program usually pause is learnt while they do.");
  ListPage page =
      list(place_of(state.shape, ids_of(all)), all.size(), room,
           [&](std::size_t index, bool is_chosen) -> std::vector<Line> {
             const model::ShapeSummary& shape = *all[index];
             const std::string& who = shape.key.application.empty() ? shape.key.user : shape.key.application;
             const std::optional<Duration> oldest =
                 shape.open.empty() ? std::nullopt : std::optional(shape.open.front().age);
             return {marked({{fit(fmt::format(" {}", to_string(shape.verdict)), 10), style_of(shape.verdict)},
                             {fit(base::printable(who), 15) + " ", Style::plain},
                             {fit_right(std::to_string(shape.completed), 7) + " ", Style::plain},
                             {fit_right(age_or_none(shape.median), 7) + " ", Style::plain},
                             {fit_right(age_or_none(shape.p90), 7) + " ", Style::plain},
                             {fit_right(std::to_string(shape.open.size()), 5) + " ", Style::plain},
                             {fit_right(age_or_none(oldest), 7) + "  ", Style::plain},
                             {base::printable(shape.text), Style::dim}},
                            is_chosen, width)};
           });
  page.heading = {
      bar({{"  GAPS ARE APPLICATION        SEEN  MEDIAN     90%  OPEN  OLDEST  AFTER", {}}}, Style::heading, width)};
  return page;
}

}  // namespace

std::size_t lines_of_entry(Tab tab) noexcept { return tab == Tab::findings ? 3 : 1; }

bool has_heading(Tab tab) noexcept { return tab == Tab::sessions || tab == Tab::shapes; }

ListPage list_page(const State& state, const Picture& picture, std::size_t width, std::size_t rows) {
  const std::size_t room = std::max<std::size_t>(rows / lines_of_entry(state.tab), 1);
  if (picture.seen() == nullptr)
    return empty(picture.view->diagnosis.failure ? "  Nothing was seen yet." : "  Connecting ...");
  switch (state.tab) {
    case Tab::sessions: return sessions_page(state, picture, width, room);
    case Tab::findings: return findings_page(state, picture, width, room);
    case Tab::waits: return waits_page(state, picture, width, room);
    case Tab::shapes: return shapes_page(state, picture, width, room);
    case Tab::transaction: break;
  }
  return {};
}

}  // namespace lockkeeper::cli::top
