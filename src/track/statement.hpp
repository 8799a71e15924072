// Texts as the record keeps them.
#pragma once

#include <cstddef>
#include <string_view>

#include "model/transaction_record.hpp"
#include "sql/fingerprint.hpp"

namespace lockkeeper::track {

/// Of a text that is kept with its literals, so many bytes.
inline constexpr std::size_t most_literal = 4096;

/// `kind` instead of the statement's own, where more is known.
[[nodiscard]] model::StatementPtr to_model(sql::Statement&& statement, sql::StatementKind kind);

/// The same statement with its text as it was written, cut to `most_literal`.
[[nodiscard]] model::StatementPtr with_literals(const model::Statement& statement, std::string_view sql);

}  // namespace lockkeeper::track
