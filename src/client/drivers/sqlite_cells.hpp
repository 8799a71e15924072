// Values between SQLite's five kinds and our texts.
#pragma once

#include <sqlite3.h>

#include <array>
#include <string_view>

#include <lockkeeper/parameter.hpp>
#include <lockkeeper/rows.hpp>

namespace lockkeeper::client::sqlite {

/// Room for any number's or time's text.
using TextRoom = std::array<char, 40>;

/// As SQLite writes a REAL (0.5, 1.0, 1.0e+22, Inf), but with as many digits as it takes to read back the same double.
[[nodiscard]] std::string_view text_of(double value, TextRoom& room) noexcept;

/// `2026-11-22 09:30:00.000001`, which SQLite's date functions read as UTC. Throws Failure (`conversion`) outside the
/// years 0 to 9999, which they do not know.
[[nodiscard]] std::string_view text_of(TimePoint time, TextRoom& room);

/// Appends the cells of the row that the statement stands on.
void append_row(Rows& rows, sqlite3_stmt* statement, int columns);

}  // namespace lockkeeper::client::sqlite
