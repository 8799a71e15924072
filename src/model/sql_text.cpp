#include "model/sql_text.hpp"

#include "sql/keywords.hpp"

namespace lockkeeper::model {
namespace {

std::string quoted(std::string_view text, char quote) {
  std::string result(1, quote);
  for (const char character : text) result.append(character == quote ? 2 : 1, character);
  return result + quote;
}

bool plain(std::string_view name) {
  if (name.empty() || (name.front() >= '0' && name.front() <= '9')) return false;
  if (name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") != std::string_view::npos) return false;
  if (name.size() > sql::longest_keyword) return true;
  std::string padded(name);
  padded.resize(sql::longest_keyword);  // so many bytes are read in any case
  return !sql::find_word(sql::word_key(padded.data(), name.size())).reserved(sql::Dialect::postgres);
}

}  // namespace

std::string sql_identifier(std::string_view name) { return plain(name) ? std::string(name) : quoted(name, '"'); }

std::string sql_literal(std::string_view text) { return quoted(text, '\''); }

}  // namespace lockkeeper::model
