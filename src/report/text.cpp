#include "report/text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <variant>

#include "base/utf8.hpp"
#include "report/page.hpp"
#include "report/statement_text.hpp"

namespace lockkeeper::report {
namespace {

constexpr std::size_t most_listed = 12;   // entries of a list in one line
constexpr std::size_t most_subjects = 3;  // sessions named one by one
constexpr std::size_t short_entry = 40;   // letters; a list with a longer entry gets a line for each
constexpr std::size_t least_label = 16;   // columns of the evidence's names

Paint paint_of(model::Severity severity) {
  switch (severity) {
    case model::Severity::critical: return Paint::red;
    case model::Severity::warning: return Paint::yellow;
    case model::Severity::notice: return Paint::cyan;
  }
  return Paint::plain;
}

template <class List>
std::string join(const List& list) {
  if (list.empty()) return "none";
  const auto shown = std::min(list.size(), most_listed);
  std::string result =
      fmt::format("{}", fmt::join(list.begin(), list.begin() + static_cast<std::ptrdiff_t>(shown), ", "));
  if (list.size() > shown) result += fmt::format(" and {} more", list.size() - shown);
  return result;
}

struct ValueText {
  std::string operator()(bool value) const { return value ? "yes" : "no"; }
  std::string operator()(std::int64_t value) const { return std::to_string(value); }
  std::string operator()(double value) const { return fmt::format("{:.1f}", value); }
  std::string operator()(const std::string& value) const { return value; }
  std::string operator()(model::Duration value) const { return model::to_human(value); }
  std::string operator()(model::WallTime value) const {
    return model::to_rfc3339(std::chrono::floor<std::chrono::seconds>(value));
  }
  std::string operator()(const std::vector<std::string>& value) const { return join(value); }
  std::string operator()(const std::vector<std::int64_t>& value) const { return join(value); }
};

// Nothing to see: an empty list or a count of nothing. (That nothing was written is worth a line.)
bool empty(const model::Value& value) {
  if (const auto* count = std::get_if<std::int64_t>(&value)) return *count == 0;
  if (const auto* list = std::get_if<std::vector<std::string>>(&value)) return list->empty();
  if (const auto* list = std::get_if<std::vector<std::int64_t>>(&value)) return list->empty();
  return false;
}

// The names of one finding's evidence, in a column of their own.
class Labels {
 public:
  explicit Labels(const model::Evidence& evidence) {
    for (const auto& item : evidence.items) width_ = std::max(width_, empty(item.value) ? 0 : item.name.size());
  }
  [[nodiscard]] std::string operator()(std::string_view name) const {
    std::string words(name);
    std::ranges::replace(words, '_', ' ');
    return fmt::format("   | {:<{}}  ", words, width_);
  }

 private:
  std::size_t width_ = least_label;
};

std::string place(const std::optional<model::Server>& server, const std::string& url) {
  if (!server) return url.empty() ? "the server of the environment" : url;
  return fmt::format("{} {} at {}{}", server->product, server->version, server->name,
                     server->in_recovery ? " (a replica, in recovery)" : "");
}

std::string subject_line(const model::Session& session, model::WallTime now) {
  std::string text = to_string(session.id);
  if (!session.client.empty()) text += fmt::format("  {}", session.client);
  if (session.state_changed_at) {
    const bool idle = session.idle_in_transaction() || session.state == model::SessionState::idle;
    text += fmt::format("  {} {}", idle ? "idle" : to_string(session.state),
                        model::to_human(now - *session.state_changed_at));
  }
  if (session.transaction) text += fmt::format("  open {}", model::to_human(now - session.transaction->started_at));
  return text;
}

// Entries that are sentences of their own get a line each; short ones share lines.
void add_evidence(Page& page, const model::EvidenceItem& item, const Labels& label) {
  if (empty(item.value)) return;
  const auto* list = std::get_if<std::vector<std::string>>(&item.value);
  const bool one_a_line =
      list != nullptr && std::ranges::any_of(*list, [](const auto& entry) { return entry.size() > short_entry; });
  if (!one_a_line) {
    page.paragraph(label(item.name), std::visit(ValueText{}, item.value), Paint::dim);
    return;
  }
  const auto shown = std::min(list->size(), most_listed);
  for (std::size_t index = 0; index < shown; ++index)
    page.paragraph(label(index > 0 ? "" : item.name), (*list)[index], Paint::dim);
  if (list->size() > shown) page.paragraph(label(""), fmt::format("and {} more", list->size() - shown), Paint::dim);
}

void add_subjects(Page& page, const model::Finding& finding, const Labels& label, const Options& options) {
  const auto shown = options.in_full ? finding.subjects.size() : std::min(finding.subjects.size(), most_subjects);
  for (std::size_t index = 0; index < shown; ++index) {
    page.line(page.paint(Paint::dim, label(index > 0                     ? ""
                                           : finding.subjects.size() > 1 ? "sessions"
                                                                         : "session")) +
              base::printable(subject_line(finding.subjects[index], finding.last_seen)));
  }
  if (finding.subjects.size() > shown)
    page.paragraph(label(""), fmt::format("and {} more (--json lists all)", finding.subjects.size() - shown));
}

// Whether no later line of the same depth comes before one that is less deep.
bool last_of_siblings(const std::vector<model::WaitTreeLine>& lines, std::size_t index) {
  for (std::size_t later = index + 1; later < lines.size() && lines[later].depth >= lines[index].depth; ++later) {
    if (lines[later].depth == lines[index].depth) return false;
  }
  return true;
}

std::string text_of(const model::WaitTreeLine& line) {
  std::string text =
      line.more > 0 ? fmt::format("… and {} more waiting in the same queues", line.more) : base::printable(line.who);
  if (!line.waits_for.empty()) text += base::printable(" waits for " + line.waits_for);
  if (line.waiting) text += fmt::format(", {}", model::to_human(*line.waiting));
  return text;
}

void add_wait_tree(Page& page, const std::vector<model::WaitTreeLine>& lines) {
  if (lines.empty()) return;
  page.line(page.paint(Paint::dim, "   |"));
  for (const DrawnWait& drawn : draw(lines)) {
    page.line(page.paint(Paint::dim, "   | ") + drawn.branch +
              (drawn.branch.empty() ? page.paint(Paint::bold, drawn.text) : drawn.text));
  }
}

std::string_view remedy_lead(model::Action action) {
  switch (action) {
    case model::Action::terminate: return "   = resolve:  ";
    case model::Action::cancel: return "   = cancel:   ";
    case model::Action::sql: return "   = by hand:  ";
    case model::Action::close_client: return "   = recorder: ";
  }
  return "   = resolve:  ";
}

void add_remedies(Page& page, const model::Finding& finding, const std::string& url, const Options& options) {
  for (const auto& remedy : finding.remedies) {
    page.command(remedy_lead(remedy.action),
                 remedy.statement.empty() ? kill_command(options, url, finding, remedy.action) : remedy.statement,
                 Paint::green);
    page.paragraph("               ", prediction(finding, remedy));
  }
}

void add_proof(Page& page, const model::Finding& finding, const Options& options) {
  page.line(page.paint(Paint::dim, "   |"));
  const Labels label(finding.evidence);
  for (const auto& item : finding.evidence.items) add_evidence(page, item, label);
  add_subjects(page, finding, label, options);
  add_wait_tree(page, finding.evidence.wait_tree);
  add_statements(page, finding.evidence.statements, options);
}

void add_conclusion(Page& page, const model::Finding& finding, const model::Diagnosis& diagnosis,
                    const Options& options) {
  page.line(page.paint(Paint::dim, "   |"));
  page.paragraph("   = what:     ", finding.explanation, Paint::cyan);
  page.paragraph("   = mistake:  ", finding.likely_mistake, Paint::cyan);
  page.paragraph("   = fix:      ", finding.fix, Paint::cyan);
  add_remedies(page, finding, diagnosis.url, options);
}

void add_finding(Page& page, const model::Finding& finding, const model::Diagnosis& diagnosis, const Options& options) {
  page.line(
      page.paint(paint_of(finding.severity), fmt::format("{}[{}]", to_string(finding.severity), finding.rule.value())) +
      page.paint(Paint::bold, ": " + base::printable(finding.title)));
  page.line(page.paint(Paint::dim, "  --> ") + base::printable(place(diagnosis.server, diagnosis.url)) +
            page.paint(Paint::dim, "  id ") + finding.id.value());
  if (options.conclusion_first) {
    add_conclusion(page, finding, diagnosis, options);
    add_proof(page, finding, options);
  } else {
    add_proof(page, finding, options);
    add_conclusion(page, finding, diagnosis, options);
  }
  page.line("");
}

std::string summary(const model::Diagnosis& diagnosis) {
  std::vector<std::string> parts;
  for (const auto severity : {model::Severity::critical, model::Severity::warning, model::Severity::notice}) {
    const auto count = std::ranges::count(diagnosis.findings, severity, &model::Finding::severity);
    // "critical" is no noun: it has no plural.
    if (count > 0)
      parts.push_back(severity == model::Severity::critical ? fmt::format("{} critical", count)
                                                            : plural(count, to_string(severity)));
  }
  const auto& counts = diagnosis.counts;
  const std::string seen = fmt::format("{}: {} ({} active, {} idle in transaction, {} waiting for a lock)",
                                       place(diagnosis.server, diagnosis.url), plural(counts.clients, "client session"),
                                       counts.active, counts.idle_in_transaction, counts.waiting);
  return parts.empty() ? seen : fmt::format("{}; {}", fmt::join(parts, ", "), seen);
}

void add_missing(Page& page, const model::Diagnosis& diagnosis) {
  for (const auto& gap : diagnosis.missing) {
    page.paragraph("not seen: ", fmt::format("{}: {}.", gap.what, gap.why), Paint::yellow);
    page.command("          see it with: ", gap.cure);
  }
}

void add_verdict(Page& page, const model::Diagnosis& diagnosis) {
  if (!diagnosis.findings.empty()) {
    page.paragraph("", summary(diagnosis));
  } else if (diagnosis.complete()) {
    page.line(page.paint(Paint::green, "healthy: ") + base::printable(summary(diagnosis)));
  } else if (!diagnosis.failure) {
    page.paragraph("unknown: ", "nothing found in what could be seen, which is not everything. " + summary(diagnosis),
                   Paint::yellow);
  }
}

bool harmless(const model::Target& target) {
  return target.result.outcome == model::ActionOutcome::would_act ||
         target.result.outcome == model::ActionOutcome::done;
}

// Only where the server counts what there is to undo, and undoes it row by row.
std::string undoing(const model::Transaction& transaction) {
  if (!transaction.rows_modified) return "";
  const model::Duration time = model::estimated_rollback(*transaction.rows_modified);
  return fmt::format(", {}{}", plural(*transaction.rows_modified, "row"),
                     time < std::chrono::seconds(1) ? "" : fmt::format(" in about {}", model::to_human(time)));
}

void add_target(Page& page, const model::Target& target, const model::ActionReport& report, bool in_full) {
  const auto& session = target.session;
  const std::string outcome(outcome_name(target.result.outcome, report.action == model::Action::cancel));
  page.line(page.paint(harmless(target) ? Paint::green : Paint::yellow, fmt::format("  {:<16}", outcome)) +
            base::printable(subject_line(session, report.observed_at)));
  if (!target.result.reason.empty()) page.paragraph("                  because ", target.result.reason);
  if (!in_full) return;
  if (session.statement) page.paragraph("                  doing   ", session.statement->text);
  std::vector<std::string> held;
  for (const auto& lock : session.locks) held.push_back(fmt::format("{} on {}", lock.mode, lock.target));
  page.paragraph("                  holding ", join(held));
  const bool wrote = session.transaction && session.transaction->wrote;
  const bool ends = harmless(target) && report.action == model::Action::terminate;
  page.paragraph("                  wrote   ",
                 fmt::format("{}{}", wrote ? "yes" : "no",
                             !ends   ? ""
                             : wrote ? ": it is rolled back" + undoing(*session.transaction)
                                     : ": nothing is lost"));
}

// Few targets are shown in full. Of many, what they have in common is the finding's evidence: a few of those that
// went as planned stand for all, and each that did not is named.
void add_targets(Page& page, const model::ActionReport& report, const Options& options) {
  const bool in_full = report.targets.size() <= most_subjects || !report.finding;
  if (!in_full) {
    const Labels label(report.finding->evidence);
    for (const auto& item : report.finding->evidence.items) add_evidence(page, item, label);
  }
  std::size_t shown = 0;
  std::size_t left_out = 0;
  for (const auto& target : report.targets) {
    if (harmless(target) && shown++ >= most_subjects && !options.in_full) {
      ++left_out;
    } else {
      add_target(page, target, report, in_full);
    }
  }
  if (left_out > 0) page.line(fmt::format("  and {} more alike (--json lists all)", left_out));
}

std::string pid_list(const std::vector<model::SessionId>& sessions) {
  std::vector<std::int64_t> pids;
  for (const auto& session : sessions) pids.push_back(session.pid);
  return join(pids);
}

void add_released(Page& page, const model::ActionReport& report) {
  if (report.dry_run) {
    page.paragraph("  would go on:    ", pid_list(report.predicted_freed));
    return;
  }
  if (!report.went_on.empty()) page.paragraph("  went on:        ", pid_list(report.went_on));
  if (!report.still_waiting.empty())
    page.paragraph("  still waiting:  ", pid_list(report.still_waiting), Paint::yellow);
}

void add_outcome(Page& page, const model::ActionReport& report, const Options& options) {
  if (!report.targets.empty()) add_released(page, report);
  const auto acted = std::ranges::count_if(report.targets, harmless);
  const std::string verb = report.action == model::Action::cancel ? "cancelled" : "terminated";
  const auto all = static_cast<std::int64_t>(report.targets.size());
  if (report.dry_run && all > 0) {
    page.line(
        page.paint(Paint::bold, fmt::format("dry run: {} of {} would be {}; nothing was done.{}", acted,
                                            plural(all, "session"), verb, acted > 0 ? " " + options.to_act : "")));
  } else if (all > 0) {
    page.line(page.paint(Paint::bold, fmt::format("{} of {} {}.", acted, plural(all, "session"), verb)));
  }
}

}  // namespace

std::vector<DrawnWait> draw(const std::vector<model::WaitTreeLine>& lines) {
  std::vector<DrawnWait> result;
  std::vector<std::string> bars;  // per depth: what lines below are drawn behind
  for (std::size_t index = 0; index < lines.size(); ++index) {
    const auto& line = lines[index];
    const bool root = line.depth == 0;
    const bool last = last_of_siblings(lines, index);
    bars.resize(static_cast<std::size_t>(std::max<std::int64_t>(line.depth - 1, 0)));
    std::string branch;
    for (const auto& bar : bars) branch += bar;
    bars.emplace_back(root ? "" : last ? "   " : "│  ");
    if (!root) branch += last ? "└─ " : "├─ ";
    result.push_back({std::move(branch), text_of(line)});
  }
  return result;
}

std::string to_text(const model::Finding& finding, const model::Diagnosis& diagnosis, const Options& options) {
  Page page(options);
  add_finding(page, finding, diagnosis, options);
  return page.text();
}

std::string to_text(const model::Evidence& evidence, const Options& options) {
  Page page(options);
  const Labels label(evidence);
  for (const auto& item : evidence.items) add_evidence(page, item, label);
  add_wait_tree(page, evidence.wait_tree);
  add_statements(page, evidence.statements, options);
  return page.text();
}

std::string to_text(const model::Rollback& rollback) {
  const std::string left =
      rollback.remaining ? fmt::format(", about {} left", model::to_human(*rollback.remaining)) : "";
  return fmt::format("session {} rolls back: {} of {} rows to undo, for {}{}", rollback.session.pid, rollback.rows_left,
                     rollback.rows_at_first, model::to_human(rollback.elapsed), left);
}

std::string to_text(const model::LookFailure& failure, const Options& options) {
  Page page(options);
  page.paragraph("error: ", failure.message, Paint::red);
  if (!failure.advice.empty()) page.paragraph("       ", failure.advice);
  return page.text();
}

std::string to_text(const model::Diagnosis& diagnosis, const Options& options) {
  Page page(options);
  for (const auto& finding : diagnosis.findings) add_finding(page, finding, diagnosis, options);
  add_missing(page, diagnosis);
  add_verdict(page, diagnosis);
  return page.text();
}

std::string to_text(const model::ActionReport& report, const Options& options) {
  Page page(options);
  if (report.finding) page.paragraph("", fmt::format("{}: {}", report.finding->id.value(), report.finding->title));
  if (options.conclusion_first) add_outcome(page, report, options);
  add_targets(page, report, options);
  if (!options.conclusion_first) add_outcome(page, report, options);
  if (!report.audit.empty()) page.line(fmt::format("audit: {}", base::printable(report.audit)));
  return page.text();
}

}  // namespace lockkeeper::report
