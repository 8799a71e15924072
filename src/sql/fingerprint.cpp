#include "sql/fingerprint.hpp"

// Inlined, the hash of a short text costs no call and no look at its length twice.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "sql/canonical.hpp"
#include "sql/tags.hpp"

namespace lockkeeper::sql {
namespace {

char* room_for(std::string_view text, std::string& buffer) {
  const std::size_t needed = canonical_capacity(text.size());
  if (buffer.size() < needed) buffer.resize(needed);
  return buffer.data();
}

Fingerprint hash_of(const CanonicalText& canonical) noexcept {
  return {XXH3_64bits(canonical.bytes.data(), canonical.bytes.size())};
}

}  // namespace

std::string to_string(Fingerprint fingerprint) {
  std::string digits(16, '0');
  for (std::size_t at = 0; at < digits.size(); ++at) {
    digits[at] = "0123456789abcdef"[(fingerprint.value >> (60 - 4 * at)) & 0xf];
  }
  return digits;
}

Fingerprint fingerprint(std::string_view text, const Options& options, std::string& scratch) {
  return hash_of(canonicalize(text, options, room_for(text, scratch)));
}

Statement analyze(std::string_view text, const Options& options) {
  std::string buffer;
  Details details(options.dialect);
  const CanonicalText canonical = canonicalize(text, options, room_for(text, buffer), details);
  Statement statement;
  statement.fingerprint = hash_of(canonical);
  statement.truncated = canonical.truncated;
  statement.doubtful = canonical.doubtful;
  statement.writes = details.kind.writes();
  statement.normalized = std::move(details.readable).take();
  statement.kind = details.kind.kind();
  // Punctuation alone is not nothing.
  const bool wordless = statement.kind == StatementKind::empty && !statement.normalized.empty();
  if (wordless) statement.kind = StatementKind::unknown;
  for (const std::string_view comment : details.comments) append_tags(comment, statement.tags);
  return statement;
}

}  // namespace lockkeeper::sql
