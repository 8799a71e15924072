#include "track/mysql/statement_cache.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "sql/characters.hpp"
#include "sql/lexer.hpp"
#include "track/statement.hpp"

namespace lockkeeper::track::mysql {
namespace {

using sql::StatementKind;
using sql::Token;
using sql::TokenKind;

bool is_word(std::string_view text, std::string_view word) noexcept {
  return std::ranges::equal(text, word, [](char one, char other) { return (one | 0x20) == other; });
}

// The first two words of a statement decide how it is to be read.
struct Piece {
  std::string_view text;
  std::string_view first;
  std::string_view second;

  [[nodiscard]] bool ends_body() const noexcept { return is_word(first, "end"); }
  // MariaDB's block outside a routine. What it does, its first word does not say.
  [[nodiscard]] bool block() const noexcept { return is_word(first, "begin") && is_word(second, "not"); }
};

class Cutter {
 public:
  Cutter(std::string_view sql, const sql::Options& options)
      : sql_(sql),
        buffer_(std::string(sql).append(sql::padding, sql::padding_byte)),
        lexer_({buffer_.data(), sql.size()}, options, nullptr) {}

  std::vector<Piece> run() {
    for (;;) {
      static_cast<void>(lexer_.look());
      const Token token = lexer_.next(place_);
      if (token.kind == TokenKind::end) break;
      if (token.kind == TokenKind::semicolon) {
        end(token.begin);
      } else if (token.kind != TokenKind::skipped) {
        take(token);
      }
    }
    end(buffer_.data() + sql_.size());
    return std::move(pieces_);
  }

 private:
  void take(const Token& token) {
    if (begin_ == nullptr) begin_ = token.begin;
    if (++tokens_ == 1) current_.first = token.text();
    if (tokens_ == 2) current_.second = token.text();
    place_ = {.dot = token.kind == TokenKind::dot};
  }

  void end(const char* at) {
    if (begin_ != nullptr) {
      current_.text =
          sql_.substr(static_cast<std::size_t>(begin_ - buffer_.data()), static_cast<std::size_t>(at - begin_));
      current_.first = in_source(current_.first);
      current_.second = in_source(current_.second);
      pieces_.push_back(current_);
    }
    current_ = {};
    begin_ = nullptr;
    tokens_ = 0;
    place_ = {};
  }

  [[nodiscard]] std::string_view in_source(std::string_view text) const noexcept {
    return text.empty() ? text : sql_.substr(static_cast<std::size_t>(text.data() - buffer_.data()), text.size());
  }

  std::string_view sql_;
  std::string buffer_;
  sql::Lexer lexer_;
  sql::Place place_;
  std::vector<Piece> pieces_;
  Piece current_;
  const char* begin_ = nullptr;
  std::size_t tokens_ = 0;
};

bool has_body(const std::vector<Piece>& pieces) noexcept { return std::ranges::any_of(pieces, &Piece::ends_body); }

// What has a body does what its first statement says, if that makes a routine; else nobody knows.
StatementKind kind_with_body(const Piece& first, const sql::Options& options) {
  const bool definition = !first.block() && sql::analyze(first.text, options).kind == StatementKind::ddl;
  return definition ? StatementKind::ddl : StatementKind::call;
}

Seen learn(std::string_view sql, const sql::Options& options) {
  sql::Statement whole = sql::analyze(sql, options);
  StatementKind kind = whole.kind;
  const std::vector<Piece> pieces = Cutter(sql, options).run();
  const bool body = has_body(pieces) || (!pieces.empty() && pieces.front().block());
  if (body) kind = kind_with_body(pieces.front(), options);
  Seen seen{.statement = to_model(std::move(whole), kind)};
  seen.uses = !body && std::ranges::any_of(pieces, [](const Piece& each) { return is_word(each.first, "use"); });
  if (body || pieces.size() < 2 || pieces.size() > StatementCache::most_parts || seen.statement->truncated) return seen;
  auto parts = std::make_shared<Parts>();
  for (const Piece& piece : pieces) {
    sql::Statement one = sql::analyze(piece.text, options);
    const StatementKind its_kind = one.kind;
    parts->push_back({to_model(std::move(one), its_kind), is_word(piece.first, "call")});
  }
  seen.parts = std::move(parts);
  return seen;
}

}  // namespace

std::vector<std::string_view> statements_in(std::string_view sql, const sql::Options& options) {
  const std::vector<Piece> pieces = Cutter(sql, options).run();
  if (has_body(pieces)) return {sql};
  std::vector<std::string_view> texts;
  for (const Piece& piece : pieces) texts.push_back(piece.text);
  return texts;
}

StatementCache::StatementCache() : shapes_(learn) {}

}  // namespace lockkeeper::track::mysql
