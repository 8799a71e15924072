// One value on its way to the server, as a view that the driver binds in the server's own form.
#pragma once

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
#include <variant>

#include <lockkeeper/error.hpp>

namespace lockkeeper {

/// Raw bytes, not owned.
using BytesView = std::span<const std::byte>;

/// A point in time with the finest resolution that all databases keep. Always UTC.
using TimePoint = std::chrono::sys_time<std::chrono::microseconds>;

/// A value to bind: null, bool, integer, floating, text, bytes or a point in time. Converts from the usual types, and
/// from optionals of them.
///
/// A view: text and bytes must live until the call that takes it returns. Kinds are bound natively where the database
/// has them (SQLite integers are integers); PostgreSQL gets the text form with an unspecified type, except bytes, so
/// that the server infers the type from the statement. Unsigned integers above 2^63-1 throw Failure (`conversion`).
class Parameter {
 public:
  using Value = std::variant<std::monostate, bool, std::int64_t, double, std::string_view, BytesView, TimePoint>;

  Parameter() = default;  ///< SQL NULL.
  Parameter(std::nullopt_t) {}
  template <std::same_as<bool> Bool>
  Parameter(Bool value) : value_(value) {}
  template <std::integral Integer>
    requires(!std::same_as<Integer, bool>)
  Parameter(Integer value) : value_(to_int64(value)) {}
  template <std::floating_point Real>
  Parameter(Real value) : value_(static_cast<double>(value)) {}
  Parameter(std::string_view text) : value_(text) {}
  Parameter(const char* text) : value_(std::string_view(text)) {}
  Parameter(const std::string& text) : value_(std::string_view(text)) {}
  Parameter(BytesView bytes) : value_(bytes) {}
  Parameter(TimePoint time) : value_(time) {}
  template <class Inner>
  Parameter(const std::optional<Inner>& value) {
    if (value) value_ = Parameter(*value).value_;
  }

  [[nodiscard]] bool is_null() const noexcept { return std::holds_alternative<std::monostate>(value_); }
  [[nodiscard]] const Value& value() const noexcept { return value_; }
  /// The text if this is text, nullptr otherwise.
  [[nodiscard]] const std::string_view* text() const noexcept { return std::get_if<std::string_view>(&value_); }

 private:
  template <class Integer>
  static std::int64_t to_int64(Integer value) {
    if (!std::in_range<std::int64_t>(value)) {
      throw Failure({ErrorCode::conversion, "", "an unsigned integer above 9223372036854775807 cannot be bound",
                     Blast::statement});
    }
    return static_cast<std::int64_t>(value);
  }

  Value value_;
};

}  // namespace lockkeeper
