// How much SQL text one core fingerprints: the proxy pays this for every statement. Target: 300 MB/s.
// Run it on a quiet machine, interleaved with what it is compared with.
#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "sql/fingerprint.hpp"

namespace {

namespace sql = lockkeeper::sql;

constexpr std::size_t wanted_bytes = 4U << 20U;

// The corpus of the tests, over and over: each statement is a text of its own, as on the wire.
std::vector<std::string> statements() {
  std::ifstream file(LOCKKEEPER_SOURCE_DIR "/tests/sql/corpus/postgres.sql");
  std::vector<std::string> corpus;
  std::string statement;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty()) {
      statement += statement.empty() ? line : "\n" + line;
    } else if (!statement.empty()) {
      corpus.push_back(std::move(statement));
      statement.clear();
    }
  }
  std::vector<std::string> all;
  for (std::size_t bytes = 0, at = 0; !corpus.empty() && bytes < wanted_bytes; ++at) {
    all.push_back(corpus[at % corpus.size()]);
    bytes += all.back().size();
  }
  return all;
}

template <class Run>
void measure(benchmark::State& state, Run run) {
  const std::vector<std::string> texts = statements();
  if (texts.empty()) return state.SkipWithError("the corpus is missing");
  std::size_t bytes = 0;
  for (const std::string& text : texts) bytes += text.size();
  for (auto step : state) {
    static_cast<void>(step);
    for (const std::string& text : texts) benchmark::DoNotOptimize(run(text));
  }
  const auto rounds = static_cast<std::int64_t>(state.iterations());
  state.SetBytesProcessed(rounds * static_cast<std::int64_t>(bytes));
  state.SetItemsProcessed(rounds * static_cast<std::int64_t>(texts.size()));
}

void fingerprint_postgres(benchmark::State& state) {
  std::string scratch;
  measure(state, [&](std::string_view text) { return sql::fingerprint(text, {}, scratch).value; });
}
BENCHMARK(fingerprint_postgres);

void fingerprint_mysql(benchmark::State& state) {
  std::string scratch;
  const sql::Options options{.dialect = sql::Dialect::mysql};
  measure(state, [&](std::string_view text) { return sql::fingerprint(text, options, scratch).value; });
}
BENCHMARK(fingerprint_mysql);

// One statement of an ORM's usual length over and over: what a busy application mostly sends.
void fingerprint_one_statement(benchmark::State& state) {
  const std::string_view text =
      "SELECT product.id, product.name, product.price_cents, product.created_at FROM instagram_product product JOIN "
      "origin_shop shop ON shop.id = product.shop_id WHERE product.origin_id = 12345 AND shop.country = 'NO' ORDER BY "
      "product.created_at DESC LIMIT 10";
  std::string scratch;
  for (auto step : state) {
    static_cast<void>(step);
    benchmark::DoNotOptimize(sql::fingerprint(text, {}, scratch).value);
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(text.size()));
}
BENCHMARK(fingerprint_one_statement);

// What the doctor pays, once a row of pg_stat_activity.
void analyze_postgres(benchmark::State& state) {
  measure(state, [](std::string_view text) { return sql::analyze(text, {}).fingerprint.value; });
}
BENCHMARK(analyze_postgres);

// Long IN lists: folding must not cost more than reading.
void fingerprint_long_list(benchmark::State& state) {
  std::string text = "SELECT * FROM orders WHERE id IN (0";
  for (int id = 1; id < 100'000; ++id) text += ", " + std::to_string(id);
  text += ")";
  std::string scratch;
  for (auto step : state) {
    static_cast<void>(step);
    benchmark::DoNotOptimize(sql::fingerprint(text, {}, scratch).value);
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(text.size()));
}
BENCHMARK(fingerprint_long_list);

}  // namespace

BENCHMARK_MAIN();
