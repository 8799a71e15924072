// Names as they are compared: without quotes they do not need, and in one case.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "sql/bytes.hpp"
#include "sql/characters.hpp"
#include "sql/keywords.hpp"
#include "sql/options.hpp"

namespace lockkeeper::sql {

// Whether a plain name in its quotes would mean the same without them: PostgreSQL folds unquoted names to lower case.
inline bool is_simple_name(std::string_view quoted, Dialect dialect, bool after_dot) noexcept {
  const std::string_view text = quoted.substr(1, quoted.size() - 2);
  if (text.size() > longest_keyword) return dialect == Dialect::mysql || std::ranges::none_of(text, is_upper);
  const WordKey key = word_key(text.data(), text.size());
  const bool capitals = !is_key(key, text.data(), text.size());
  if (capitals && dialect == Dialect::postgres) return false;
  const KnownWord known = find_word(key);
  return after_dot || !known.known() || (!capitals && !known.reserved(dialect));
}

inline void lower(char* text, std::size_t size) noexcept {
  for (std::size_t at = 0; at < size; ++at) text[at] = to_lower(text[at]);
}

}  // namespace lockkeeper::sql
