// Against PostgreSQL's own grammar: two texts that libpg_query calls equal must be equal here.
#include <map>
#include <set>

extern "C" {
#include <pg_query.h>
}

#include "sql/exceptions.hpp"
#include "sql/support.hpp"
#include "sql/variants.hpp"

namespace lockkeeper::sql::test {
namespace {

// Empty if PostgreSQL cannot read the text.
std::string oracle(const std::string& text) {
  const PgQueryFingerprintResult result = pg_query_fingerprint(text.c_str());
  const std::string found = result.error != nullptr ? "" : result.fingerprint_str;
  pg_query_free_fingerprint_result(result);
  return found;
}

struct Shapes {
  std::map<Fingerprint, std::string> texts;  // one text for each of our fingerprints
};

using Groups = std::map<std::string, Shapes>;  // by the oracle's fingerprint

void expect_agreement(const Groups& groups) {
  std::map<Fingerprint, std::set<Fingerprint>> excepted;
  for (const Exception& exception : exceptions) {
    const Fingerprint left = print_of(exception.left);
    const Fingerprint right = print_of(exception.right);
    excepted[left].insert(right);
    excepted[right].insert(left);
  }
  for (const auto& [name, shapes] : groups) {
    // Walk from one shape along the exceptions; whatever is not reached differs without a reason.
    std::set<Fingerprint> reached;
    std::vector<Fingerprint> open{shapes.texts.begin()->first};
    while (!open.empty()) {
      const Fingerprint next = open.back();
      open.pop_back();
      if (!reached.insert(next).second) continue;
      for (const Fingerprint other : excepted[next]) open.push_back(other);
    }
    for (const auto& [print, text] : shapes.texts) {
      EXPECT_TRUE(reached.contains(print)) << "libpg_query calls these equal:\n"
                                           << shapes.texts.begin()->second << "\n"
                                           << text;
    }
  }
}

TEST(Oracle, TheCorpusIsSqlAndLarge) {
  const std::vector<std::string> statements = corpus();
  EXPECT_GE(statements.size(), 400U);
  for (const std::string& text : statements) EXPECT_NE(oracle(text), "") << text;
}

TEST(Oracle, EqualTextsOfTheCorpusAreEqual) {
  Groups groups;
  for (const std::string& text : corpus()) groups[oracle(text)].texts.emplace(print_of(text), text);
  expect_agreement(groups);
}

// Each statement again with its literals, layout, letters and lists changed, as far as the oracle still agrees.
TEST(Oracle, EqualVariantsAreEqual) {
  Groups groups;
  std::size_t agreed = 0;
  std::size_t seed = 0;
  for (const std::string& text : corpus()) {
    const std::string expected = oracle(text);
    groups[expected].texts.emplace(print_of(text), text);
    for (const std::string& variant : variants(text, ++seed)) {
      const std::string found = oracle(variant);
      if (found.empty()) continue;  // NOTIFY takes no number, FETCH no negative list: not every variant is SQL
      groups[found].texts.emplace(print_of(variant), variant);
      if (found == expected) ++agreed;
    }
  }
  EXPECT_GE(agreed, 1'000U);
  expect_agreement(groups);
}

TEST(Oracle, EveryExceptionStillOccurs) {
  for (const Exception& exception : exceptions) {
    const std::string left = oracle(std::string(exception.left));
    EXPECT_NE(left, "") << exception.left;
    EXPECT_EQ(left, oracle(std::string(exception.right))) << exception.left << " / " << exception.right;
    EXPECT_NE(print_of(exception.left), print_of(exception.right))
        << exception.left << " / " << exception.right
        << "\nno longer differ; the reason was: " << reason(exception.category);
  }
}

}  // namespace
}  // namespace lockkeeper::sql::test
