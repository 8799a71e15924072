#include "report/history_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <span>

#include "base/utf8.hpp"
#include "report/history_chart.hpp"
#include "report/page.hpp"

namespace lockkeeper::report {
namespace {

using model::HistoryWindow;
using model::to_human;

Paint paint_of(model::Severity severity) {
  switch (severity) {
    case model::Severity::critical: return Paint::red;
    case model::Severity::warning: return Paint::yellow;
    case model::Severity::notice: return Paint::cyan;
  }
  return Paint::plain;
}

std::string count_of(std::size_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

std::set<std::string> servers_of(const HistoryWindow& window) {
  std::set<std::string> servers;
  for (const auto& period : window.periods) servers.insert(period.server);
  for (const auto& finding : window.findings) servers.insert(finding.server);
  for (const auto& action : window.actions) servers.insert(action.server);
  for (const auto& over : window.transactions) servers.insert(over.server);
  return servers;
}

template <class Row>
std::vector<const Row*> of_server(const std::vector<Row>& rows, const std::string& server) {
  std::vector<const Row*> own;
  for (const Row& row : rows) {
    if (row.server == server) own.push_back(&row);
  }
  return own;
}

void add_connections(Page& page, const HistoryWindow& window, const std::string& server, std::size_t width) {
  const auto periods = std::ranges::equal_range(window.periods, server, {}, &model::ConnectionPeriod::server);
  if (periods.empty()) {
    page.line("  connections: nobody looked, or it is forgotten");
    return;
  }
  add_chart(page, window, {periods.begin(), periods.end()}, width);
  const std::int64_t usable = periods.back().maximum.back();
  if (usable > 0) page.line(fmt::format("  {} connections are usable; a bar is the most in its time", usable));
}

void add_findings(Page& page, const HistoryWindow& window, const std::string& server) {
  const auto findings = of_server(window.findings, server);
  if (findings.empty()) return;
  page.line("");
  page.line(page.paint(Paint::bold, "  " + count_of(findings.size(), "finding", "findings")));
  for (const model::HistoryFinding* finding : findings) {
    const auto until = finding->ended_at.value_or(finding->last_seen);
    const std::string lasted =
        finding->ended_at ? fmt::format("{} to {}, {}", stamp(finding->first_seen, window.from),
                                        stamp(until, window.from), to_human(until - finding->first_seen))
                          : fmt::format("since {}, last seen {}, {} so far", stamp(finding->first_seen, window.from),
                                        stamp(until, window.from), to_human(until - finding->first_seen));
    page.line(fmt::format("  {} {}  {}",
                          page.paint(paint_of(finding->severity), fmt::format("{:<8}", to_string(finding->severity))),
                          base::printable(finding->id.value()), lasted));
    page.paragraph("           ", finding->title);
  }
}

void add_actions(Page& page, const HistoryWindow& window, const std::string& server) {
  const auto actions = of_server(window.actions, server);
  if (actions.empty()) return;
  page.line("");
  page.line(page.paint(Paint::bold, "  " + count_of(actions.size(), "action", "actions")));
  for (const model::HistoryAction* action : actions) {
    page.paragraph(fmt::format("  {}  ", stamp(action->at, window.from)),
                   fmt::format("{} {}: {}{}{}; by {}{}", action->action, action->session, action->outcome,
                               action->reason.empty() ? "" : ", ", action->reason, action->actor,
                               action->finding.empty() ? "" : " for " + action->finding));
  }
}

std::string who(const model::HistoryTransaction& over) {
  const std::string name = over.application.empty() ? over.user : over.application;
  return base::printable(fmt::format("{} ({}, {})", name, over.user, over.database));
}

void add_transactions(Page& page, const HistoryWindow& window, const std::string& server) {
  const auto transactions = of_server(window.transactions, server);
  if (transactions.empty()) return;
  page.line("");
  page.line(page.paint(Paint::bold, "  " + count_of(transactions.size(), "transaction", "transactions") + " kept"));
  const auto is_of_another_day = [&](const model::HistoryTransaction* over) {
    return stamp(over->ended_at, window.from).size() > 8;
  };
  const std::size_t width = std::ranges::any_of(transactions, is_of_another_day) ? 19 : 8;
  page.line(
      page.paint(Paint::dim, fmt::format("  {:<{}}  {:>11} {:>11} {:>10} {:>12}  {:<12}{:<9}{}", "ended", width,
                                         "open for", "idle", "statements", "rows written", "end", "kept as", "who")));
  for (const model::HistoryTransaction* over : transactions) {
    page.line(fmt::format("  {:<{}}  {:>11} {:>11} {:>10} {:>12}  {:<12}{:<9}{}", stamp(over->ended_at, window.from),
                          width, to_human(over->ended_at - over->started_at), to_human(over->idle), over->statements,
                          over->rows_written, base::printable(over->end), to_string(over->why_kept), who(*over)));
  }
}

void add_notes(Page& page, const HistoryWindow& window) {
  const auto note = [&](const std::string& words) { page.paragraph("note: ", words, Paint::cyan); };
  if (!window.oldest) {
    note("nothing has been kept so far");
  } else if (*window.oldest > window.from) {
    note(fmt::format("what is kept begins at {}; nothing is known of before", stamp(*window.oldest, window.from)));
  }
  std::string left_out;
  for (const auto& [is_left_out, name] : {std::pair{window.periods_left_out, "connections"},
                                          {window.findings_left_out, "findings"},
                                          {window.actions_left_out, "actions"},
                                          {window.transactions_left_out, "transactions"}}) {
    if (is_left_out) left_out += fmt::format("{}{}", left_out.empty() ? "" : ", ", name);
  }
  if (!left_out.empty())
    note(fmt::format("there were more than fit here, and the oldest {} were left out: ask for less time, or --json",
                     left_out));
}

}  // namespace

std::string to_text(const HistoryWindow& window, const Options& options) {
  Page page(options);
  const auto servers = servers_of(window);
  const std::string times = fmt::format("{} to {} UTC", stamp(window.from, {}), stamp(window.to, window.from));
  if (servers.empty()) page.line(fmt::format("{}: nothing was kept", times));
  for (const std::string& server : servers) {
    page.line(fmt::format("{}, {}", page.paint(Paint::bold, base::printable(server)), times));
    add_connections(page, window, server, options.width);
    add_findings(page, window, server);
    add_actions(page, window, server);
    add_transactions(page, window, server);
    page.line("");
  }
  add_notes(page, window);
  return page.text();
}

}  // namespace lockkeeper::report
