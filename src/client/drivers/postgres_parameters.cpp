#include "client/drivers/postgres_parameters.hpp"

#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <type_traits>
#include <variant>

namespace lockkeeper::client {
namespace {

// A statement's texts up to this size leave their memory for the next one's; more is given back.
constexpr std::size_t kept_capacity = 64 * 1024;

// Room for the longest double, integer or time.
constexpr std::size_t longest_number = 40;

template <class Number>
void append_number(std::string& text, Number number) {
  std::array<char, longest_number> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  text.append(digits.data(), end);
}

void append_padded(std::string& text, std::int64_t number, std::size_t width) {
  std::string digits = std::to_string(number);
  if (digits.size() < width) text.append(width - digits.size(), '0');
  text += digits;
}

struct CivilDate {
  std::int64_t year = 0;  // Astronomical: 0 is 1 BC.
  std::int64_t month = 0;
  std::int64_t day = 0;
};

// std::chrono::year ends at 32767, microseconds only 292277 years from now. Eras of 400 years have the same days; years
// begin in March here, so that the leap day is their last (Howard Hinnant's civil_from_days).
CivilDate civil_date(std::int64_t days_since_1970) {
  constexpr std::int64_t days_an_era = 146'097;
  const std::int64_t days = days_since_1970 + 719'468;
  const std::int64_t era = (days >= 0 ? days : days - (days_an_era - 1)) / days_an_era;
  const std::int64_t day_of_era = days - era * days_an_era;
  const std::int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / (days_an_era - 1)) / 365;
  const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t month_from_march = (5 * day_of_year + 2) / 153;
  const std::int64_t day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
  const std::int64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
  return {year_of_era + era * 400 + (month <= 2 ? 1 : 0), month, day};
}

}  // namespace

void append_time(std::string& text, TimePoint time) {
  // std::chrono::floor would overflow at the earliest times.
  constexpr std::int64_t microseconds_a_day = 86'400'000'000;
  const std::int64_t count = time.time_since_epoch().count();
  std::int64_t day = count / microseconds_a_day;
  std::int64_t rest = count % microseconds_a_day;
  if (rest < 0) {
    rest += microseconds_a_day;
    --day;
  }
  const CivilDate date = civil_date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::microseconds{rest});
  append_padded(text, date.year > 0 ? date.year : 1 - date.year, 4);
  append_padded(text += '-', date.month, 2);
  append_padded(text += '-', date.day, 2);
  append_padded(text += ' ', clock.hours().count(), 2);
  append_padded(text += ':', clock.minutes().count(), 2);
  append_padded(text += ':', clock.seconds().count(), 2);
  append_padded(text += '.', clock.subseconds().count(), 6);
  text += date.year > 0 ? "+00" : "+00 BC";
}

void append_double(std::string& text, double value) {
  if (std::isnan(value)) {
    text += "NaN";
  } else if (std::isinf(value)) {
    text += value > 0 ? "Infinity" : "-Infinity";
  } else {
    append_number(text, value);
  }
}

void BoundParameters::bind(std::span<const Parameter> parameters) {
  if (buffer_.capacity() > kept_capacity) buffer_ = {};
  buffer_.clear();
  lengths_.clear();
  formats_.clear();
  values_.assign(parameters.size(), nullptr);
  std::vector<std::size_t> offsets;  // The buffer moves while it grows, so pointers come last.
  offsets.reserve(parameters.size());
  for (const Parameter& parameter : parameters) {
    offsets.push_back(buffer_.size());
    append(parameter);
  }
  for (std::size_t index = 0; index < parameters.size(); ++index) {
    if (parameters[index].is_null()) continue;
    const auto* bytes = std::get_if<BytesView>(&parameters[index].value());
    // An empty view may have no address, which libpq would take for NULL; so it gets that of its empty text.
    const bool is_elsewhere = bytes != nullptr && !bytes->empty();
    values_[index] = is_elsewhere ? reinterpret_cast<const char*>(bytes->data()) : buffer_.data() + offsets[index];
  }
}

void BoundParameters::append(const Parameter& parameter) {
  const auto append_value = [this](const auto& value) {
    using Value = std::remove_cvref_t<decltype(value)>;
    if constexpr (std::is_same_v<Value, bool>) {
      buffer_ += value ? 't' : 'f';
    } else if constexpr (std::is_same_v<Value, std::int64_t>) {
      append_number(buffer_, value);
    } else if constexpr (std::is_same_v<Value, double>) {
      append_double(buffer_, value);
    } else if constexpr (std::is_same_v<Value, std::string_view>) {
      buffer_ += value;
    } else if constexpr (std::is_same_v<Value, TimePoint>) {
      append_time(buffer_, value);
    }
  };
  std::visit(append_value, parameter.value());
  buffer_ += '\0';
  const auto* bytes = std::get_if<BytesView>(&parameter.value());
  lengths_.push_back(bytes == nullptr ? 0 : static_cast<int>(bytes->size()));
  formats_.push_back(bytes == nullptr ? 0 : 1);
}

std::optional<std::string_view> BoundParameters::text(std::size_t index) const {
  if (values_[index] == nullptr || formats_[index] != 0) return std::nullopt;
  return std::string_view(values_[index]);
}

}  // namespace lockkeeper::client
