// Turns tokens into canonical bytes: two texts of one shape give the same bytes, to be hashed.
//
// Every token ends with one space, so token boundaries are part of the bytes. Literals and parameters are
// `?`. A list keeps one of several equal neighbours: when an element ends, its bytes are compared with those
// of the element before it and taken back if they are the same. One pass, no recursion, no allocation.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <vector>

#include "sql/bytes.hpp"
#include "sql/keywords.hpp"
#include "sql/kind_tracker.hpp"
#include "sql/lexer.hpp"
#include "sql/options.hpp"
#include "sql/readable.hpp"

namespace lockkeeper::sql {

/// Lists nested deeper than this are not folded: SQL written by people or by generators stays far below,
/// and the stack of open lists is a fixed few kilobytes. Texts may nest as deep as they like.
inline constexpr std::size_t max_list_depth = 64;

/// Bytes canonicalize needs for `size` bytes of text: a padded copy of it, and its canonical form, which is at
/// most twice as long, with room for stores of whole steps.
[[nodiscard]] constexpr std::size_t canonical_capacity(std::size_t size) noexcept { return 3 * size + padding + 64; }

/// What analyze wants to know beyond the bytes.
struct Details {
  explicit Details(Dialect dialect) : kind(dialect) {}

  Readable readable;
  KindTracker kind;
  std::vector<std::string_view> comments;
};

struct CanonicalText {
  std::string_view bytes;
  bool truncated = false;
  bool doubtful = false;  ///< With details alone.
};

/// `buffer` must hold canonical_capacity(text.size()) bytes; the result and the comments point into it.
[[nodiscard]] CanonicalText canonicalize(std::string_view text, const Options& options, char* buffer);
/// The same bytes, and the details.
[[nodiscard]] CanonicalText canonicalize(std::string_view text, const Options& options, char* buffer, Details& details);

}  // namespace lockkeeper::sql
