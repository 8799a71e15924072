#include "cli/top/header.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/utf8.hpp"
#include "cli/duration.hpp"
#include "cli/top/words.hpp"

namespace lockkeeper::cli::top {
namespace {

using namespace std::chrono_literals;
using model::Diagnosis;

constexpr std::size_t widest_bar = 40;
constexpr std::size_t narrowest_bar = 8;
// A look this much later than it was due is told of.
constexpr auto tolerated_delay = 2s;

std::string place(const Diagnosis& diagnosis) {
  if (!diagnosis.server) return diagnosis.url.empty() ? "the server of the environment" : diagnosis.url;
  return fmt::format("{} {} at {}{}", diagnosis.server->product, diagnosis.server->version, diagnosis.server->name,
                     diagnosis.server->in_recovery ? " (replica)" : "");
}

std::string age_of_look(const State& state, const Picture& picture, const Frame& frame) {
  const Diagnosis& diagnosis = picture.view->diagnosis;
  const model::Duration age = frame.now - picture.view->published_at;
  if (state.is_paused) return diagnosis.looks == 0 ? "PAUSED" : fmt::format("PAUSED for {}", short_age(age));
  if (diagnosis.looks == 0 || diagnosis.failure) return "";
  if (age > state.interval + tolerated_delay) return fmt::format("last look {} ago", short_age(age));
  return fmt::format("every {}", write_duration(state.interval));
}

Line title(const State& state, const Picture& picture, const Frame& frame) {
  const Diagnosis& diagnosis = picture.view->diagnosis;
  const std::string time =
      diagnosis.looks == 0 ? "" : fmt::format("{} UTC", model::to_rfc3339(diagnosis.observed_at).substr(11, 8));
  const std::string right = fmt::format(" {}  {} ", age_of_look(state, picture, frame), time);
  const std::size_t width = frame.size.width;
  const std::size_t left_width = width - std::min(base::columns(right), width);
  const std::string left = fmt::format(" lockkeeper top  {}", base::printable(place(diagnosis)));
  return {{fit(left, left_width), Style::title}, {shorten(right, width - left_width), Style::title}};
}

struct Part {
  std::int64_t count;
  char sign;
  std::string_view word;
  Style style;
};

// Every connection takes its part of the room; whatever there is takes at least one column of it.
Line bar_of(const std::array<Part, 4>& parts, std::int64_t usable, std::size_t width) {
  Line line{{"[", Style::dim}};
  std::size_t left = width;
  for (const Part& part : parts) {
    if (part.count <= 0 || usable <= 0) continue;
    const auto share = static_cast<std::size_t>(part.count) * width / static_cast<std::size_t>(usable);
    const std::size_t length = std::min(std::max<std::size_t>(share, 1), left);
    line.push_back({std::string(length, part.sign), part.style});
    left -= length;
  }
  line.push_back({std::string(left, ' '), Style::plain});
  line.push_back({"]", Style::dim});
  return line;
}

Line connections(const Picture& picture, std::size_t width) {
  const auto sample = diagnose::sample_of(*picture.view);
  if (!sample) return {{"connections: not known", Style::dim}};
  const std::array parts{
      Part{sample->active, '#', "active", Style::good},
      Part{sample->idle_in_transaction, '!', "idle in tx", Style::warning},
      Part{sample->aborted, 'x', "aborted", Style::critical},
      Part{sample->idle, '-', "idle", Style::dim},
  };
  const bool is_full = sample->usable > 0 && sample->clients * 10 >= sample->usable * 9;
  Line line{{"connections ", Style::plain},
            {sample->usable > 0 ? fmt::format("{} of {} ", sample->clients, sample->usable)
                                : fmt::format("{} ", sample->clients),
             is_full ? Style::critical : Style::bold}};
  Line legend;
  for (const Part& part : parts) {
    if (part.count == 0 && part.sign == 'x') continue;
    legend.push_back({fmt::format("  {} ", part.sign), part.style});
    legend.push_back({fmt::format("{} {}", part.count, part.word), Style::plain});
  }
  if (sample->waiting > 0) legend.push_back({fmt::format("  {} waiting", sample->waiting), Style::bold});
  const std::size_t taken = columns(line) + columns(legend) + 2;
  const std::size_t room = std::min(width - std::min(taken, width), widest_bar);
  if (sample->usable > 0 && room >= narrowest_bar) {
    const Line drawn = bar_of(parts, sample->usable, room);
    line.insert(line.end(), drawn.begin(), drawn.end());
  }
  line.insert(line.end(), legend.begin(), legend.end());
  return line;
}

// What does not fit into a line goes on in a second, and no further.
void add_wrapped(const std::string& text, Style style, std::size_t width, std::vector<Line>& lines) {
  constexpr std::size_t most = 2;
  std::vector<Line> wrapped = lines_of_page(text, width);
  const bool is_cut = wrapped.size() > most;
  wrapped.resize(std::min(wrapped.size(), most));
  if (is_cut) wrapped.back() = {{shorten(text_of(wrapped.back()), width - 1) + "…", style}};
  for (Line& line : wrapped) {
    for (Span& span : line) span.style = style;
    lines.push_back(std::move(line));
  }
}

void add_failure(const Picture& picture, std::size_t width, std::vector<Line>& lines) {
  const Diagnosis& diagnosis = picture.view->diagnosis;
  add_wrapped(fmt::format(" NO ANSWER: {}", base::printable(diagnosis.failure->message)), Style::critical, width,
              lines);
  const std::string below = diagnosis.looks == 0 ? "Nothing was seen yet."
                                                 : fmt::format("Below is what was seen at {}.",
                                                               model::to_rfc3339(diagnosis.observed_at).substr(11, 8));
  add_wrapped(fmt::format(" {} It is tried again by itself; r tries now. {}", below,
                          base::printable(diagnosis.failure->advice)),
              Style::warning, width, lines);
}

void add_missing(const Diagnosis& diagnosis, std::size_t width, std::vector<Line>& lines) {
  if (diagnosis.missing.empty() || diagnosis.failure) return;
  const model::Missing& gap = diagnosis.missing.front();
  const std::string others =
      diagnosis.missing.size() > 1 ? fmt::format(" and {} more", diagnosis.missing.size() - 1) : std::string();
  const std::string text = fmt::format(" not seen: {}{}; {} ({})", gap.what, others, gap.cure, gap.why);
  add_wrapped(base::printable(text), Style::warning, width, lines);
}

std::size_t most_findings(std::size_t height) { return height < 18 ? 1 : height < 30 ? 2 : 4; }

// What is wrong, on every page but the one that lists it.
void add_findings(const Diagnosis& diagnosis, std::size_t height, std::vector<Line>& lines) {
  if (diagnosis.looks == 0 || diagnosis.failure) return;
  const auto& findings = diagnosis.findings;
  if (findings.empty()) {
    lines.push_back(diagnosis.complete()
                        ? Line{{"healthy: nothing is stuck", Style::good}}
                        : Line{{"nothing found in what could be seen, which is not everything", Style::warning}});
    return;
  }
  const std::size_t shown = std::min(findings.size(), most_findings(height));
  for (std::size_t index = 0; index < shown; ++index) {
    const model::Finding& finding = findings[index];
    Line line{{fmt::format("{:<9}", to_string(finding.severity)), style_of(finding.severity)},
              {base::printable(finding.title), Style::bold}};
    if (index + 1 == shown && findings.size() > shown)
      line.insert(line.begin() + 1, Span{fmt::format("(and {} more) ", findings.size() - shown), Style::dim});
    lines.push_back(std::move(line));
  }
}

}  // namespace

std::vector<Line> header(const State& state, const Picture& picture, const Frame& frame) {
  const Diagnosis& diagnosis = picture.view->diagnosis;
  std::vector<Line> lines{title(state, picture, frame), connections(picture, frame.size.width)};
  if (diagnosis.failure) add_failure(picture, frame.size.width, lines);
  add_missing(diagnosis, frame.size.width, lines);
  // What is read has its own finding before it.
  if (state.tab != Tab::findings && state.tab != Tab::transaction) add_findings(diagnosis, frame.size.height, lines);
  return lines;
}

}  // namespace lockkeeper::cli::top
