#include "track/statement.hpp"

#include <memory>
#include <utility>

namespace lockkeeper::track {

model::StatementPtr to_model(sql::Statement&& statement, sql::StatementKind kind) {
  return std::make_shared<const model::Statement>(model::Statement{.fingerprint = statement.fingerprint,
                                                                   .kind = kind,
                                                                   .text = std::move(statement.normalized),
                                                                   .truncated = statement.truncated,
                                                                   .server_id = std::nullopt});
}

model::StatementPtr with_literals(const model::Statement& statement, std::string_view sql) {
  auto written = std::make_shared<model::Statement>(statement);
  written->text = sql.substr(0, most_literal);
  written->truncated = statement.truncated || sql.size() > most_literal;
  return written;
}

}  // namespace lockkeeper::track
