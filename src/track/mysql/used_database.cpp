#include "track/mysql/used_database.hpp"

#include "sql/lexer.hpp"
#include "track/mysql/statement_cache.hpp"

namespace lockkeeper::track::mysql {
namespace {

using sql::Token;
using sql::TokenKind;

bool is_use(std::string_view word) noexcept {
  return word.size() == 3 && (word[0] | 0x20) == 'u' && (word[1] | 0x20) == 's' && (word[2] | 0x20) == 'e';
}

// In backticks, or in double quotes with ANSI_QUOTES, which MySQL does not tell of: a USE that succeeds had a name.
std::string name_of(std::string_view written) {
  const char quote = written.front();
  if (quote != '`' && quote != '"') return std::string(written);
  if (written.size() < 2 || written.back() != quote) return {};
  written = written.substr(1, written.size() - 2);
  std::string name;
  for (std::size_t at = 0; at < written.size(); ++at) {
    if (written[at] == quote) ++at;  // Doubled.
    if (at < written.size()) name += written[at];
  }
  return name;
}

std::string used_by(std::string_view statement, const sql::Options& options) {
  const std::string buffer = std::string(statement).append(sql::padding, sql::padding_byte);
  sql::Lexer lexer({buffer.data(), statement.size()}, options, nullptr);
  std::string name;
  for (int words = 0;;) {
    static_cast<void>(lexer.look());
    const Token token = lexer.next({});
    if (token.kind == TokenKind::end) return name;
    if (token.kind == TokenKind::skipped) continue;
    ++words;
    if (words == 1 && !is_use(token.text())) return {};
    if (words == 2) name = name_of(token.text());
    if (words == 3) return {};
  }
}

}  // namespace

UsedDatabases databases_used_in(std::string_view sql, const sql::Options& options) {
  UsedDatabases databases;
  for (const std::string_view statement : statements_in(sql, options)) databases.push_back(used_by(statement, options));
  return databases;
}

}  // namespace lockkeeper::track::mysql
