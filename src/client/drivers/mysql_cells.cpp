#include "client/drivers/mysql_cells.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <string_view>
#include <system_error>

#include "base/assert.hpp"

namespace lockkeeper::client::mysql {
namespace {

// Columns declared without digits after the point have 31 or 39 here.
constexpr unsigned int most_decimals = 30;
constexpr unsigned int most_second_digits = 6;

// Where the server changes from 123000 to 1.23e5: by the power of ten of the first digit. Above the greatest it still
// writes a number plainly that has digits after the point.
constexpr int least_plain_power = -15;
constexpr int greatest_plain_power = 14;

constexpr std::size_t first_scratch_bytes = 4096;

std::string padded(std::uint64_t number, std::size_t width) {
  std::string text = std::to_string(number);
  if (text.size() < width) text.insert(0, width - text.size(), '0');
  return text;
}

std::string second_digits(unsigned long microseconds, unsigned int decimals) {
  if (decimals > most_second_digits) decimals = microseconds == 0 ? 0 : most_second_digits;
  if (decimals == 0) return {};
  return "." + padded(microseconds, most_second_digits).substr(0, decimals);
}

std::string clock_text(std::uint64_t hours, const MYSQL_TIME& time, unsigned int decimals) {
  return padded(hours, 2) + ":" + padded(time.minute, 2) + ":" + padded(time.second, 2) +
         second_digits(time.second_part, decimals);
}

// to_chars writes d.ddde+xx; the server d.dddexx, or without an exponent where that is not too long.
std::string server_style(std::string_view scientific) {
  const auto mark = scientific.find('e');
  int power = 0;
  const std::string_view exponent = scientific.substr(mark + (scientific[mark + 1] == '+' ? 2 : 1));
  std::from_chars(exponent.data(), exponent.data() + exponent.size(), power);
  std::string digits(scientific.substr(0, mark));
  const std::string sign = digits.starts_with('-') ? "-" : "";
  digits.erase(0, sign.size());
  const std::size_t count = digits.size() > 1 ? digits.size() - 1 : 1;  // Without the point.
  const bool has_fraction = power >= 0 && count > static_cast<std::size_t>(power) + 1;
  if (power < least_plain_power || (power > greatest_plain_power && !has_fraction)) {
    return sign + digits + "e" + std::to_string(power);
  }
  if (count > 1) digits.erase(1, 1);
  if (power < 0) return sign + "0." + std::string(static_cast<std::size_t>(-power) - 1, '0') + digits;
  const auto whole = static_cast<std::size_t>(power) + 1;
  if (digits.size() <= whole) return sign + digits + std::string(whole - digits.size(), '0');
  return sign + digits.insert(whole, 1, '.');
}

// Room for the longest double with thirty decimals.
using RealBuffer = std::array<char, 400>;

template <class Real>
std::string any_real_text(Real value, unsigned int decimals) {
  RealBuffer buffer{};
  char* end = buffer.data() + buffer.size();
  const bool is_fixed = decimals <= most_decimals;
  const auto [stop, error] =
      is_fixed ? std::to_chars(buffer.data(), end, value, std::chars_format::fixed, static_cast<int>(decimals))
               : std::to_chars(buffer.data(), end, value, std::chars_format::scientific);
  LK_ASSERT(error == std::errc());
  const std::string_view text(buffer.data(), static_cast<std::size_t>(stop - buffer.data()));
  return is_fixed ? std::string(text) : server_style(text);
}

// One column of the fetched row into a value of our choice. False for NULL.
bool fetch(MYSQL_STMT* statement, unsigned int column, enum_field_types type, void* buffer, std::size_t size,
           unsigned long& length, bool is_unsigned = false) {
  MYSQL_BIND bind = {};
  my_bool is_null = 0;
  my_bool is_cut_off = 0;
  bind.buffer_type = type;
  bind.buffer = buffer;
  bind.buffer_length = static_cast<unsigned long>(size);
  bind.length = &length;
  bind.is_null = &is_null;
  bind.error = &is_cut_off;
  bind.is_unsigned = is_unsigned ? 1 : 0;
  LK_ASSERT(mysql_stmt_fetch_column(statement, &bind, column, 0) == 0);
  return is_null == 0;
}

template <class Value>
bool fetch_value(MYSQL_STMT* statement, unsigned int column, enum_field_types type, Value& value,
                 bool is_unsigned = false) {
  unsigned long length = 0;
  return fetch(statement, column, type, &value, sizeof value, length, is_unsigned);
}

void append_integer(Rows& rows, MYSQL_STMT* statement, unsigned int column) {
  const MYSQL_FIELD& field = statement->fields[column];
  const bool is_unsigned = (field.flags & UNSIGNED_FLAG) != 0;
  std::int64_t number = 0;
  if (!fetch_value(statement, column, MYSQL_TYPE_LONGLONG, number, is_unsigned)) return rows.append(std::nullopt);
  const bool has_zeros = (field.flags & ZEROFILL_FLAG) != 0;
  if (is_unsigned) return rows.append(padded(static_cast<std::uint64_t>(number), has_zeros ? field.length : 0));
  rows.append(std::to_string(number));
}

template <class Real>
void append_real(Rows& rows, MYSQL_STMT* statement, unsigned int column, enum_field_types type) {
  Real value = 0;
  if (!fetch_value(statement, column, type, value)) return rows.append(std::nullopt);
  rows.append(real_text(value, statement->fields[column].decimals));
}

void append_time(Rows& rows, MYSQL_STMT* statement, unsigned int column, enum_field_types type) {
  MYSQL_TIME time = {};
  if (!fetch_value(statement, column, type, time)) return rows.append(std::nullopt);
  rows.append(time_text(time, type, statement->fields[column].decimals));
}

void append_bytes(Rows& rows, MYSQL_STMT* statement, unsigned int column, std::string& scratch) {
  if (scratch.empty()) scratch.resize(first_scratch_bytes);
  unsigned long length = 0;
  if (!fetch(statement, column, MYSQL_TYPE_BLOB, scratch.data(), scratch.size(), length)) {
    return rows.append(std::nullopt);
  }
  if (length > scratch.size()) {
    scratch.resize(length);
    static_cast<void>(fetch(statement, column, MYSQL_TYPE_BLOB, scratch.data(), scratch.size(), length));
  }
  const auto bytes = std::string_view(scratch).substr(0, length);
  if (statement->fields[column].type == MYSQL_TYPE_BIT) return rows.append(bits_text(bytes));
  rows.append(bytes);
}

}  // namespace

std::string time_text(const MYSQL_TIME& time, enum_field_types type, unsigned int decimals) {
  if (type == MYSQL_TYPE_TIME) {
    return (time.neg != 0 ? "-" : "") + clock_text(time.day * 24ULL + time.hour, time, decimals);
  }
  const std::string date = padded(time.year, 4) + "-" + padded(time.month, 2) + "-" + padded(time.day, 2);
  return type == MYSQL_TYPE_DATE ? date : date + " " + clock_text(time.hour, time, decimals);
}

std::string real_text(double value, unsigned int decimals) { return any_real_text(value, decimals); }
std::string real_text(float value, unsigned int decimals) { return any_real_text(value, decimals); }

std::string bits_text(std::string_view bytes) {
  std::uint64_t number = 0;
  for (const char byte : bytes) number = number << 8U | static_cast<unsigned char>(byte);
  return std::to_string(number);
}

void append_text_cell(Rows& rows, const MYSQL_FIELD& field, const char* data, unsigned long length) {
  if (data == nullptr) return rows.append(std::nullopt);
  const std::string_view text(data, length);
  if (field.type == MYSQL_TYPE_BIT) return rows.append(bits_text(text));
  rows.append(text);
}

void append_binary_cell(Rows& rows, MYSQL_STMT* statement, unsigned int column, std::string& scratch) {
  switch (const enum_field_types type = statement->fields[column].type) {
    case MYSQL_TYPE_TINY:
    case MYSQL_TYPE_SHORT:
    case MYSQL_TYPE_INT24:
    case MYSQL_TYPE_LONG:
    case MYSQL_TYPE_LONGLONG:
    case MYSQL_TYPE_YEAR: return append_integer(rows, statement, column);
    case MYSQL_TYPE_FLOAT: return append_real<float>(rows, statement, column, type);
    case MYSQL_TYPE_DOUBLE: return append_real<double>(rows, statement, column, type);
    case MYSQL_TYPE_DATE:
    case MYSQL_TYPE_TIME:
    case MYSQL_TYPE_DATETIME:
    case MYSQL_TYPE_TIMESTAMP: return append_time(rows, statement, column, type);
    default: return append_bytes(rows, statement, column, scratch);
  }
}

}  // namespace lockkeeper::client::mysql
