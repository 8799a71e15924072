#include <fstream>
#include <utility>

#include "sql/support.hpp"

namespace lockkeeper::sql::test {

std::vector<std::string> corpus() {
  std::ifstream file(LOCKKEEPER_SOURCE_DIR "/tests/sql/corpus/postgres.sql");
  std::vector<std::string> statements;
  std::string statement;
  const auto end_statement = [&] {
    if (!statement.empty()) statements.push_back(std::move(statement));
    statement.clear();
  };
  for (std::string line; std::getline(file, line);) {
    if (line.empty()) {
      end_statement();
    } else {
      statement += statement.empty() ? line : "\n" + line;
    }
  }
  end_statement();
  return statements;
}

}  // namespace lockkeeper::sql::test
