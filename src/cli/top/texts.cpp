#include "cli/top/texts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/utf8.hpp"
#include "cli/duration.hpp"
#include "cli/top/layout.hpp"
#include "cli/top/lists.hpp"
#include "diagnose/close_up.hpp"
#include "report/text.hpp"

namespace lockkeeper::cli::top {
namespace {

constexpr std::string_view help = R"(
  1 Sessions     who is connected; what matters comes first: who blocks others, who sleeps in an
                 open transaction, who waits, who works. Idle ones are hidden.
  2 Findings     what is wrong, which mistake in the program it is, and what to do about it
  3 Waits        who waits behind whom for a lock; whoever has no line above is the cause
  4 Transaction  one session: what it holds, and its statements as far as anybody kept them
  5 Shapes       what is learnt of how long transactions of a program usually pause

  up, down, page up, page down, home, end    choose, or scroll
  Enter    open: the finding, the session's transaction       Esc    back; takes the filter away
  k        end the session, or what the finding names: shows what would happen, then asks
  c        cancel the running statement, in the same way
  /        show only sessions with these letters in pid, application, user, database, client,
           state, finding or statement
  s        sort by something else                             i      show or hide idle ones
  p        pause: the screen stands still, looks go on        r      look now
  + -      look less often, more often                        Tab    the next page
  ?        this page                                          q      leave

  Before a session:  ! it is part of a critical finding,  * of a warning,  . of a notice
  Connections:       # active  ! idle in an open transaction  x the same, and it has failed  - idle
  TX and FOR         how long its transaction is open, how long it has been in its state
  BLKS, WAITS ON     how many wait behind it; for whom it waits itself
)";

report::Options options_for(std::size_t width) {
  report::Options options;
  options.colour = true;  // as styles: the terminal does without where it has none
  options.width = width;
  options.in_full = true;
  options.conclusion_first = true;
  options.to_act = "y does it.";
  return options;
}

Line blank() { return {}; }

void add_paragraph(std::vector<Line>& lines, const std::string& text, Style style, std::size_t width) {
  for (Line& line : lines_of_page(text, width)) {
    for (Span& span : line) span.style = style;
    lines.push_back(std::move(line));
  }
}

void add_page(std::vector<Line>& lines, const std::string& page, std::size_t width) {
  for (Line& line : lines_of_page(page, width)) lines.push_back(std::move(line));
}

std::size_t acted(const Deed& deed) {
  using enum model::ActionOutcome;
  return static_cast<std::size_t>(std::ranges::count_if(deed.report->targets, [](const model::Target& target) {
    return target.result.outcome == would_act || target.result.outcome == done;
  }));
}

std::string verb(const Deed& deed) { return deed.action == model::Action::cancel ? "Cancel" : "End"; }

std::string object(const Deed& deed) {
  if (deed.session)
    return deed.action == model::Action::cancel ? fmt::format("the statement of {}", deed.session->pid)
                                                : fmt::format("session {}", deed.session->pid);
  const std::size_t count = deed.finding->subjects.size();
  return fmt::format("the session{} of {}", count == 1 ? "" : "s", deed.finding->id.value());
}

}  // namespace

bool can_be_done(const Deed& deed) {
  return deed.phase == Deed::Phase::asking && deed.report && !deed.report->failure && acted(deed) > 0;
}

std::vector<Line> help_text(const State& state, std::size_t width) {
  std::vector<Line> lines;
  add_page(lines, std::string(help), width);
  lines.push_back({{fmt::format("  Looks every {}. {}", write_duration(state.interval), state.read_only), Style::dim}});
  return lines;
}

std::vector<Line> finding_text(const State& state, const Picture& picture, std::size_t width) {
  const model::Finding* finding = chosen_finding(picture, state);
  std::vector<Line> lines;
  if (finding == nullptr) {
    add_paragraph(lines, "It is not found any more: the trouble has ended. Esc goes back.", Style::good, width);
    return lines;
  }
  report::Options options = options_for(width);
  options.arguments = state.limit_arguments;
  lines = lines_of_page(report::to_text(*finding, picture.view->diagnosis, options), width);
  const bool by_key = std::ranges::any_of(finding->remedies, [](const model::Remedy& remedy) {
    return remedy.action == model::Action::terminate || remedy.action == model::Action::cancel;
  });
  if (by_key && state.read_only.empty())
    add_paragraph(lines, "   k here shows what would be ended, and asks. Enter shows the first session's transaction.",
                  Style::dim, width);
  return lines;
}

std::vector<Line> transaction_text(const State& state, const Picture& picture, std::size_t width) {
  std::vector<Line> lines;
  const auto id = looked_at(picture, state);
  if (!id) {
    add_paragraph(lines, "Choose a session in 1 Sessions, and press Enter.", Style::dim, width);
    return lines;
  }
  const auto close = diagnose::close_up(*picture.view, *id);
  if (!close) {
    add_paragraph(lines, fmt::format("Session {} has ended. Esc goes back.", id->pid), Style::good, width);
    return lines;
  }
  const Row* row = picture.find(*id);
  if (row != nullptr && row->finding != nullptr) {
    add_paragraph(lines, base::printable(fmt::format("{}: {}", row->finding->rule.value(), row->finding->title)),
                  row->finding->severity == model::Severity::critical ? Style::critical : Style::warning, width);
    add_paragraph(lines, base::printable("mistake: " + row->finding->likely_mistake), Style::plain, width);
    lines.push_back(blank());
  }
  // Its statements are what somebody came for; who waits for it has a page of its own.
  model::Evidence evidence = close->evidence;
  model::Evidence behind;
  behind.wait_tree = std::exchange(evidence.wait_tree, {});
  add_page(lines, report::to_text(evidence, options_for(width)), width);
  if (!close->caveat.empty()) {
    lines.push_back(blank());
    add_paragraph(lines, close->caveat, Style::dim, width);
  }
  add_page(lines, report::to_text(behind, options_for(width)), width);
  return lines;
}

std::string box_title(const Deed& deed) {
  switch (deed.phase) {
    case Deed::Phase::planning:
    case Deed::Phase::asking: return fmt::format(" {} {}? ", verb(deed), object(deed));
    case Deed::Phase::acting: return fmt::format(" Under way: {} {} ", verb(deed), object(deed));
    case Deed::Phase::told: return fmt::format(" Done: {} {} ", verb(deed), object(deed));
  }
  return "";
}

std::string box_keys(const Deed& deed) {
  switch (deed.phase) {
    case Deed::Phase::planning: return "Esc leaves it";
    case Deed::Phase::asking:
      return can_be_done(deed) ? "y does it    n leaves it" : "nothing can be done; Esc goes back";
    case Deed::Phase::acting: return "Esc goes back to the list while it is done";
    case Deed::Phase::told: return "Enter goes back";
  }
  return "";
}

std::vector<Line> box_text(const Deed& deed, std::size_t width) {
  std::vector<Line> lines;
  if (deed.phase == Deed::Phase::planning)
    add_paragraph(lines, "Looking at what would happen; nothing is done yet ...", Style::dim, width);
  if (deed.phase == Deed::Phase::acting)
    add_paragraph(lines, deed.progress.empty() ? "It is being done ..." : base::printable(deed.progress), Style::dim,
                  width);
  if (!deed.report || deed.phase == Deed::Phase::planning || deed.phase == Deed::Phase::acting) return lines;
  const report::Options options = options_for(width);
  lines = lines_of_page(report::to_text(*deed.report, options), width);
  if (deed.report->failure) add_page(lines, report::to_text(*deed.report->failure, options), width);
  return lines;
}

}  // namespace lockkeeper::cli::top
