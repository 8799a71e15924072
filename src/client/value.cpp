// What reading and binding say when they cannot; numbers and truth values.
#include <charconv>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

#include <fmt/format.h>
#include <lockkeeper/codec.hpp>
#include <lockkeeper/detail/convert.hpp>

namespace lockkeeper {

Failure unreadable(std::string_view why) {
  return Failure({ErrorCode::conversion, "", std::string(why), Blast::statement});
}

namespace detail {
namespace {

// from_chars takes no plus sign; PostgreSQL never writes one, ISO and SQLite's free texts may.
template <class Number>
std::from_chars_result parse_whole(std::string_view cell, Number& number) {
  const char* begin = cell.data();
  const char* end = begin + cell.size();
  const bool has_plus = cell.size() > 1 && cell[0] == '+' && cell[1] != '-';
  const auto result = std::from_chars(has_plus ? begin + 1 : begin, end, number);
  if (result.ec == std::errc() && result.ptr != end) return {result.ptr, std::errc::invalid_argument};
  return result;
}

template <class Number>
Number read_integer(std::string_view cell, Number least, Number greatest) {
  Number number{};
  const auto [end, error] = parse_whole(cell, number);
  const bool is_out = error == std::errc::result_out_of_range;
  if (!is_out && error != std::errc()) throw unreadable("it is not a whole number");
  if (is_out || number < least || number > greatest) {
    throw unreadable(fmt::format("it is outside {} to {}", least, greatest));
  }
  return number;
}

template <class Real>
Real read_real(std::string_view cell) {
  Real number{};
  const auto [end, error] = parse_whole(cell, number);
  if (error == std::errc::result_out_of_range) throw unreadable("it is outside the range of the C++ type");
  if (error != std::errc()) throw unreadable("it is not a number");
  return number;
}

}  // namespace

Error unreadable_cell(const Rows& rows, std::size_t column, std::uint64_t row_number, std::string_view sql_type,
                      std::string_view why) {
  return {ErrorCode::conversion, "",
          fmt::format("column \"{}\", row {}: cannot be read as {}: {}", rows.columns().at(column), row_number,
                      sql_type, why),
          Blast::statement};
}

Error too_many_rows(std::size_t count) {
  if (count == 0) return {ErrorCode::conversion, "", "one row was asked for, none came", Blast::statement};
  return {ErrorCode::conversion, "", fmt::format("one row was asked for, {} came", count), Blast::statement};
}

Error wrong_columns(std::size_t returned, std::size_t asked) {
  return {ErrorCode::conversion, "",
          fmt::format("the statement returns {} column{}, {} {} asked for", returned, returned == 1 ? "" : "s", asked,
                      asked == 1 ? "was" : "were"),
          Blast::statement};
}

std::int64_t read_signed(std::string_view cell, std::int64_t least, std::int64_t greatest) {
  return read_integer(cell, least, greatest);
}

std::uint64_t read_unsigned(std::string_view cell, std::uint64_t greatest) {
  // A negative number is a whole one all the same: say what is wrong with it.
  std::int64_t negative = 0;
  if (cell.starts_with('-') && parse_whole(cell, negative).ec != std::errc::invalid_argument && negative != 0) {
    throw unreadable(fmt::format("it is outside 0 to {}", greatest));
  }
  return read_integer<std::uint64_t>(cell == "-0" ? "0" : cell, 0, greatest);
}

bool read_bool(std::string_view cell) {
  using namespace std::string_view_literals;
  if (cell == "t" || cell == "1" || cell == "true" || cell == "\1"sv) return true;
  if (cell == "f" || cell == "0" || cell == "false" || cell == "\0"sv) return false;
  throw unreadable("it is neither true nor false");
}

double read_double(std::string_view cell) { return read_real<double>(cell); }

float read_float(std::string_view cell) { return read_real<float>(cell); }

Failure null_text() {
  return Failure(
      {ErrorCode::misuse, "", "a null pointer was bound as text: bind std::nullopt for NULL", Blast::statement});
}

Failure unbindable_time() {
  return Failure({ErrorCode::conversion, "", "a time beyond what microseconds since 1970 can hold cannot be bound",
                  Blast::statement});
}

}  // namespace detail
}  // namespace lockkeeper
