// Days since 1970 to dates and back, for all years that a database may hold: std::chrono::year ends at 32767.
#pragma once

#include <cstdint>

namespace lockkeeper::client {

/// A day of the proleptic Gregorian calendar.
struct CivilDate {
  std::int64_t year = 0;  ///< Astronomical: 0 is 1 BC.
  std::int64_t month = 0;
  std::int64_t day = 0;
};

[[nodiscard]] CivilDate civil_date(std::int64_t days_since_1970) noexcept;
/// Of a date that is_date.
[[nodiscard]] std::int64_t days_since_1970(const CivilDate& date) noexcept;
[[nodiscard]] bool is_date(const CivilDate& date) noexcept;

}  // namespace lockkeeper::client
