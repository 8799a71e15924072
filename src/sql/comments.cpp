#include "sql/comments.hpp"

#include <string>
#include <vector>

#include "sql/bytes.hpp"
#include "sql/lexer.hpp"

namespace lockkeeper::sql {

bool ends_with_comment(std::string_view text, std::size_t begin, const Options& options) {
  std::string buffer(text.size() + padding, '\0');
  std::vector<std::string_view> comments;
  Lexer lexer(padded_copy(text, buffer.data()), options, &comments);
  do {
    static_cast<void>(lexer.look());
  } while (lexer.next({}).kind != TokenKind::end);
  if (comments.empty()) return false;
  const auto inside = static_cast<std::size_t>(comments.back().data() - buffer.data());
  return inside == begin + 2 && inside + comments.back().size() + 2 == text.size();
}

}  // namespace lockkeeper::sql
