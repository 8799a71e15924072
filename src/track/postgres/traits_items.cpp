#include "track/postgres/traits_items.hpp"

#include <utility>

#include "sql/kind_tracker.hpp"
#include "sql/lexer.hpp"
#include "sql/names.hpp"

namespace lockkeeper::track::postgres {
namespace {

using sql::Dialect;
using sql::KnownWord;
using sql::Token;
using sql::TokenKind;

std::string padded(std::string_view text) {
  std::string buffer(text);
  return buffer.append(sql::padding, sql::padding_byte);
}

std::string unquoted(std::string_view text) {
  std::string result;
  for (std::size_t at = 1; at < text.size(); ++at) {
    const bool last = at + 1 == text.size();
    if (text[at] == '"' && (last || text[++at] != '"')) break;
    result += text[at];
  }
  return result;
}

class Cutter {
 public:
  explicit Cutter(std::string_view text)
      : buffer_(padded(text)), lexer_({buffer_.data(), text.size()}, sql::Options{}, nullptr) {}

  std::vector<ItemList> run() {
    for (;;) {
      static_cast<void>(lexer_.look());
      const Token token = lexer_.next(place_);
      if (token.kind == TokenKind::end) break;
      if (token.kind != TokenKind::skipped) take(token);
    }
    end_statement();
    return std::move(statements_);
  }

 private:
  void take(const Token& token) {
    if (token.kind == TokenKind::semicolon && depth_ == 0) return semicolon();
    KnownWord known;
    Item item = read(token, known);
    if (item.is("end") && body_ && current_.items.empty()) {
      body_ = false;
      current_.inner = true;
    }
    if (item.is("atomic") && !current_.items.empty() && current_.items.back().is("begin")) body_begins_ = true;
    follow(token, known);
    current_.items.push_back(std::move(item));
    // What the body's first statement is said to begin with is what follows ATOMIC.
    if (std::exchange(body_begins_, false) && outer_kind_is_definition()) begin_body();
  }

  Item read(const Token& token, KnownWord& known) const {
    switch (token.kind) {
      case TokenKind::word: return word(token.text(), known);
      case TokenKind::plain_name:
      case TokenKind::name: return name(token, known);
      case TokenKind::number:
      case TokenKind::string:
      case TokenKind::unicode_string:
      case TokenKind::parameter: return {Item::Kind::literal, false, {}};
      case TokenKind::open: return {Item::Kind::open, false, std::string(token.text())};
      case TokenKind::close: return {Item::Kind::close, false, std::string(token.text())};
      default: return {Item::Kind::other, false, std::string(token.text())};
    }
  }

  Item word(std::string_view text, KnownWord& known) const {
    std::string folded(text);
    sql::lower(folded.data(), folded.size());
    if (place_.dot) return {Item::Kind::name, false, std::move(folded)};
    if (text.size() <= sql::longest_keyword) known = sql::find_word(sql::word_key(text.data(), text.size()));
    return {Item::Kind::word, false, std::move(folded)};
  }

  // "listen" has the fingerprint of listen, so it must have its traits, although the server will not take it for one.
  Item name(const Token& token, KnownWord& known) const {
    const std::string_view text = token.text();
    if (token.kind == TokenKind::plain_name && sql::is_simple_name(text, Dialect::postgres, place_.dot)) {
      return word(text.substr(1, text.size() - 2), known);
    }
    return {Item::Kind::name, text.front() != '"', unquoted(text)};
  }

  // What the next token's meaning and the statement's kind depend on: as canonical.cpp has it.
  void follow(const Token& token, KnownWord known) {
    const TokenKind kind = token.kind;
    const bool silent = kind == TokenKind::open || kind == TokenKind::close || kind == TokenKind::comma ||
                        kind == TokenKind::dot || kind == TokenKind::cast || kind == TokenKind::colon;
    if (!silent) tracker_.token(known.keyword, std::exchange(after_open_, false), depth_);
    if (kind == TokenKind::open) {
      ++depth_;
      after_open_ = true;
    }
    if (kind == TokenKind::close && depth_ > 0) --depth_;
    const bool operand = kind == TokenKind::word || kind == TokenKind::plain_name || kind == TokenKind::name ||
                         kind == TokenKind::number || kind == TokenKind::string || kind == TokenKind::unicode_string ||
                         kind == TokenKind::parameter || kind == TokenKind::close;
    place_ = {.operand = operand && !known.has(sql::leads), .dot = kind == TokenKind::dot};
  }

  void semicolon() {
    if (body_) {
      push(true);
    } else {
      end_statement();
    }
    place_ = {};
    after_open_ = false;
  }

  [[nodiscard]] bool outer_kind_is_definition() const noexcept { return tracker_.kind() == sql::StatementKind::ddl; }

  void begin_body() {
    body_ = true;
    kind_ = tracker_.kind();
    push(false);
  }

  void push(bool inner) {
    if (current_.items.empty()) return;
    current_.inner = inner;
    current_.kind = kind_;
    statements_.push_back(std::exchange(current_, {}));
  }

  void end_statement() {
    const sql::StatementKind kind = tracker_.kind();
    kind_ = kind == sql::StatementKind::empty ? sql::StatementKind::unknown : kind;
    push(body_ || current_.inner);
    tracker_ = sql::KindTracker(Dialect::postgres);
    body_ = false;
  }

  std::string buffer_;
  sql::Lexer lexer_;
  sql::Place place_;
  sql::KindTracker tracker_{Dialect::postgres};
  sql::StatementKind kind_ = sql::StatementKind::unknown;
  std::size_t depth_ = 0;
  bool after_open_ = false;
  bool body_ = false;
  bool body_begins_ = false;
  ItemList current_;
  std::vector<ItemList> statements_;
};

}  // namespace

std::vector<ItemList> cut_into_items(std::string_view normalized) { return Cutter(normalized).run(); }

}  // namespace lockkeeper::track::postgres
