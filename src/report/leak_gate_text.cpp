#include <fmt/format.h>

#include "base/utf8.hpp"
#include "report/leak_gate.hpp"
#include "report/leak_gate_words.hpp"
#include "report/page.hpp"
#include "report/statement_text.hpp"

namespace lockkeeper::report {
namespace {

void add_leak(Page& page, const model::Leak& leak, const Options& options) {
  page.line(page.paint(Paint::red, fmt::format("leak[{}]", to_string(leak.key.kind))) +
            page.paint(Paint::bold, ": " + base::printable(title_of(leak))));
  page.paragraph("  --> ", leak.client, Paint::dim);
  if (leak.ran.empty()) {
    page.line(page.paint(Paint::dim, "   |"));
    page.paragraph(fmt::format("   |   {}  ", model::to_rfc3339(leak.at).substr(11, 12)), leak.key.statement,
                   Paint::dim);
  } else {
    add_statements(page, leak.ran, options);
  }
  page.line(page.paint(Paint::dim, "   |"));
  if (leak.open_for) page.paragraph("   = open:     ", model::to_human(*leak.open_for), Paint::cyan);
  page.paragraph("   = what:     ", explanation_of(leak), Paint::cyan);
  page.paragraph("   = fix:      ", fix_of(leak.key.kind), Paint::cyan);
  page.line("");
}

void add_baseline(Page& page, const model::GateReport& report) {
  const auto known = static_cast<std::int64_t>(report.leaks.size()) - report.fresh();
  if (known > 0)
    page.paragraph("baseline: ",
                   fmt::format("{} that it knows {} not counted", plural(known, "leak"), known == 1 ? "is" : "are"));
  if (!report.gone.empty())
    page.paragraph("baseline: ", fmt::format("{} of it did not come again; --write-baseline leaves {} out",
                                             plural(static_cast<std::int64_t>(report.gone.size()), "leak"),
                                             report.gone.size() == 1 ? "it" : "them"));
}

}  // namespace

std::string to_text(const model::GateReport& report, const Options& options) {
  Page page(options);
  for (const model::Leak& leak : report.leaks) {
    if (!leak.known) add_leak(page, leak, options);
  }
  const bool is_clean = report.fresh() == 0;
  const std::string found = is_clean ? "nothing was left open" : plural(report.fresh(), "leak");
  page.paragraph(is_clean ? "clean: " : "leaks: ", fmt::format("{}; {}", found, summary_of(report)),
                 is_clean ? Paint::green : Paint::red);
  add_baseline(page, report);
  if (const std::string pool = pool_of(report); !pool.empty()) page.paragraph("pool: ", pool);
  if (report.still_connected > 0)
    page.paragraph("still connected: ",
                   fmt::format("{} outlived the command; what they have open was cut off",
                               plural(report.still_connected, "client")),
                   Paint::yellow);
  if (report.facts_lost > 0)
    page.paragraph("not seen: ",
                   fmt::format("{} things that happened went by too quickly to be kept: there may be more leaks",
                               report.facts_lost),
                   Paint::yellow);
  return page.text();
}

}  // namespace lockkeeper::report
