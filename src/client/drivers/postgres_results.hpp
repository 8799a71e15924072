// libpq's results: their rows for the public interface, and what they say between the lines.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <lockkeeper/rows.hpp>

#include "client/drivers/postgres_handles.hpp"

namespace lockkeeper::client {

[[nodiscard]] std::vector<std::string> column_names(const PGresult* result);

/// Appends all rows of a result. Cells of type bytea become the bytes that their text stands for.
void append_rows(Rows& rows, const PGresult* result);

/// As the server counted; 0 where it does not count.
[[nodiscard]] std::uint64_t affected_rows(PGresult* result);

/// The bytes of bytea's text, in either of the forms of bytea_output.
[[nodiscard]] std::string bytes_of(const char* bytea_text);

/// PostgreSQL answers COMMIT in a failed transaction with success and the tag ROLLBACK.
[[nodiscard]] bool is_silent_rollback(std::string_view sql, PGresult* result);

/// Whether it was DISCARD ALL or DEALLOCATE ALL that succeeded.
[[nodiscard]] bool discards_prepared_statements(PGresult* result);

/// Whether this error of a kept statement may go away when the statement is prepared anew: the server no longer has it,
/// or its tables have changed so that its plan or the types of its parameters no longer fit.
[[nodiscard]] bool may_be_stale(const PGresult* error);

/// "Prepared statement does not exist".
[[nodiscard]] bool is_unknown_statement(std::string_view sqlstate);

}  // namespace lockkeeper::client
