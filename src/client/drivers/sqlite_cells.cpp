#include "client/drivers/sqlite_cells.hpp"

#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace lockkeeper::client::sqlite {
namespace {

// Beyond these SQLite writes an exponent.
constexpr double largest_plain = 1e15;
constexpr double smallest_plain = 1e-4;

std::string_view between(const char* begin, const char* end) noexcept {
  return {begin, static_cast<std::size_t>(end - begin)};
}

bool is_plain(double value) noexcept {
  const double size = std::fabs(value);
  return size == 0 || (size >= smallest_plain && size < largest_plain);
}

// `1e+22` becomes `1.0e+22`: a REAL that has no point would pass for an integer.
std::string_view with_point(TextRoom& room, char* end) noexcept {
  const std::string_view text = between(room.data(), end);
  if (text.contains('.')) return text;
  char* mantissa_end = room.data() + std::min(text.find('e'), text.size());
  std::copy_backward(mantissa_end, end, end + 2);
  mantissa_end[0] = '.';
  mantissa_end[1] = '0';
  return between(room.data(), end + 2);
}

// Right-aligned, with zeros before it.
char* put_digits(char* at, std::int64_t number, int width) noexcept {
  for (int place = width - 1; place >= 0; --place, number /= 10) at[place] = static_cast<char>('0' + number % 10);
  return at + width;
}

char* put(char* at, char character) noexcept {
  *at = character;
  return at + 1;
}

std::string_view bytes_of(sqlite3_stmt* statement, int column, const void* begin) noexcept {
  const auto length = static_cast<std::size_t>(sqlite3_column_bytes(statement, column));
  return length == 0 ? std::string_view("") : std::string_view(static_cast<const char*>(begin), length);
}

void append_integer(Rows& rows, std::int64_t value) {
  TextRoom room;
  const auto end = std::to_chars(room.data(), room.data() + room.size(), value).ptr;
  rows.append(between(room.data(), end));
}

void append_cell(Rows& rows, sqlite3_stmt* statement, int column) {
  switch (sqlite3_column_type(statement, column)) {
    case SQLITE_NULL: rows.append(std::nullopt); break;
    case SQLITE_INTEGER: append_integer(rows, sqlite3_column_int64(statement, column)); break;
    case SQLITE_FLOAT: {
      TextRoom room;
      rows.append(text_of(sqlite3_column_double(statement, column), room));
      break;
    }
    case SQLITE_BLOB: rows.append(bytes_of(statement, column, sqlite3_column_blob(statement, column))); break;
    default: rows.append(bytes_of(statement, column, sqlite3_column_text(statement, column))); break;
  }
}

}  // namespace

std::string_view text_of(double value, TextRoom& room) noexcept {
  if (std::isinf(value)) return value > 0 ? "Inf" : "-Inf";
  const auto format = is_plain(value) ? std::chars_format::fixed : std::chars_format::scientific;
  return with_point(room, std::to_chars(room.data(), room.data() + room.size(), value, format).ptr);
}

std::string_view text_of(TimePoint time, TextRoom& room) {
  using namespace std::chrono;
  constexpr auto first = sys_days(year(0) / January / 1);
  constexpr auto end = sys_days(year(10'000) / January / 1);
  if (time < first || time >= end) {
    throw Failure({ErrorCode::conversion, "", "a point in time outside the years 0 to 9999 is unknown to SQLite",
                   Blast::statement});
  }
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(time - day);
  char* at = put_digits(room.data(), static_cast<int>(date.year()), 4);
  at = put_digits(put(at, '-'), static_cast<unsigned>(date.month()), 2);
  at = put_digits(put(at, '-'), static_cast<unsigned>(date.day()), 2);
  at = put_digits(put(at, ' '), clock.hours().count(), 2);
  at = put_digits(put(at, ':'), clock.minutes().count(), 2);
  at = put_digits(put(at, ':'), clock.seconds().count(), 2);
  at = put_digits(put(at, '.'), clock.subseconds().count(), 6);
  return between(room.data(), at);
}

void append_row(Rows& rows, sqlite3_stmt* statement, int columns) {
  for (int column = 0; column < columns; ++column) append_cell(rows, statement, column);
}

}  // namespace lockkeeper::client::sqlite
