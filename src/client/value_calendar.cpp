#include "client/value_calendar.hpp"

namespace lockkeeper::client {
namespace {

// Eras of 400 years have the same days; years begin in March here, so that the leap day is their last (Howard
// Hinnant's civil_from_days and days_from_civil).
constexpr std::int64_t years_an_era = 400;
constexpr std::int64_t days_an_era = 146'097;
constexpr std::int64_t era_zero_to_1970 = 719'468;

constexpr std::int64_t floor_divide(std::int64_t value, std::int64_t divisor) {
  return (value >= 0 ? value : value - (divisor - 1)) / divisor;
}

constexpr bool is_leap(std::int64_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

}  // namespace

CivilDate civil_date(std::int64_t days_since_1970) noexcept {
  const std::int64_t days = days_since_1970 + era_zero_to_1970;
  const std::int64_t era = floor_divide(days, days_an_era);
  const std::int64_t day_of_era = days - era * days_an_era;
  const std::int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / (days_an_era - 1)) / 365;
  const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t month_from_march = (5 * day_of_year + 2) / 153;
  const std::int64_t day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
  const std::int64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
  return {year_of_era + era * years_an_era + (month <= 2 ? 1 : 0), month, day};
}

std::int64_t days_since_1970(const CivilDate& date) noexcept {
  const std::int64_t year = date.month <= 2 ? date.year - 1 : date.year;
  const std::int64_t era = floor_divide(year, years_an_era);
  const std::int64_t year_of_era = year - era * years_an_era;
  const std::int64_t month_from_march = date.month > 2 ? date.month - 3 : date.month + 9;
  const std::int64_t day_of_year = (153 * month_from_march + 2) / 5 + date.day - 1;
  const std::int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * days_an_era + day_of_era - era_zero_to_1970;
}

bool is_date(const CivilDate& date) noexcept {
  if (date.month < 1 || date.month > 12 || date.day < 1 || date.day > 31) return false;
  if (date.month == 2) return date.day <= (is_leap(date.year) ? 29 : 28);
  const bool is_short = date.month == 4 || date.month == 6 || date.month == 9 || date.month == 11;
  return date.day <= (is_short ? 30 : 31);
}

}  // namespace lockkeeper::client
