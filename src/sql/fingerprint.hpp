// A statement's shape: its text with literals, formatting and list lengths removed, hashed.
//
// Two runs of one statement share a fingerprint, two different statements do not; docs/decisions/0003-fingerprint.md
// says what exactly counts as the same. A text that was cut off never equals a whole one.
// Pure functions; any thread; any bytes (NUL, invalid UTF-8, megabytes, unbalanced parentheses).
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "sql/options.hpp"
#include "sql/statement_kind.hpp"

namespace lockkeeper::sql {

/// Identity of a shape. Stable within one version of Lockkeeper, the same on every machine.
struct Fingerprint {
  std::uint64_t value = 0;

  friend constexpr auto operator<=>(const Fingerprint&, const Fingerprint&) = default;
};

/// 16 lower-case hexadecimal digits.
[[nodiscard]] std::string to_string(Fingerprint fingerprint);

/// One key and value of a sqlcommenter comment, URL-decoded: /*application='shop',traceparent='00-...'*/
struct Tag {
  std::string key;
  std::string value;

  friend auto operator<=>(const Tag&, const Tag&) = default;
};

/// What is known about one text. Literals never survive into any member; tags come from comments alone.
struct Statement {
  Fingerprint fingerprint;
  StatementKind kind = StatementKind::empty;  ///< Of the last statement that is not empty, if there are several.
  bool truncated = false;                     ///< Options said so, or a quote, comment or dollar quote does not end.
  std::string normalized;  ///< The text for people: literals and parameters as `?`, lists folded, case as written.
  bool doubtful = false;   ///< It ends with "..." where the rest may be a literal's content: Backslashes::unknown.
  std::vector<Tag> tags;   ///< In the order written; at most `max_tags`.
  bool writes = false;     ///< Any statement, data-modifying WITH, EXPLAIN ANALYZE or COPY FROM in it writes rows.
};

/// More tags than any tracer writes; a comment cannot make us hold more.
inline constexpr std::size_t max_tags = 64;

/// Everything about one text.
[[nodiscard]] Statement analyze(std::string_view text, const Options& options);

/// The same fingerprint as analyze's, for the hot path: one pass, and no allocation once `scratch` has
/// grown to three times the text's length. The content of `scratch` afterwards is unspecified.
[[nodiscard]] Fingerprint fingerprint(std::string_view text, const Options& options, std::string& scratch);

}  // namespace lockkeeper::sql

template <>
struct std::hash<lockkeeper::sql::Fingerprint> {
  // Already a hash: mixing it again would only cost.
  std::size_t operator()(const lockkeeper::sql::Fingerprint& fingerprint) const noexcept {
    return static_cast<std::size_t>(fingerprint.value);
  }
};
