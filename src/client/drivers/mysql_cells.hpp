// Columns as text: what the server sends as text, and what the binary protocol sends, in the same form.
#pragma once

#include <mysql.h>

#include <string>

#include <lockkeeper/rows.hpp>

namespace lockkeeper::client::mysql {

/// `2026-11-22`, `2026-11-22 09:30:00.000001` or `-26:30:00`, by the column's type. `decimals`: the column's digits of
/// a second, 0 to 6; more mean that the column does not say, and then six are shown where they are not all zero.
[[nodiscard]] std::string time_text(const MYSQL_TIME& time, enum_field_types type, unsigned int decimals);

/// As the server writes them: the fewest digits that read back as the same number, or, where the column was declared
/// with them, its `decimals`.
[[nodiscard]] std::string real_text(double value, unsigned int decimals);
[[nodiscard]] std::string real_text(float value, unsigned int decimals);

/// A BIT column's bytes as a number.
[[nodiscard]] std::string bits_text(std::string_view bytes);

/// A cell of the text protocol. Null: SQL NULL.
void append_text_cell(Rows& rows, const MYSQL_FIELD& field, const char* data, unsigned long length);

/// A cell of the row that the statement has fetched. `scratch` is used again and again.
void append_binary_cell(Rows& rows, MYSQL_STMT* statement, unsigned int column, std::string& scratch);

}  // namespace lockkeeper::client::mysql
