// Which C++ types go into a statement and come out of a cell, and how: one Codec a type.
//
//   template <>
//   struct lockkeeper::Codec<Money> {
//     static constexpr std::string_view sql_type = "numeric";            // for messages
//     static std::string write(const Money& money) { return money.to_text(); }
//     static Money read(std::string_view cell) {
//       if (auto money = Money::from_text(cell)) return *money;
//       throw lockkeeper::unreadable("not an amount of money");
//     }
//   };
//
// | C++                             | SQL, and what to know
// |---------------------------------|--------------------------------------------------------------------------------
// | integers, enums                 | checked for range; an enum is its underlying integer, any value of it is read
// | bool                            | t, f, true, false, 1, 0, and MySQL's BIT(1)
// | float, double                   | NaN and infinity on PostgreSQL
// | std::string                     | text, or any type in its text form; string_view and const char* for binding only
// | std::vector<std::byte>          | binary columns; spans and arrays of std::byte for binding only
// | std::chrono::sys_time<...>      | UTC, microseconds; finer digits are dropped, coarser durations round down
// | std::chrono::sys_days           | DATE; of a timestamp its UTC day
// | Uuid, Decimal                   | <lockkeeper/uuid.hpp>, <lockkeeper/decimal.hpp>
// | std::optional<T>                | NULL; without it reading NULL is an error
// | std::vector<T>                  | PostgreSQL array of one dimension, elements T or std::optional<T>. Other engines
// |                                 | know no arrays: they take the text `{1,2}` for what it is, or refuse it
//
// A timestamp without time zone is taken for UTC. `infinity` and MySQL's zero dates cannot be read as a time.
#pragma once

#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <lockkeeper/decimal.hpp>
#include <lockkeeper/detail/convert.hpp>
#include <lockkeeper/parameter.hpp>
#include <lockkeeper/uuid.hpp>

namespace lockkeeper {

/// To be specialised, with `read`, with `write`, or with both.
///
/// `write` returns a Parameter, a view into the value, or an owned std::string, std::vector<std::byte>, number or
/// time, or an optional of these. `read` gets the cell of a row that is not NULL and throws `unreadable`.
template <class Type>
struct Codec;

/// What a column may be read as, but for std::optional of it.
template <class Type>
concept Readable = requires(std::string_view cell) {
  { Codec<Type>::read(cell) } -> std::same_as<Type>;
};

/// What may be bound as a parameter, but for std::optional of it.
template <class Type>
concept Writable = requires(const Type& value) { Codec<Type>::write(value); };

namespace detail {

template <class Type>
concept Character = std::same_as<Type, char> || std::same_as<Type, wchar_t> || std::same_as<Type, char8_t> ||
                    std::same_as<Type, char16_t> || std::same_as<Type, char32_t>;

/// A char is neither clearly a number nor a text: it has no Codec. int8_t and uint8_t are numbers.
template <class Type>
concept Integer = std::integral<Type> && !std::same_as<Type, bool> && !Character<Type>;

template <class Type>
concept Enumeration = std::is_enum_v<Type> && !std::same_as<Type, std::byte>;

template <class Type>
inline constexpr bool is_optional = false;
template <class Inner>
inline constexpr bool is_optional<std::optional<Inner>> = true;

template <class Duration>
TimePoint to_time_point(std::chrono::sys_time<Duration> time) {
  if constexpr (std::is_same_v<Duration, TimePoint::duration>) return time;
  // A second's rounding away from the ends of what 64 bits of microseconds can hold; written so that NaN fails too.
  constexpr long double limit = 9.223372036853e12L;
  const long double seconds = std::chrono::duration<long double>(time.time_since_epoch()).count();
  if (!(seconds > -limit && seconds < limit)) throw unbindable_time();
  return std::chrono::floor<TimePoint::duration>(time);
}

template <class Duration>
std::chrono::sys_time<Duration> from_time_point(TimePoint time) {
  if constexpr (std::is_same_v<Duration, TimePoint::duration>) return time;
  using Wide = std::chrono::duration<long double, typename Duration::period>;
  const long double count = Wide(time.time_since_epoch()).count();
  constexpr auto least = static_cast<long double>(std::numeric_limits<typename Duration::rep>::lowest());
  constexpr auto greatest = static_cast<long double>(std::numeric_limits<typename Duration::rep>::max());
  if (!(count >= least + 1 && count <= greatest - 1)) throw unreadable("outside the range of the C++ time type");
  return std::chrono::floor<Duration>(time);
}

}  // namespace detail

template <>
struct Codec<bool> {
  static constexpr std::string_view sql_type = "boolean";
  static bool read(std::string_view cell) { return detail::read_bool(cell); }
  static Parameter write(bool value) { return value; }
};

template <detail::Integer Type>
struct Codec<Type> {
  static constexpr std::string_view sql_type = "integer";
  static Type read(std::string_view cell) {
    using Limits = std::numeric_limits<Type>;
    if constexpr (std::is_signed_v<Type>) {
      return static_cast<Type>(detail::read_signed(cell, Limits::min(), Limits::max()));
    } else {
      return static_cast<Type>(detail::read_unsigned(cell, Limits::max()));
    }
  }
  /// Throws `conversion` above 2^63-1.
  static Parameter write(Type value) { return value; }
};

template <detail::Enumeration Type>
struct Codec<Type> {
  using Underlying = std::underlying_type_t<Type>;
  static constexpr std::string_view sql_type = Codec<Underlying>::sql_type;
  static Type read(std::string_view cell) { return static_cast<Type>(Codec<Underlying>::read(cell)); }
  static Parameter write(Type value) { return static_cast<Underlying>(value); }
};

template <>
struct Codec<double> {
  static constexpr std::string_view sql_type = "double precision";
  static double read(std::string_view cell) { return detail::read_double(cell); }
  static Parameter write(double value) { return value; }
};

template <>
struct Codec<float> {
  static constexpr std::string_view sql_type = "real";
  static float read(std::string_view cell) { return detail::read_float(cell); }
  static Parameter write(float value) { return value; }
};

template <>
struct Codec<std::string> {
  static constexpr std::string_view sql_type = "text";
  static std::string read(std::string_view cell) { return std::string(cell); }
  static Parameter write(const std::string& value) { return value; }
};

/// For binding only: read as a view it would point into rows that are gone.
template <>
struct Codec<std::string_view> {
  static Parameter write(std::string_view value) { return value; }
};

template <>
struct Codec<const char*> {
  static Parameter write(const char* value) {
    if (value == nullptr) throw detail::null_text();
    return value;
  }
};

template <>
struct Codec<char*> : Codec<const char*> {};

/// A literal, or a buffer: up to its first zero.
template <std::size_t Size>
struct Codec<char[Size]> {
  static Parameter write(const char (&value)[Size]) {
    const std::string_view whole(value, Size);
    return whole.substr(0, whole.find('\0'));
  }
};

template <>
struct Codec<std::vector<std::byte>> {
  static constexpr std::string_view sql_type = "bytes";
  static std::vector<std::byte> read(std::string_view cell) {
    const auto bytes = std::as_bytes(std::span(cell));
    return {bytes.begin(), bytes.end()};
  }
  static Parameter write(const std::vector<std::byte>& value) { return BytesView(value); }
};

template <class Byte, std::size_t Size>
  requires std::same_as<const Byte, const std::byte>
struct Codec<std::span<Byte, Size>> {
  static Parameter write(std::span<Byte, Size> value) { return BytesView(value); }
};

template <std::size_t Size>
struct Codec<std::array<std::byte, Size>> {
  static Parameter write(const std::array<std::byte, Size>& value) { return BytesView(value); }
};

template <class Duration>
struct Codec<std::chrono::sys_time<Duration>> {
  static constexpr std::string_view sql_type = "timestamp";
  static std::chrono::sys_time<Duration> read(std::string_view cell) {
    return detail::from_time_point<Duration>(detail::read_time(cell));
  }
  static Parameter write(std::chrono::sys_time<Duration> value) { return detail::to_time_point(value); }
};

template <>
struct Codec<std::chrono::sys_days> {
  static constexpr std::string_view sql_type = "date";
  static std::chrono::sys_days read(std::string_view cell) { return detail::read_date(cell); }
  static std::string write(std::chrono::sys_days value) { return detail::write_date(value); }
};

template <>
struct Codec<Uuid> {
  static constexpr std::string_view sql_type = "uuid";
  static Uuid read(std::string_view cell);
  static std::string write(const Uuid& value) { return value.text(); }
};

template <>
struct Codec<Decimal> {
  static constexpr std::string_view sql_type = "decimal";
  static Decimal read(std::string_view cell);
  static Parameter write(const Decimal& value) { return value.text(); }
};

}  // namespace lockkeeper
