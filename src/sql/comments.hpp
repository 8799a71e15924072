// Where a text's comments are: what looks like one inside of a literal or a quoted name is none.
#pragma once

#include <cstddef>
#include <string_view>

#include "sql/options.hpp"

namespace lockkeeper::sql {

/// Whether the text, which ends with `*/`, ends with the comment that begins at `begin`, as a server reads it. Reads
/// and copies the whole of it: a question for few.
[[nodiscard]] bool ends_with_comment(std::string_view text, std::size_t begin, const Options& options);

}  // namespace lockkeeper::sql
