#include "track/postgres/traits_set_config.hpp"

#include <optional>
#include <utility>

#include "sql/lexer.hpp"
#include "sql/names.hpp"

namespace lockkeeper::track::postgres {
namespace {

using sql::Token;
using sql::TokenKind;

std::string folded(std::string_view text) {
  std::string result(text);
  sql::lower(result.data(), result.size());
  return result;
}

class CallReader {
 public:
  CallReader(std::string_view text, sql::Backslashes backslashes)
      : buffer_(std::string(text).append(sql::padding, sql::padding_byte)),
        lexer_({buffer_.data(), text.size()}, {.backslashes = backslashes}, nullptr) {}

  ConfigCalls run() {
    bool named = false;
    for (Token token = next(); token.kind != TokenKind::end; token = next()) {
      if (named && token.kind == TokenKind::open) call();
      named = is_set_config(token);
    }
    return std::move(calls_);
  }

 private:
  using Argument = std::vector<Token>;

  Token next() {
    Token token;
    do {
      static_cast<void>(lexer_.look());
      token = lexer_.next(place_);
    } while (token.kind == TokenKind::skipped);
    const TokenKind kind = token.kind;
    place_ = {.operand = kind == TokenKind::word || kind == TokenKind::name || kind == TokenKind::plain_name ||
                         kind == TokenKind::number || kind == TokenKind::string || kind == TokenKind::close,
              .dot = kind == TokenKind::dot};
    return token;
  }

  static bool is_set_config(const Token& token) {
    if (token.kind == TokenKind::plain_name) return token.text() == "\"set_config\"";
    return token.kind == TokenKind::word && folded(token.text()) == "set_config";
  }

  // Behind its open parenthesis.
  void call() {
    std::vector<Argument> arguments(1);
    bool nested = false;
    for (std::size_t depth = 1;;) {
      const Token token = next();
      if (token.kind == TokenKind::end) break;
      nested = nested || is_set_config(token);
      if (token.kind == TokenKind::open) ++depth;
      if (token.kind == TokenKind::close && --depth == 0) break;
      if (token.kind == TokenKind::comma && depth == 1) {
        arguments.emplace_back();
      } else {
        arguments.back().push_back(token);
      }
    }
    note(arguments, nested);
  }

  void note(const std::vector<Argument>& arguments, bool nested) {
    const std::optional<bool> local = arguments.size() == 3 ? truth(arguments[2]) : std::nullopt;
    if (nested || !local) {
      calls_.unknown = true;
    } else if (!*local) {
      auto name = literal(arguments[0]);
      if (name) calls_.session.push_back(std::move(*name));
      calls_.unknown = calls_.unknown || !name;
    } else if (auto name = literal(arguments[0])) {
      calls_.local.push_back(std::move(*name));
    }
  }

  // 'a.b', or with its type: 'a.b'::text
  static std::optional<std::string> literal(const Argument& argument) {
    const bool cast = argument.size() == 3 && argument[1].kind == TokenKind::cast;
    if ((argument.size() != 1 && !cast) || argument[0].kind != TokenKind::string) return std::nullopt;
    const std::string_view text = argument[0].text();
    const bool plain = text.size() > 2 && text.front() == '\'' && text.back() == '\'';
    if (!plain) return std::nullopt;
    const std::string_view inside = text.substr(1, text.size() - 2);
    if (inside.find_first_of("'\\") != std::string_view::npos) return std::nullopt;
    return folded(inside);
  }

  static std::optional<bool> truth(const Argument& argument) {
    std::optional<std::string> word = literal(argument);
    if (argument.size() == 1 && argument[0].kind == TokenKind::word) word = folded(argument[0].text());
    if (word == "true" || word == "t") return true;
    if (word == "false" || word == "f") return false;
    return std::nullopt;
  }

  std::string buffer_;
  sql::Lexer lexer_;
  sql::Place place_;
  ConfigCalls calls_;
};

}  // namespace

ConfigCalls config_calls(std::string_view sql, sql::Backslashes backslashes) {
  return CallReader(sql, backslashes).run();
}

}  // namespace lockkeeper::track::postgres
