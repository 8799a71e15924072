// Any bytes, any dialect. The first byte chooses the options, the rest is the text.
//
// Promised and checked: no crash; analyze and the hot path agree; what people are shown reads back to the same
// shape and shows the same again, unless the text was cut off or its end is doubtful.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.hpp"
#include "sql/fingerprint.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace sql = lockkeeper::sql;
  if (size == 0) return 0;
  const std::uint8_t choice = data[0];
  const sql::Options options{.dialect = (choice & 1U) != 0 ? sql::Dialect::mysql : sql::Dialect::postgres,
                             .ansi_quotes = (choice & 2U) != 0,
                             .backslashes = (choice & 4U) != 0    ? sql::Backslashes::plain
                                            : (choice & 16U) != 0 ? sql::Backslashes::escapes
                                                                  : sql::Backslashes::unknown,
                             .truncated = (choice & 8U) != 0};
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const sql::Statement statement = sql::analyze(text, options);
  std::string scratch;
  LK_ASSERT(sql::fingerprint(text, options, scratch) == statement.fingerprint);
  LK_ASSERT(statement.tags.size() <= sql::max_tags);
  if (statement.truncated || statement.doubtful) return 0;
  const sql::Statement again = sql::analyze(statement.normalized, options);
  LK_ASSERT(again.fingerprint == statement.fingerprint);
  LK_ASSERT(again.normalized == statement.normalized);
  return 0;
}
