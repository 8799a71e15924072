// Text forms of values, where no template is needed. Readers throw unreadable(); nothing here quotes what it read.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <lockkeeper/error.hpp>
#include <lockkeeper/parameter.hpp>
#include <lockkeeper/rows.hpp>

namespace lockkeeper {

/// What a Codec's `read` throws: why the cell is not of its type ("not a number"). Must not quote the cell: it may be
/// personal data. Column and row are added by whoever reads the cell.
[[nodiscard]] Failure unreadable(std::string_view why);

namespace detail {

/// One bad cell: column name, row counted from 1, the SQL type wanted, and why.
[[nodiscard]] Error unreadable_cell(const Rows& rows, std::size_t column, std::uint64_t row_number,
                                    std::string_view sql_type, std::string_view why);
/// Where one row was asked for; 0: none came.
[[nodiscard]] Error too_many_rows(std::size_t count);
[[nodiscard]] Error wrong_columns(std::size_t returned, std::size_t asked);

[[nodiscard]] std::int64_t read_signed(std::string_view cell, std::int64_t least, std::int64_t greatest);
[[nodiscard]] std::uint64_t read_unsigned(std::string_view cell, std::uint64_t greatest);
[[nodiscard]] bool read_bool(std::string_view cell);
[[nodiscard]] double read_double(std::string_view cell);
[[nodiscard]] float read_float(std::string_view cell);

/// Dates and times of all engines, ISO 8601 too; without a zone it is UTC. Digits below a microsecond are dropped.
[[nodiscard]] TimePoint read_time(std::string_view cell);
/// The UTC day of what read_time reads.
[[nodiscard]] std::chrono::sys_days read_date(std::string_view cell);
/// "2024-02-29"; years before 1 as PostgreSQL has them ("0044-03-15 BC").
[[nodiscard]] std::string write_date(std::chrono::sys_days day);
/// "2024-02-29 12:30:00.000000+00"
[[nodiscard]] std::string write_time(TimePoint time);

/// The elements of a PostgreSQL array of one dimension.
[[nodiscard]] std::vector<std::optional<std::string>> read_array(std::string_view cell);
/// Appends to "{1,2": a comma where one is needed, and the value quoted as an array wants it.
void append_element(std::string& array, const Parameter& element);
/// bytea in its hexadecimal text form, as in arrays.
[[nodiscard]] std::vector<std::byte> read_hexadecimal(std::string_view text);

[[nodiscard]] Failure null_text();
[[nodiscard]] Failure unbindable_time();

}  // namespace detail
}  // namespace lockkeeper
