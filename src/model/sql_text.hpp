// SQL that is shown to people to be run: names and texts quoted as PostgreSQL wants them.
#pragma once

#include <string>
#include <string_view>

namespace lockkeeper::model {

/// A role's or an object's name, quoted unless it is plain lower case and no reserved word.
[[nodiscard]] std::string sql_identifier(std::string_view name);

/// A string literal.
[[nodiscard]] std::string sql_literal(std::string_view text);

}  // namespace lockkeeper::model
