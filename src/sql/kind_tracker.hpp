// Follows the words of a text and says what its statements do.
#pragma once

#include <cstddef>

#include "sql/keywords.hpp"
#include "sql/options.hpp"
#include "sql/statement_kind.hpp"

namespace lockkeeper::sql {

class KindTracker {
 public:
  explicit KindTracker(Dialect dialect) noexcept : dialect_(dialect) {}

  /// Every name, keyword, literal and operator, in order; `none` for what is no keyword.
  /// `after_open`: a parenthesis opens directly before it. `depth`: parentheses open around it.
  void token(Keyword keyword, bool after_open, std::size_t depth) noexcept;
  void semicolon(std::size_t depth) noexcept;

  [[nodiscard]] StatementKind kind() const noexcept { return count_ == 0 ? last_ : kind_; }
  [[nodiscard]] bool writes() const noexcept { return writes_; }

 private:
  void first(Keyword keyword, std::size_t depth) noexcept;
  void second(Keyword keyword) noexcept;
  void await_verb(Keyword keyword, bool after_open, std::size_t depth) noexcept;
  void follow(Keyword keyword, std::size_t depth) noexcept;

  Dialect dialect_;
  StatementKind kind_ = StatementKind::unknown;
  StatementKind last_ = StatementKind::empty;
  Keyword previous_ = Keyword::none;
  std::size_t count_ = 0;  // tokens of this statement so far
  std::size_t depth_ = 0;  // where its first word stands: (SELECT 1) is a SELECT
  bool writes_ = false;
  bool awaiting_ = false;  // WITH or EXPLAIN: the main verb is still to come
  bool executes_ = true;   // false: EXPLAIN without ANALYZE
  bool compound_ = false;  // the body of a routine: its semicolons end no statement
};

}  // namespace lockkeeper::sql
