#include "report/leak_gate_words.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "report/statement_text.hpp"

namespace lockkeeper::report {
namespace {

std::string culprit(const model::Leak& leak) {
  if (leak.is_test) return fmt::format("test \"{}\"", leak.key.test);
  return leak.key.test.empty() ? "somebody without a name" : fmt::format("\"{}\" (no test)", leak.key.test);
}

std::string times(std::int64_t count) { return count == 1 ? "" : fmt::format(" {} times", count); }

std::string how_it_stayed_open(const model::Leak& leak) {
  std::string text =
      leak.next_test.empty()
          ? "The transaction was open when its client left; the server rolled it back then."
          : fmt::format("The transaction was still open when the next test, \"{}\", began.", leak.next_test);
  if (!leak.next_test.empty() && leak.abandoned) text += " It ended only because its client left.";
  return text +
         " Until then it held its connection and its locks: whatever runs after it may hang, or not, by the order of "
         "the tests.";
}

std::string what_happened(const model::Leak& leak) {
  switch (leak.key.kind) {
    case model::LeakKind::left_open: return how_it_stayed_open(leak);
    case model::LeakKind::foreign_commit:
      return "COMMIT came with no transaction open: somebody else had ended it, or nobody had begun one. What was "
             "meant to be "
             "one unit was not.";
    case model::LeakKind::foreign_rollback:
      return "ROLLBACK came with no transaction open: what it was to undo had been committed, statement by statement "
             "or by "
             "somebody else.";
    case model::LeakKind::begin_inside_transaction:
      return "BEGIN came while a transaction was open: the one before was left open on this connection, and its work "
             "goes "
             "into this one.";
  }
  return "";
}

}  // namespace

std::string title_of(const model::Leak& leak) {
  std::string who = culprit(leak);
  switch (leak.key.kind) {
    case model::LeakKind::left_open:
      return leak.count == 1 ? fmt::format("{} left a transaction open", who)
                             : fmt::format("{} left {} transactions open", who, leak.count);
    case model::LeakKind::foreign_commit:
      return fmt::format("{} committed what was not open{}", who, times(leak.count));
    case model::LeakKind::foreign_rollback:
      return fmt::format("{} rolled back what was not open{}", who, times(leak.count));
    case model::LeakKind::begin_inside_transaction:
      return fmt::format("{} began a transaction inside another{}", who, times(leak.count));
  }
  return who;
}

std::string explanation_of(const model::Leak& leak) {
  std::string text = what_happened(leak);
  if (!leak.others.empty())
    text += fmt::format(" These ran at the same time, and it may be theirs: \"{}\".", fmt::join(leak.others, "\", \""));
  return text;
}

std::string_view fix_of(model::LeakKind kind) noexcept {
  switch (kind) {
    case model::LeakKind::left_open:
      return "End it on every path, the failing ones too: a scope that rolls back (with, try/finally, a managed "
             "transaction), in the code that the test calls or in its clean-up.";
    case model::LeakKind::foreign_commit:
    case model::LeakKind::foreign_rollback:
      return "Who begins a transaction ends it, and nobody else: hand the transaction down, not the right to end it.";
    case model::LeakKind::begin_inside_transaction:
      return "Find who had begun the one before on this connection and gave it back open.";
  }
  return "";
}

std::string summary_of(const model::GateReport& report) {
  std::string text = report.tests > 0 ? plural(report.tests, "test") + ", " : "";
  return text +
         fmt::format("{} by {}", plural(report.transactions, "transaction"), plural(report.clients, "connection"));
}

std::string pool_of(const model::GateReport& report) {
  if (report.most_held == 0) return "";
  const std::string who = report.most_held_by.empty() ? "" : fmt::format(" (\"{}\")", report.most_held_by);
  std::string text = fmt::format("at most {} open at once in one test{}, {} with one open at the same time",
                                 plural(report.most_held, "transaction"), who, plural(report.units_at_once, "test"));
  return text + fmt::format("; the smallest pool in which they cannot wait for one another: {}", report.smallest_pool);
}

}  // namespace lockkeeper::report
