#include "client/drivers/mysql_binds.hpp"

#include <chrono>
#include <cmath>
#include <type_traits>
#include <variant>

namespace lockkeeper::client::mysql {
namespace {

// A number, or the length before a text; the type and the NULL bit.
constexpr std::size_t bytes_around_a_parameter = 16;

[[noreturn]] void cannot_hold(const char* what) {
  throw Failure({ErrorCode::conversion, "", std::string("MySQL and MariaDB cannot hold ") + what, Blast::statement});
}

MYSQL_TIME calendar_of(TimePoint point) {
  const auto day = std::chrono::floor<std::chrono::days>(point);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss<std::chrono::microseconds> time(point - day);
  const int year = static_cast<int>(date.year());
  if (year < 0 || year > 9999) cannot_hold("a year outside 0 to 9999");
  MYSQL_TIME calendar = {};
  calendar.year = static_cast<unsigned int>(year);
  calendar.month = static_cast<unsigned int>(date.month());
  calendar.day = static_cast<unsigned int>(date.day());
  calendar.hour = static_cast<unsigned int>(time.hours().count());
  calendar.minute = static_cast<unsigned int>(time.minutes().count());
  calendar.second = static_cast<unsigned int>(time.seconds().count());
  calendar.second_part = static_cast<unsigned long>(time.subseconds().count());
  calendar.time_type = MYSQL_TIMESTAMP_DATETIME;
  return calendar;
}

// libmariadb only reads what a parameter's buffer points to.
void bind_view(MYSQL_BIND& bind, enum_field_types type, const void* data, std::size_t size) {
  static char nothing = '\0';
  bind.buffer_type = type;
  bind.buffer = size == 0 ? &nothing : const_cast<void*>(data);
  bind.buffer_length = static_cast<unsigned long>(size);
}

}  // namespace

Binds::Binds(std::span<const Parameter> parameters) : values_(parameters.size()), binds_(parameters.size()) {
  for (std::size_t index = 0; index < parameters.size(); ++index) {
    bind(binds_[index], values_[index], parameters[index]);
  }
}

void Binds::bind(MYSQL_BIND& bind, Value& value, const Parameter& parameter) {
  bind.buffer = &value;
  std::visit(
      [&](const auto& held) {
        using Held = std::remove_cvref_t<decltype(held)>;
        if constexpr (std::is_same_v<Held, std::monostate>) {
          bind.buffer_type = MYSQL_TYPE_NULL;
        } else if constexpr (std::is_same_v<Held, bool>) {
          bind.buffer_type = MYSQL_TYPE_TINY;
          value.flag = held ? 1 : 0;
        } else if constexpr (std::is_same_v<Held, std::int64_t>) {
          bind.buffer_type = MYSQL_TYPE_LONGLONG;
          value.number = held;
        } else if constexpr (std::is_same_v<Held, double>) {
          if (!std::isfinite(held)) cannot_hold("infinity and not-a-number");
          bind.buffer_type = MYSQL_TYPE_DOUBLE;
          value.real = held;
        } else if constexpr (std::is_same_v<Held, TimePoint>) {
          bind.buffer_type = MYSQL_TYPE_DATETIME;
          value.time = calendar_of(held);
        } else if constexpr (std::is_same_v<Held, std::string_view>) {
          bind_view(bind, MYSQL_TYPE_STRING, held.data(), held.size());
        } else {
          bind_view(bind, MYSQL_TYPE_BLOB, held.data(), held.size());
        }
      },
      parameter.value());
}

std::size_t packet_bytes(std::span<const Parameter> parameters) noexcept {
  std::size_t bytes = 0;
  for (const Parameter& parameter : parameters) {
    bytes += bytes_around_a_parameter;
    if (const auto* text = parameter.text()) bytes += text->size();
    if (const auto* raw = std::get_if<BytesView>(&parameter.value())) bytes += raw->size();
  }
  return bytes;
}

}  // namespace lockkeeper::client::mysql
