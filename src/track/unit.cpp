#include "track/unit.hpp"

#include <xxhash.h>

#include <algorithm>
#include <string>
#include <vector>

#include "sql/characters.hpp"
#include "sql/comments.hpp"
#include "sql/tags.hpp"

namespace lockkeeper::track {
namespace {

// Longer than any tracer's id: a comment cannot make us hold more.
constexpr std::size_t most_id = 128;
// Within a text, comments are looked for so far, and so many looked into: a statement has few.
constexpr std::size_t most_text = 64U << 10U;
constexpr std::size_t most_comments = 16;

std::string_view without_space_before(std::string_view text) noexcept {
  while (!text.empty() && sql::class_of(text.front()) == sql::Class::space) text.remove_prefix(1);
  return text;
}

std::string_view without_end(std::string_view text) noexcept {
  while (!text.empty() && (sql::class_of(text.back()) == sql::Class::space || text.back() == ';'))
    text.remove_suffix(1);
  return text;
}

// 00-<32 digits of the trace>-<16 of the span>-01; a trace of zeros is none.
std::string_view trace_of(std::string_view parent) noexcept {
  constexpr std::size_t version = 3;
  constexpr std::size_t digits = 32;
  if (parent.size() <= version + digits || parent[2] != '-' || parent[version + digits] != '-') return {};
  const std::string_view trace = parent.substr(version, digits);
  const bool zero = trace.find_first_not_of('0') == std::string_view::npos;
  return !zero && std::ranges::all_of(trace, sql::is_hex) ? trace : std::string_view{};
}

// Ids are shown to people and compared: nothing but printable ASCII.
bool is_id(std::string_view text) noexcept {
  return !text.empty() && text.size() <= most_id &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
}

std::string_view unit_among(const std::vector<sql::Tag>& tags) noexcept {
  for (const sql::Tag& tag : tags) {
    if (tag.key != "traceparent") continue;
    if (const std::string_view trace = trace_of(tag.value); !trace.empty()) return trace;
  }
  for (const std::string_view key : {"trace_id", "request_id"}) {
    for (const sql::Tag& tag : tags) {
      if (tag.key == key && is_id(tag.value)) return tag.value;
    }
  }
  return {};
}

// Of the first comment that names one. Few do, and only those are worth reading the text before them: it may be a
// literal that they stand in.
std::string unit_within(std::string_view text, const sql::Options& options) {
  text = text.substr(0, most_text);
  std::vector<sql::Tag> tags;
  std::size_t begin = text.find("/*");
  for (std::size_t count = 0; begin != std::string_view::npos && count < most_comments; ++count) {
    const std::size_t end = text.find("*/", begin + 2);
    if (end == std::string_view::npos) break;
    tags.clear();
    sql::append_tags(text.substr(begin + 2, end - begin - 2), tags);
    const std::string_view unit = unit_among(tags);
    if (!unit.empty() && sql::ends_with_comment(text.substr(0, end + 2), begin, options)) return std::string(unit);
    begin = text.find("/*", begin + 2);
  }
  return {};
}

}  // namespace

model::UnitId unit_of(std::string_view sql, const sql::Options& options) {
  if (sql.find("/*") == std::string_view::npos) return {};
  std::vector<sql::Tag> tags;
  std::string_view rest = without_space_before(sql);
  while (rest.starts_with("/*")) {
    const auto end = rest.find("*/", 2);
    if (end == std::string_view::npos) break;
    sql::append_tags(rest.substr(2, end - 2), tags);
    rest = without_space_before(rest.substr(end + 2));
  }
  // Behind the statement: that no quote is open there follows from the text's last bytes closing a comment.
  rest = without_end(rest);
  if (rest.ends_with("*/")) {
    const auto begin = rest.rfind("/*");
    if (begin != std::string_view::npos && begin + 4 <= rest.size()) {
      sql::append_tags(rest.substr(begin + 2, rest.size() - begin - 4), tags);
      rest = rest.substr(0, begin);
    }
  }
  const std::string_view unit = unit_among(tags);
  return model::UnitId(unit.empty() ? unit_within(rest, options) : std::string(unit));
}

std::uint64_t text_hash(std::string_view sql) noexcept {
  return std::max<std::uint64_t>(1, XXH3_64bits(sql.data(), sql.size()));
}

}  // namespace lockkeeper::track
