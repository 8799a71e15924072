// docs/history.md against the tables that there are.
#include <gmock/gmock.h>

#include <fstream>
#include <map>
#include <regex>

#include <lockkeeper/sqlite.hpp>

#include "store/history_contract.hpp"
#include "store/schema.hpp"

namespace lockkeeper::testing {
namespace {

using Tables = std::map<std::string, std::map<std::string, std::string>>;  // table, column, type

// A heading "### name" of one word begins a table; "| `a`, `b` | TYPE |" are columns of it.
Tables documented() {
  std::ifstream page(LOCKKEEPER_SOURCE_DIR "/docs/history.md");
  const std::regex heading("### ([a-z_]+)");
  const std::regex row(R"(\| (`[^|]*) \| ([A-Z]+) \|.*)");
  const std::regex name("`([a-z_]+)`");
  Tables tables;
  std::string table;
  for (std::string line; std::getline(page, line);) {
    std::smatch parts;
    if (line.starts_with('#')) {
      table = std::regex_match(line, parts, heading) ? parts[1].str() : "";
    } else if (!table.empty() && std::regex_match(line, parts, row)) {
      const std::string names = parts[1];
      for (std::sregex_iterator next(names.begin(), names.end(), name); next != std::sregex_iterator(); ++next)
        tables[table][(*next)[1]] = parts[2];
    }
  }
  return tables;
}

Tables real() {
  const auto driver = make_sqlite_driver();
  const auto connection = driver->connect({.url = "sqlite::memory:"}, soon());
  store::migrate(*connection, store::schema_steps(), soon());
  const Rows rows = connection->execute(
      "SELECT t.name, c.name, c.type FROM sqlite_master t, pragma_table_info(t.name) c WHERE t.type = 'table'", soon());
  Tables tables;
  for (std::size_t row = 0; row < rows.size(); ++row)
    tables[std::string(*rows.cell(row, 0))][std::string(*rows.cell(row, 1))] = *rows.cell(row, 2);
  return tables;
}

TEST(HistoryPage, NamesTheTablesAndColumnsThatThereAre) { EXPECT_EQ(documented(), real()); }

TEST(HistoryPage, NamesVersionAndId) {
  std::ifstream page(LOCKKEEPER_SOURCE_DIR "/docs/history.md");
  const std::string text((std::istreambuf_iterator<char>(page)), std::istreambuf_iterator<char>());
  EXPECT_THAT(text, ::testing::HasSubstr("is " + std::to_string(store::application_id)));
  EXPECT_THAT(text, ::testing::HasSubstr("the version of the schema, " + std::to_string(store::schema_steps().size())));
}

// Every question goes along an index: a store of a month is as quick as one of an hour.
TEST(HistoryPlans, NoTableIsReadInFull) {
  const auto driver = make_sqlite_driver();
  const auto connection = driver->connect({.url = "sqlite::memory:"}, soon());
  store::migrate(*connection, store::schema_steps(), soon());
  for (const char* sql :
       {"SELECT * FROM connection_second WHERE server = 'a' AND at >= 1 AND at < 2",
        "DELETE FROM connection_minute WHERE server = 'a' AND at < 1",
        "SELECT min(at) FROM connection_minute WHERE server = 'a'",
        "SELECT * FROM finding WHERE coalesce(ended_at, last_seen) >= 1 AND first_seen < 2 AND (NULL IS NULL OR server "
        "= NULL) "
        "ORDER BY first_seen DESC, number DESC LIMIT 5",
        "SELECT number FROM finding WHERE server = 'a' AND id = 'b' ORDER BY first_seen DESC LIMIT 1",
        "UPDATE finding SET ended_at = last_seen WHERE ended_at IS NULL AND last_seen < 1",
        "SELECT min(coalesce(ended_at, last_seen)) FROM finding",
        "SELECT * FROM action WHERE at >= 1 AND at < 2 AND ('a' IS NULL OR server = 'a') ORDER BY at DESC, number DESC "
        "LIMIT 5",
        "DELETE FROM kept_transaction WHERE ended_at < 1",
        "SELECT * FROM kept_transaction WHERE ended_at >= 1 AND started_at < 2",
        "SELECT * FROM shape WHERE server = 'a' ORDER BY key LIMIT 5", "DELETE FROM shape WHERE updated_at < 1"}) {
    const Rows plan = connection->execute(std::string("EXPLAIN QUERY PLAN ") + sql, soon());
    for (std::size_t row = 0; row < plan.size(); ++row) {
      const std::string step(plan.cell(row, 3).value_or(""));
      EXPECT_TRUE(!step.starts_with("SCAN") || step.contains("INDEX")) << sql << "\n" << step;
    }
  }
}

}  // namespace
}  // namespace lockkeeper::testing
