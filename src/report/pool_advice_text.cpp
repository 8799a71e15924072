#include <fmt/format.h>

#include "base/utf8.hpp"
#include "report/page.hpp"
#include "report/pool_advice.hpp"
#include "report/statement_text.hpp"

namespace lockkeeper::report {
namespace {

std::string owner(const model::ApplicationAdvice& of) {
  const std::string who = of.application.empty() ? fmt::format("user {}", of.user)
                                                 : fmt::format("application \"{}\" (user {}", of.application, of.user);
  return of.application.empty() ? fmt::format("{} (database {})", who, of.database)
                                : fmt::format("{}, database {})", who, of.database);
}

std::string at_once(const model::ApplicationAdvice& of) {
  std::string text = fmt::format("at most {} by {}, {} by one", plural(of.most_connections, "connection"),
                                 plural(of.most_units, "unit"), of.most_in_unit);
  if (!of.units_are_told) text += "; units of work are not told (no traceparent), so each transaction counts as one";
  return text;
}

void add_trials(Page& page, const model::ApplicationAdvice& of) {
  page.line(page.paint(Paint::dim, "   |"));
  page.line(page.paint(Paint::dim, "   |   size   wait median      99 %   longest   timed out   deadlocks"));
  for (const model::PoolTrial& trial : of.trials) {
    const bool is_advised = trial.size == of.advised;
    const std::string line =
        fmt::format("{} {:>4}   {:>11} {:>9} {:>9}   {:>9}   {:>9}", is_advised ? "=>" : "  ", trial.size,
                    model::to_human(trial.wait_median), model::to_human(trial.wait_p99),
                    model::to_human(trial.longest_wait), trial.timeouts, trial.deadlocks);
    page.line(page.paint(Paint::dim, "   | ") + page.paint(is_advised ? Paint::bold : Paint::plain, line));
  }
  page.line(page.paint(Paint::dim, "   |"));
}

std::string why(const model::ApplicationAdvice& of, const model::AdviceWish& wish) {
  const std::string wait = fmt::format("in which 99 of 100 wait no longer than {}", model::to_human(wish.target_wait));
  if (of.most_in_unit < 2) return fmt::format("the smallest {}", wait);
  return fmt::format("the smallest that cannot deadlock ({} = {} × ({} − 1) + 1) and {}", of.deadlock_free,
                     of.most_units, of.most_in_unit, wait);
}

// Of a few units a fifth says nothing.
std::string how_steady(const model::ApplicationAdvice& of) {
  constexpr std::int64_t enough = 50;
  if (of.units < enough) return fmt::format("; {} tell little: ask again when it is busy", plural(of.units, "unit"));
  return fmt::format("; by fifths of the recording the 99 % wait there is {} to {}", model::to_human(of.p99_least),
                     model::to_human(of.p99_most));
}

void add_application(Page& page, const model::ApplicationAdvice& of, const model::AdviceWish& wish) {
  page.line(page.paint(Paint::green, fmt::format("pool of {}", of.advised)) +
            page.paint(Paint::bold, base::printable(" for " + owner(of))));
  page.paragraph("   | seen       ",
                 fmt::format("{} of {}, {:.2f} a second{}", plural(of.transactions, "transaction"),
                             plural(of.units, "unit"), of.arrivals_per_second,
                             of.still_open > 0 ? fmt::format("; {} still open, left out", of.still_open) : ""),
                 Paint::dim);
  page.paragraph("   | held       ",
                 fmt::format("median {}, 99 % {}; {:.0f} % of it running nothing", model::to_human(of.hold_median),
                             model::to_human(of.hold_p99), of.idle_share * 100),
                 Paint::dim);
  page.paragraph("   | at once    ", at_once(of), Paint::dim);
  add_trials(page, of);
  page.paragraph("   = advised:  ", fmt::format("{}: {}{}", of.advised, why(of, wish), how_steady(of)), Paint::cyan);
  if (of.idle_share > 0.5)
    page.paragraph(
        "   = cheaper:  ",
        "Most of the time that connections are held nothing runs: shorter transactions need a smaller pool than any "
        "number here.",
        Paint::cyan);
  page.line("");
}

void add_together(Page& page, const model::PoolAdvice& advice) {
  if (!advice.usable_connections) {
    page.paragraph("together: ", fmt::format("{}; how many the server allows is not in the recording",
                                             plural(advice.advised_together, "connection")));
    return;
  }
  const bool fits = advice.advised_together <= *advice.usable_connections;
  page.paragraph(
      "together: ",
      fmt::format("{} of the {} that the server allows{}", advice.advised_together, *advice.usable_connections,
                  fits ? "" : ": too many. Share one pool among components (a pooler), or shorten what they hold"),
      fits ? Paint::plain : Paint::yellow);
}

}  // namespace

std::string to_text(const model::PoolAdvice& advice, const model::AdviceWish& wish, const Options& options) {
  Page page(options);
  for (const auto& each : advice.applications) {
    if (each.units > 0) add_application(page, each, wish);
  }
  if (advice.advised_together == 0) {
    page.paragraph("unknown: ", "there is no transaction that is over in this recording", Paint::yellow);
    return page.text();
  }
  add_together(page, advice);
  page.paragraph(
      "from: ",
      fmt::format(
          "{} of recording{}. Replayed: units arrive as they did, hold connections for as long as they did, and "
          "what one waits puts off all that it does later. Not in it: statements outside explicit "
          "transactions, connecting, and that a busier server answers more slowly.",
          model::to_human(advice.observed), wish.load == 1 ? "" : fmt::format(" under {} times its load", wish.load)));
  if (advice.facts_lost > 0)
    page.paragraph(
        "not seen: ",
        fmt::format("{} facts went by too quickly to be kept: there was more load than this", advice.facts_lost),
        Paint::yellow);
  return page.text();
}

}  // namespace lockkeeper::report
