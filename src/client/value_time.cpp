// Dates and times from the texts that databases write: PostgreSQL's ISO style, MySQL's, SQLite's, ISO 8601.
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <lockkeeper/detail/convert.hpp>

#include "client/value_calendar.hpp"

namespace lockkeeper::detail {
namespace {

using client::CivilDate;

constexpr std::string_view not_a_time = "it is not a date or time in ISO form (PostgreSQL: set DateStyle to ISO)";
constexpr std::int64_t microseconds_a_second = 1'000'000;
constexpr std::int64_t seconds_a_day = 86'400;

// Reads a text from its front; whoever asks for what is not there gets the one complaint.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  [[nodiscard]] bool next_is_digit() const { return !rest_.empty() && is_digit(rest_.front()); }

  bool skip(std::string_view expected) {
    if (!rest_.starts_with(expected)) return false;
    rest_.remove_prefix(expected.size());
    return true;
  }

  void require(std::string_view expected) {
    if (!skip(expected)) throw unreadable(not_a_time);
  }

  // As many digits as there are, within the bounds.
  std::int64_t digits(std::size_t least, std::size_t most) {
    std::int64_t number = 0;
    std::size_t count = 0;
    for (; count < most && next_is_digit(); ++count) number = number * 10 + take_digit();
    if (count < least) throw unreadable(not_a_time);
    return number;
  }

  // Two digits, at most `greatest`.
  std::int64_t part(std::int64_t greatest) {
    const std::int64_t number = digits(2, 2);
    if (number > greatest) throw unreadable(not_a_time);
    return number;
  }

  // Microseconds of a fraction of a second; the digits beyond are dropped.
  std::int64_t fraction() {
    if (!next_is_digit()) throw unreadable(not_a_time);
    std::int64_t microseconds = 0;
    for (std::int64_t unit = microseconds_a_second / 10; next_is_digit(); unit /= 10) {
      microseconds += take_digit() * unit;
    }
    return microseconds;
  }

 private:
  static bool is_digit(char character) { return character >= '0' && character <= '9'; }

  std::int64_t take_digit() {
    const char digit = rest_.front();
    rest_.remove_prefix(1);
    return digit - '0';
  }

  std::string_view rest_;
};

struct Clock {
  std::int64_t seconds = 0;
  std::int64_t microseconds = 0;
};

// More digits than PostgreSQL's last year has (294276) are refused before they could overflow.
CivilDate read_civil(Reader& reader) {
  CivilDate date;
  date.year = reader.digits(4, 7);
  reader.require("-");
  date.month = reader.digits(2, 2);
  reader.require("-");
  date.day = reader.digits(2, 2);
  return date;
}

Clock read_clock(Reader& reader) {
  Clock clock;
  clock.seconds = reader.part(23) * 3600;
  reader.require(":");
  clock.seconds += reader.part(59) * 60;
  if (!reader.skip(":")) return clock;
  clock.seconds += reader.part(59);
  if (reader.skip(".")) clock.microseconds = reader.fraction();
  return clock;
}

// Seconds east of Greenwich: "Z", "+05", "+0530", "+05:30", "-00:19:32".
std::int64_t read_offset(Reader& reader) {
  if (reader.skip("Z") || reader.skip("z")) return 0;
  std::int64_t sign = 1;
  if (reader.skip("-")) {
    sign = -1;
  } else if (!reader.skip("+")) {
    return 0;
  }
  std::int64_t offset = reader.part(23) * 3600;
  const bool has_colon = reader.skip(":");
  if (has_colon || reader.next_is_digit()) offset += reader.part(59) * 60;
  if (has_colon && reader.skip(":")) offset += reader.part(59);
  return sign * offset;
}

std::int64_t to_days(CivilDate date, bool before_christ) {
  if (date.year == 0 && date.month == 0 && date.day == 0) throw unreadable("a zero date is no day");
  if (before_christ) date.year = 1 - date.year;
  if (!client::is_date(date)) throw unreadable("there is no such day");
  return client::days_since_1970(date);
}

TimePoint to_time(std::int64_t days, const Clock& clock, std::int64_t offset) {
  const std::int64_t seconds = days * seconds_a_day + clock.seconds - offset;
  constexpr std::int64_t last_second = INT64_MAX / microseconds_a_second - 1;
  if (seconds > last_second || seconds < -last_second) {
    throw unreadable("it is beyond what microseconds since 1970 can hold");
  }
  return TimePoint(std::chrono::microseconds(seconds * microseconds_a_second + clock.microseconds));
}

std::string_view era(const CivilDate& date) { return date.year > 0 ? "" : " BC"; }

std::string date_text(const CivilDate& date) {
  return fmt::format("{:04}-{:02}-{:02}", date.year > 0 ? date.year : 1 - date.year, date.month, date.day);
}

}  // namespace

TimePoint read_time(std::string_view cell) {
  if (cell == "infinity" || cell == "-infinity") throw unreadable("infinity is no point in time");
  Reader reader(cell);
  const CivilDate date = read_civil(reader);
  Clock clock;
  std::int64_t offset = 0;
  // " BC" comes last, and also follows a date without a time.
  const bool before_christ_day = reader.skip(" BC");
  if (!before_christ_day && (reader.skip(" ") || reader.skip("T") || reader.skip("t"))) {
    clock = read_clock(reader);
    offset = read_offset(reader);
  }
  const bool before_christ = before_christ_day || reader.skip(" BC");
  if (!reader.at_end()) throw unreadable(not_a_time);
  return to_time(to_days(date, before_christ), clock, offset);
}

std::chrono::sys_days read_date(std::string_view cell) {
  return std::chrono::floor<std::chrono::days>(read_time(cell));
}

std::string write_date(std::chrono::sys_days day) {
  const CivilDate date = client::civil_date(day.time_since_epoch().count());
  return date_text(date).append(era(date));
}

std::string write_time(TimePoint time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const CivilDate date = client::civil_date(day.time_since_epoch().count());
  const std::chrono::hh_mm_ss clock(time - day);
  return fmt::format("{} {:02}:{:02}:{:02}.{:06}+00{}", date_text(date), clock.hours().count(), clock.minutes().count(),
                     clock.seconds().count(), clock.subseconds().count(), era(date));
}

}  // namespace lockkeeper::detail
