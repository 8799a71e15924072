#include "report/statement_text.hpp"

#include <fmt/format.h>

#include <cstddef>

namespace lockkeeper::report {
namespace {

constexpr std::size_t most_statements = 10;  // of a transaction's first and of its last

std::string statement_text(const model::StatementLine& line) {
  if (line.dropped > 0)
    return fmt::format("… {}{} that were not kept", line.dropped_at_most ? "at most " : "",
                       plural(line.dropped, "statement"));
  std::string text;
  // A gap that nobody would notice is not worth a column.
  if (line.gap_before >= std::chrono::milliseconds(100))
    text += fmt::format("(after {} of nothing) ", model::to_human(line.gap_before));
  text += line.text;
  if (line.count > 1)
    text += fmt::format(" × {}{}", line.count, line.same_parameters ? ", always the same parameters" : "");
  if (line.running) return text + fmt::format(" [running for {}]", model::to_human(line.busy));
  text += fmt::format(" [{}, {} row{}", model::to_human(line.busy), line.rows, line.rows == 1 ? "" : "s");
  if (line.longest_gap >= std::chrono::milliseconds(100))
    text += fmt::format(", up to {} between", model::to_human(line.longest_gap));
  if (!line.error.empty()) text += fmt::format(", failed with {}", line.error);
  return text + "]";
}

}  // namespace

std::string plural(std::int64_t count, std::string_view word) {
  return fmt::format("{} {}{}", count, word, count == 1 ? "" : "s");
}

void add_statements(Page& page, const std::vector<model::StatementLine>& lines, const Options& options) {
  if (lines.empty()) return;
  page.line(page.paint(Paint::dim, "   |"));
  const bool all = options.in_full || lines.size() <= 2 * most_statements;
  const std::size_t left_out = all ? 0 : lines.size() - 2 * most_statements;
  for (std::size_t index = 0; index < lines.size(); ++index) {
    if (left_out > 0 && index == most_statements) {
      page.line(page.paint(Paint::dim, "   |   ") + fmt::format("… {} more lines (--json lists all)", left_out));
      index += left_out;
    }
    const auto& line = lines[index];
    const std::string at = line.started_at ? model::to_rfc3339(*line.started_at).substr(11, 12) : std::string(12, ' ');
    page.paragraph(fmt::format("   |   {}  ", at), statement_text(line), Paint::dim);
  }
}

}  // namespace lockkeeper::report
