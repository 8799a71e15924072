#include <fmt/format.h>

#include "base/utf8.hpp"
#include "report/leak_gate.hpp"
#include "report/leak_gate_words.hpp"
#include "report/page.hpp"
#include "report/statement_text.hpp"

namespace lockkeeper::report {
namespace {

// As an attribute's value and as text alike. base::printable leaves no character that XML 1.0 forbids.
std::string escaped(std::string_view text) {
  std::string result;
  for (const char character : text) {
    switch (character) {
      case '&': result += "&amp;"; break;
      case '<': result += "&lt;"; break;
      case '>': result += "&gt;"; break;
      case '"': result += "&quot;"; break;
      default: result += character;
    }
  }
  return result;
}

std::string attribute(std::string_view text) { return escaped(base::printable(text)); }

std::string body_of(const model::Leak& leak) {
  const Options options;
  Page page(options);
  page.paragraph("", explanation_of(leak));
  add_statements(page, leak.ran, options);
  page.paragraph("fix: ", fix_of(leak.key.kind));
  return escaped(page.text());
}

std::string test_case(const model::Leak& leak) {
  std::string text = fmt::format("  <testcase classname=\"lockkeeper.{}\" name=\"{}\">\n", to_string(leak.key.kind),
                                 attribute(leak.key.test));
  if (leak.known) {
    text += "    <skipped message=\"known to the baseline\"/>\n";
  } else {
    text += fmt::format("    <failure type=\"{}\" message=\"{}\">{}</failure>\n", to_string(leak.key.kind),
                        attribute(title_of(leak)), body_of(leak));
  }
  return text + "  </testcase>\n";
}

}  // namespace

std::string to_junit(const model::GateReport& report) {
  const auto known = static_cast<std::int64_t>(report.leaks.size()) - report.fresh();
  // A suite without a case looks as if nothing had been tried.
  const bool is_clean = report.leaks.empty();
  std::string text = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<testsuite name=\"lockkeeper\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\">\n",
      is_clean ? 1 : report.leaks.size(), report.fresh(), known);
  if (is_clean) text += "  <testcase classname=\"lockkeeper\" name=\"nothing is left open\"/>\n";
  for (const model::Leak& leak : report.leaks) text += test_case(leak);
  text += fmt::format("  <system-out>{}</system-out>\n", escaped(base::printable(summary_of(report))));
  return text + "</testsuite>\n";
}

}  // namespace lockkeeper::report
