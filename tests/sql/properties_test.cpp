// Properties over generated token sequences: what must not change the fingerprint, and what must.
#include <gtest/gtest.h>
#include <rapidcheck.h>
// Needs gtest's macros, and must come after it.
#include <rapidcheck/gtest.h>

#include "sql/support.hpp"

namespace lockkeeper::sql::test {
namespace {

// One part of a statement; how it is written is chosen later, its shape is not.
struct Part {
  enum class Kind { word, name, literal, list, rows, operator_, comma, call } kind;
  std::string text;  // the keyword, name or operator
};

void showValue(const Part& part, std::ostream& out) { out << static_cast<int>(part.kind) << ":" << part.text; }

rc::Gen<std::string> spaces() {
  return rc::gen::element<std::string>(" ", "\n", "\t", "  ", " /* x 'y */ ", "\r\n", " /**/ ");
}

rc::Gen<std::string> literals() {
  return rc::gen::element<std::string>("1", "-5", "'x'", "'it''s'", "2.5e3", "0x1f", "NULL", "true", "$1", "?", "''",
                                       "'a' 'b'", ".5", "X'1f'");
}

rc::Gen<Part> parts() {
  using enum Part::Kind;
  const auto of = [](Part::Kind kind, rc::Gen<std::string> texts) {
    return rc::gen::map(std::move(texts), [kind](std::string text) { return Part{kind, std::move(text)}; });
  };
  return rc::gen::oneOf(
      of(word, rc::gen::element<std::string>("select", "from", "where", "order by", "group by", "and", "or", "limit")),
      of(name, rc::gen::element<std::string>("alpha", "beta", "t1", "utf8", "c_2", "s.x", "a_rather_long_column_name")),
      of(literal, rc::gen::just(std::string())), of(list, rc::gen::just(std::string())),
      of(rows, rc::gen::just(std::string())), of(operator_, rc::gen::element<std::string>("=", "<>", "<=", "||")),
      of(comma, rc::gen::just(std::string(","))), of(call, rc::gen::element<std::string>("f", "lower", "count")));
}

std::string list_text() {
  std::string text = "(" + *literals();
  for (int more = *rc::gen::inRange(0, 5); more > 0; --more) text += *spaces() + "," + *spaces() + *literals();
  return text + ")";
}

std::string any_case(std::string text) {
  for (char& c : text) {
    if (*rc::gen::arbitrary<bool>()) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return text;
}

std::string written(const Part& part) {
  using enum Part::Kind;
  switch (part.kind) {
    case word: return any_case(part.text);
    case name:
    case operator_:
    case comma: return part.text;
    case literal: return *literals();
    case list: return "in " + list_text();
    case call: return part.text + list_text();
    case rows: break;
  }
  std::string text = any_case("values") + " " + list_text();
  for (int more = *rc::gen::inRange(0, 4); more > 0; --more) text += "," + *spaces() + list_text();
  return text;
}

// A clause word after every part: two literals side by side are one, a sign after a name subtracts, and a
// list of rows ends where the next clause begins.
std::vector<Part> separated(const std::vector<Part>& some) {
  std::vector<Part> result;
  for (const Part& part : some) {
    result.push_back(part);
    result.push_back({Part::Kind::word, "from"});
  }
  return result;
}

std::string written(const std::vector<Part>& all) {
  std::string text;
  for (const Part& part : all) text += written(part) + *spaces();
  return text + *rc::gen::element<std::string>("", ";", " ; ;", "-- end", "\n");
}

RC_GTEST_PROP(Properties, TheWayOfWritingDoesNotMatter, ()) {
  const std::vector<Part> all = separated(*rc::gen::container<std::vector<Part>>(parts()));
  for (const Options& options : {postgres, mysql}) {
    const std::string left = written(all);
    const std::string right = written(all);
    RC_LOG() << left << "\n" << right << "\n";
    RC_ASSERT(analyze(left, options).fingerprint == analyze(right, options).fingerprint);
  }
}

RC_GTEST_PROP(Properties, AnotherNameIsAnotherShape, ()) {
  std::vector<Part> all = separated(*rc::gen::nonEmpty(rc::gen::container<std::vector<Part>>(parts())));
  const auto at = *rc::gen::inRange<std::size_t>(0, all.size());
  RC_PRE(all[at].kind == Part::Kind::name || all[at].kind == Part::Kind::call);
  const std::string before = written(all);
  all[at].text += "_else";
  RC_ASSERT(analyze(before, postgres).fingerprint != analyze(written(all), postgres).fingerprint);
}

RC_GTEST_PROP(Properties, AnalyzeAndFingerprintAgree, (const std::string& bytes)) {
  std::string scratch;
  for (const Options& options : {postgres, mysql, mysql_ansi, mysql_plain_backslash}) {
    const std::string text = bytes + written(*rc::gen::container<std::vector<Part>>(parts()));
    RC_ASSERT(fingerprint(text, options, scratch) == analyze(text, options).fingerprint);
  }
}

RC_GTEST_PROP(Properties, NormalizedReadsBack, ()) {
  const std::string text = written(*rc::gen::container<std::vector<Part>>(parts()));
  for (const Options& options : {postgres, mysql}) {
    const Statement once = analyze(text, options);
    const Statement twice = analyze(once.normalized, options);
    RC_LOG() << text << "\n" << once.normalized << "\n" << twice.normalized << "\n";
    RC_ASSERT(once.fingerprint == twice.fingerprint);
    RC_ASSERT(once.normalized == twice.normalized);
  }
}

// Wherever a text is cut: nothing crashes, a cut literal is marked, and no byte of it shows.
RC_GTEST_PROP(Properties, EveryPrefixIsSafe, ()) {
  const std::string before = written(*rc::gen::container<std::vector<Part>>(parts())) + "\n AND a = ";
  using Quotes = std::pair<std::string, std::string>;
  const Quotes quotes = *rc::gen::element(Quotes("'", "'"), Quotes("E'\\'", "'"), Quotes("$$", "$$"),
                                          Quotes("$q$'", "$q$"), Quotes("U&'", "'"));
  const std::string text = before + quotes.first + "zzzzzz" + quotes.second + " OR b = 1";
  const std::size_t inside = before.size() + quotes.first.size();
  for (std::size_t size = 0; size <= text.size(); ++size) {
    const Statement statement = analyze(std::string_view(text).substr(0, size), postgres);
    RC_ASSERT(statement.normalized.find('z') == std::string::npos);
    if (size >= inside && size < inside + 6 + quotes.second.size()) RC_ASSERT(statement.truncated);
  }
}

}  // namespace
}  // namespace lockkeeper::sql::test
